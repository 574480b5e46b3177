package dev.kvorum.storage.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskOperation;
import dev.kvorum.storage.journal.disk.FaultKind;
import dev.kvorum.storage.journal.disk.FaultPlan;
import dev.kvorum.storage.journal.disk.FaultyDisk;
import dev.kvorum.storage.journal.disk.Policies;
import dev.kvorum.storage.journal.vote.Claim;
import dev.kvorum.storage.journal.vote.Vote;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * One disk call of a member's life fails, every one in turn: creating, filling, renaming, writing,
 * syncing, votes, housekeeping, opening. Whatever was acknowledged before must be found by the next
 * start, and nothing may be acknowledged afterwards (P9); but a segment or ballast that there is no
 * space for is waited for (P15).
 */
final class FaultSitesTest {
  private static final JournalOptions OPTIONS =
      new JournalOptions(16384, 4096, 4096, 4096, 2, 4096);

  /** Makes the call of this number meet the fault; each call once. */
  private static final class At implements FaultPlan {
    private final FaultKind kind;
    private final int site;
    private int seen;

    At(FaultKind kind, int site) {
      this.kind = kind;
      this.site = site;
    }

    @Override
    public @Nullable FaultKind operation(DiskOperation operation) {
      return kind.appliesTo(operation) && seen++ == site ? kind : null;
    }

    @Override
    public @Nullable FaultKind read(String path, long offset, int length) {
      return kind.appliesToReads() && seen++ == site ? kind : null;
    }

    boolean wasMet() {
      return seen > site;
    }
  }

  /** What a member was told. */
  private static final class Story {
    EntryId acknowledged = EntryId.ORIGIN;
    long votedTerm;
    boolean failed;
    boolean waitedForSpace;
  }

  /** A life of two starts, with everything in it. */
  private static Story live(FaultyDisk disk) {
    var story = new Story();
    try {
      for (var start = 0; start < 2 && !story.failed; start++) {
        live(Node.open(disk, OPTIONS, start == 0, new Keep.Everything()), story);
      }
    } catch (DiskFaultException _) {
      story.failed = true;
    }
    return story;
  }

  private static void live(Node node, Story story) {
    for (var i = 0; i < 40 && !story.failed; i++) {
      var term = node.journal.voteAtBoot().term() + (i % 10 == 0 ? 1 : 0);
      var last = node.journal.last();
      if (i % 10 == 0) {
        node.journal.saveVote(new Vote(term, 7, new Claim.Sound()));
      }
      if (i % 8 == 7) {
        node.journal.mark(new Mark.StateSynced(node.journal.lastDurable()));
        node.journal.mark(new Mark.SnapshotTaken(node.journal.lastDurable()));
        node.journal.release(node.journal.lastDurable().index());
      }
      node.append(Node.entry(Math.max(term, last.term()), last.index() + 1, 100 + 40 * (i % 30)));
      node.settle();
      for (var outcome : node.outcomes) {
        assertThat(story.failed).as("nothing follows a failure").isFalse();
        switch (outcome) {
          case JournalOutcome.Durable(_, var durable) -> story.acknowledged = durable;
          case JournalOutcome.VoteDurable voted -> story.votedTerm = voted.vote().term();
          case JournalOutcome.Failed _ -> story.failed = true;
          case JournalOutcome.SpaceMissing _, JournalOutcome.SpaceLow _ -> {
            story.waitedForSpace = true;
            node.journal.retrySpace();
          }
          case JournalOutcome.SpaceFound _ -> {}
        }
      }
      node.outcomes.clear();
      node.settle();
    }
  }

  @ParameterizedTest
  @EnumSource(
      names = {"WRITE_ERROR", "NO_SPACE", "SYNC_ERROR_PAGES_CLEAN", "SYNC_ERROR_OLD_CONTENT"})
  void aFaultAtAnyCallLosesNothingThatWasAcknowledged(FaultKind kind) throws Exception {
    var sites = 0;
    var stopped = 0;
    for (; ; sites++) {
      var disk = new FaultyDisk(sites);
      var plan = new At(kind, sites);
      disk.plan(plan);
      var story = live(disk);
      if (!plan.wasMet()) {
        break;
      }
      var what = kind + " at call " + sites;
      assertThat(story.failed || story.waitedForSpace || !kind.equals(FaultKind.NO_SPACE))
          .as(what)
          .isTrue();
      stopped += story.failed ? 1 : 0;
      for (var survival : Policies.all()) {
        check(disk.crash(survival), story, what + ", " + survival);
      }
    }
    System.out.println(
        "%s: %d call sites, %d of them stop the member".formatted(kind, sites, stopped));
    assertThat(sites).isGreaterThan(20);
  }

  private static void check(FaultyDisk found, Story story, String what) throws Exception {
    if (story.acknowledged.index() == 0 && story.votedTerm == 0) {
      return;
    }
    var scan = StartScan.read(found, Node.OWNER, OptionalLong.empty(), _ -> {}).scan();
    assertThat(scan.contradiction()).as(what).isNull();
    assertThat(scan.last().index()).as(what).isGreaterThanOrEqualTo(story.acknowledged.index());
    var node = Node.open(found, OPTIONS, false, new Keep.Everything());
    assertThat(node.journal.vote().term()).as(what).isGreaterThanOrEqualTo(story.votedTerm);
    var readable = node.journal.lastDurable().index() - node.journal.base().index();
    assertThat(node.entries()).as(what).hasSize((int) readable);
  }
}
