package dev.kvorum.storage.journal;

import static dev.kvorum.storage.journal.Node.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.FaultKind;
import dev.kvorum.storage.journal.disk.FaultyDisk;
import dev.kvorum.storage.journal.vote.Claim;
import dev.kvorum.storage.journal.vote.Vote;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rot that is found while the member serves, and what others do about it. */
final class ScrubTest {
  private static final String FIRST = "journal/0000000001.seg";
  private static final int DAY = 24 * 60 * 60;

  private final FaultyDisk disk = new FaultyDisk();
  private final List<Entry> written = new ArrayList<>();
  private Node node = node();

  private Node node() {
    try {
      return Node.open(disk, true);
    } catch (DiskFaultException e) {
      throw new AssertionError(e);
    }
  }

  @BeforeEach
  void write() {
    for (var index = 1; index <= 40; index++) {
      var next = entry(1, index, 300);
      written.add(next);
      node.append(next);
      node.settle();
    }
  }

  @Test
  void everyEntryIsReadOnceADayAtALowRate() throws Exception {
    var scrub = new Scrub(node.journal);
    var read = new ArrayList<Entry>();
    var most = 0;
    for (var second = 0; second < 2 * DAY && scrub.passes() == 0; second++) {
      scrub.second();
      var before = read.size();
      for (var stretch = scrub.poll(); stretch != null; stretch = scrub.poll()) {
        read.addAll(stretch.read(disk, Long.MAX_VALUE));
      }
      most = Math.max(most, read.size() - before);
    }
    assertThat(read).isEqualTo(written);
    assertThat(scrub.passes()).isEqualTo(1);
    assertThat(scrub.poll()).isNull();
  }

  @Test
  void whatCannotBeReadIsWrittenAgainFromMemoryAndFoundByTheNextStart() throws Exception {
    disk.damage(FaultKind.GARBLED_SECTOR, FIRST, 3);
    assertThatThrownBy(() -> node.entries()).isInstanceOf(DiskFaultException.class);
    node.journal.rewrite(written.subList(1, 40));
    node.settle();
    assertThat(node.entries()).isEqualTo(written);
    assertThat(node.journal.lastDurable()).isEqualTo(new EntryId(1, 40));
    var more = entry(1, 41, 20);
    node.append(more);
    node.settle();
    var found = disk.copy();
    var scan = JournalScan.read(found, Node.OWNER, false);
    assertThat(scan.damages()).hasSize(1).noneMatch(Damage::losesEntries);
    assertThat(scan.last()).isEqualTo(new EntryId(1, 41));
    assertThat(LoneVoter.decide(scan, EntryId.ORIGIN, "d"))
        .isInstanceOfSatisfying(
            StartDecision.Start.class,
            start -> assertThat(entries(found, start.keep())).hasSize(41).containsAll(written));
    assertThat(SharedVoter.decide(scan, EntryId.ORIGIN, Vote.NONE))
        .isInstanceOfSatisfying(
            SharedVoter.Decision.Start.class,
            start -> assertThat(start.vote().claim()).isEqualTo(new Claim.Sound()));
  }

  @Test
  void aCrashDuringTheRewriteLeavesTheDamageAsItWas() throws Exception {
    disk.damage(FaultKind.GARBLED_SECTOR, FIRST, 3);
    node.journal.rewrite(written.subList(1, 40));
    node.driver.pump();
    while (node.journal.lastDurable().index() == 40 && disk.step()) {
      for (var survival : dev.kvorum.storage.journal.disk.Policies.all()) {
        var scan = JournalScan.read(disk.crash(survival), Node.OWNER, false);
        assertThat(scan.contradiction()).isNull();
        assertThat(scan.last()).isEqualTo(new EntryId(1, 40));
        assertThat(scan.damages()).isNotEmpty();
      }
      while (node.turn()) {}
      if (disk.next() == null) {
        break;
      }
    }
  }

  private static List<Entry> entries(FaultyDisk found, Keep keep) {
    try {
      return Node.open(found, Node.SMALL, false, keep).entries();
    } catch (DiskFaultException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aMemberAmongOthersClaimsWhatItLost() throws Exception {
    disk.damage(FaultKind.GARBLED_SECTOR, FIRST, 3);
    var found = disk.copy();
    var scan = JournalScan.read(found, Node.OWNER, false);
    var lost = scan.damages().getFirst();
    var vote = new Vote(5, 7, new Claim.Reached(new EntryId(1, 12)));
    assertThat(SharedVoter.decide(scan, EntryId.ORIGIN, vote))
        .isInstanceOfSatisfying(
            SharedVoter.Decision.Start.class,
            start -> {
              assertThat(start.vote())
                  .isEqualTo(new Vote(5, 7, new Claim.Reached(new EntryId(1, 40))));
              var kept = entries(found, start.keep());
              assertThat(kept).isEqualTo(written.subList(0, (int) lost.fromIndex() - 1));
            });
    assertThat(SharedVoter.decide(scan, new EntryId(1, 40), vote))
        .isInstanceOfSatisfying(
            SharedVoter.Decision.Start.class, start -> assertThat(start.vote()).isEqualTo(vote));
  }
}
