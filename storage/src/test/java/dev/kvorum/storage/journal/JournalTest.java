package dev.kvorum.storage.journal;

import static dev.kvorum.storage.journal.Node.entry;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.journal.disk.CrashPolicy;
import dev.kvorum.storage.journal.disk.DiskOperation;
import dev.kvorum.storage.journal.disk.FaultKind;
import dev.kvorum.storage.journal.disk.FaultyDisk;
import dev.kvorum.storage.journal.vote.Claim;
import dev.kvorum.storage.journal.vote.Vote;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class JournalTest {
  private final FaultyDisk disk = new FaultyDisk();

  @Test
  void anEntryIsReadBackAsItWasAppended() throws Exception {
    var node = Node.open(disk, true);
    node.append(entry(1, 1, "a"), entry(1, 2, "b"));
    node.settle();
    assertThat(node.outcomes).containsExactly(new JournalOutcome.Durable(1, new EntryId(1, 2)));
    assertThat(node.entries()).containsExactly(entry(1, 1, "a"), entry(1, 2, "b"));
    var again = Node.open(disk.copy(), false);
    assertThat(again.journal.last()).isEqualTo(new EntryId(1, 2));
    assertThat(again.entries()).containsExactly(entry(1, 1, "a"), entry(1, 2, "b"));
  }

  @Test
  void whatArrivesWhileABatchIsAtTheDiskBecomesTheNextBatch() throws Exception {
    var node = Node.open(disk, true);
    node.append(entry(1, 1, "a"));
    node.driver.pump();
    node.append(entry(1, 2, "b"));
    node.append(entry(1, 3, "c"));
    node.driver.pump();
    node.settle();
    assertThat(node.outcomes)
        .containsExactly(
            new JournalOutcome.Durable(1, new EntryId(1, 1)),
            new JournalOutcome.Durable(3, new EntryId(1, 3)));
    assertThat(node.journal.statistics().batches()).isEqualTo(2);
  }

  @Test
  void nothingIsReportedDurableBeforeItsSync() throws Exception {
    var node = Node.open(disk, true);
    node.append(entry(1, 1, "a"));
    node.driver.pump();
    // The write is performed, the sync is not.
    disk.step();
    while (node.turn()) {}
    assertThat(node.outcomes).isEmpty();
    assertThat(node.journal.lastDurable()).isEqualTo(EntryId.ORIGIN);
  }

  /**
   * A follower may know of more committed entries than its disk has. What a power cut leaves must
   * not look like a log that has lost committed entries: the member would distrust itself. Found by
   * seed 21184 of the simulator, in which that kept a healthy cluster from electing.
   */
  @Test
  void aPowerCutLeavesNoCommitHintBeyondTheLog() throws Exception {
    var node = Node.open(disk, true);
    node.append(entry(1, 1, "a"));
    node.driver.pump();
    node.journal.append(List.of(entry(1, 2, 4_000), entry(1, 3, 4_000), entry(1, 4, 4_000)), 4);
    var going = true;
    while (going) {
      going = node.turn();
      going |= disk.step();
      var found = disk.crash(CrashPolicy.NOTHING.survival(0, 0));
      var scan = JournalScan.read(found, Node.OWNER, false);
      assertThat(scan.commit()).isLessThanOrEqualTo(scan.last().index());
    }
    assertThat(node.journal.lastDurable()).isEqualTo(new EntryId(1, 4));
    assertThat(node.journal.commit()).isEqualTo(4);
  }

  @Test
  void theLaterOfTwoEntriesWithTheSameIndexWins() throws Exception {
    var node = Node.open(disk, true);
    node.append(entry(1, 1, "a"), entry(1, 2, "b"), entry(1, 3, "c"));
    node.settle();
    node.append(entry(2, 2, "B"));
    node.settle();
    node.append(entry(2, 3, "C"), entry(2, 4, "D"));
    node.settle();
    var expected = List.of(entry(1, 1, "a"), entry(2, 2, "B"), entry(2, 3, "C"), entry(2, 4, "D"));
    assertThat(node.entries()).isEqualTo(expected);
    var again = Node.open(disk.copy(), false);
    assertThat(again.entries()).isEqualTo(expected);
    assertThat(again.journal.termAt(1)).isEqualTo(1);
    assertThat(again.journal.termAt(3)).isEqualTo(2);
  }

  @Test
  void anEntryOverwrittenBeforeItWasWrittenNeverReachesTheDisk() throws Exception {
    var node = Node.open(disk, true);
    node.append(entry(1, 1, "a"));
    node.driver.pump();
    node.append(entry(1, 2, "b"), entry(1, 3, "c"));
    node.append(entry(2, 2, "B"));
    node.settle();
    assertThat(node.entries()).containsExactly(entry(1, 1, "a"), entry(2, 2, "B"));
    assertThat(node.journal.statistics().entries()).isEqualTo(2);
  }

  @Test
  void theLogGrowsOverManySegmentsAndComesBack() throws Exception {
    var node = Node.open(disk, true);
    var expected = new ArrayList<Entry>();
    for (var i = 1; i <= 500; i++) {
      expected.add(entry(1 + i / 100, i, i % 700));
      node.append(expected.getLast());
      if (i % 3 == 0) {
        node.settle();
      }
    }
    node.settle();
    assertThat(node.entries()).isEqualTo(expected);
    assertThat(node.journal.statistics().segments()).isGreaterThan(10);
    var again = Node.open(disk.copy(), false);
    assertThat(again.entries()).isEqualTo(expected);
    assertThat(again.journal.range(250, 260).read(again.disk, 1))
        .containsExactly(expected.get(249));
  }

  @Test
  void anEntryLargerThanASegmentGetsASegmentOfItsOwn() throws Exception {
    var node = Node.open(disk, true);
    node.append(entry(1, 1, "a"), entry(1, 2, 100_000), entry(1, 3, "c"));
    node.settle();
    assertThat(node.entries())
        .containsExactly(entry(1, 1, "a"), entry(1, 2, 100_000), entry(1, 3, "c"));
    assertThat(Node.open(disk.copy(), false).entries()).isEqualTo(node.entries());
  }

  @Test
  void releasedSegmentsAreUsedAgain() throws Exception {
    var node = Node.open(disk, true);
    for (var i = 1; i <= 2000; i++) {
      node.append(entry(1, i, 300));
      node.settle();
      if (i % 50 == 0) {
        node.journal.mark(new Mark.StateSynced(new EntryId(1, i)));
        node.journal.mark(new Mark.SnapshotTaken(new EntryId(1, i)));
        node.journal.release(i);
        node.settle();
      }
    }
    assertThat(disk.list("journal")).hasSizeLessThan(8);
    assertThat(node.journal.statistics().segments()).isLessThan(5);
    var again = Node.open(disk.copy(), false);
    assertThat(again.journal.stateSynced()).isEqualTo(new EntryId(1, 2000));
    assertThat(again.journal.snapshotTaken()).isEqualTo(new EntryId(1, 2000));
    assertThat(again.journal.last()).isEqualTo(new EntryId(1, 2000));
    assertThat(again.journal.firstIndex()).isLessThanOrEqualTo(2000).isGreaterThan(1900);
    assertThat(again.entries()).isEqualTo(node.entries());
  }

  /**
   * Found by seed 6678 of the simulator: the log had gone on to a new segment, and before the first
   * batch stood there, the last segment that had any was released.
   */
  @Test
  void everyMomentLeavesABatchToGoOnFrom() throws Exception {
    var node = Node.open(disk, true);
    for (var i = 1; i <= 200; i++) {
      node.journal.release(node.journal.lastDurable().index() + 1);
      node.append(entry(1, i, 300));
      node.driver.pump();
      var going = true;
      while (going) {
        going = node.turn();
        going |= disk.step();
        var durable = node.journal.durableBatch();
        var scan = JournalScan.read(disk.copy(), Node.OWNER, false);
        assertThat(scan.lastBatchNumber()).isGreaterThanOrEqualTo(durable);
      }
    }
    assertThat(node.journal.firstIndex()).isGreaterThan(150);
  }

  /**
   * Found by seed 250 of the simulator: the oldest segment that is left may begin with entries that
   * were overwritten from further back, from an index that lay in a segment released since.
   */
  @Test
  void whatIsLeftMayBeginWithEntriesThatWereOverwrittenFromBeforeThem() throws Exception {
    var node = Node.open(disk, true);
    var index = 1;
    node.append(entry(1, index, 300));
    node.settle();
    var segments = node.journal.statistics().segments();
    while (index < 10 || node.journal.statistics().segments() == segments) {
      segments = node.journal.statistics().segments();
      node.append(entry(1, ++index, 300));
      node.settle();
    }
    // The last entry is the first of its segment; the next batch takes back two before it.
    var from = index - 2;
    for (var i = from; i <= index + 3; i++) {
      node.append(entry(2, i, 300));
      node.settle();
    }
    node.journal.release(from);
    node.settle();
    assertThat(node.journal.base()).isEqualTo(new EntryId(1, from - 1));
    var again = Node.open(disk.copy(), false);
    assertThat(again.journal.base()).isEqualTo(new EntryId(1, from - 1));
    assertThat(again.entries()).isEqualTo(node.entries());
  }

  /** Found by seed 16467: some of the overwritten ones were damaged, too. */
  @Test
  void damageAmongEntriesThatWereOverwrittenFromBeforeThemIsNoContradiction() throws Exception {
    var node = Node.open(disk, true);
    var index = 1;
    node.append(entry(1, index, 300));
    node.settle();
    var segments = node.journal.statistics().segments();
    while (index < 10 || node.journal.statistics().segments() == segments) {
      segments = node.journal.statistics().segments();
      node.append(entry(1, ++index, 300));
      node.settle();
    }
    var place = node.journal.range(index, index + 1).places().getFirst();
    var from = index - 2;
    for (var i = index + 1; i <= index + 3; i++) {
      node.append(entry(1, i, 300));
      node.settle();
    }
    for (var i = from; i <= index + 3; i++) {
      node.append(entry(2, i, 300));
      node.settle();
    }
    node.journal.release(from);
    node.settle();
    // The segment's first batch has two sectors; behind it is the second entry of term 1.
    disk.damage(FaultKind.GARBLED_SECTOR, place.path(), (int) (place.offset() / Sector.BYTES) + 2);
    var scan = JournalScan.read(disk, Node.OWNER, false);
    assertThat(scan.contradiction()).isNull();
    assertThat(scan.damages()).hasSize(1).noneMatch(Damage::losesEntries);
    assertThat(scan.last()).isEqualTo(node.journal.last());
  }

  @Test
  void marksSurviveTheReleaseOfTheSegmentTheyWereWrittenIn() throws Exception {
    var node = Node.open(disk, true);
    node.append(entry(1, 1, 300));
    node.journal.mark(new Mark.StateSynced(new EntryId(1, 1)));
    node.settle();
    for (var i = 2; i <= 200; i++) {
      node.append(entry(1, i, 300));
      node.settle();
    }
    node.journal.release(150);
    node.settle();
    var again = Node.open(disk.copy(), false);
    assertThat(again.journal.firstIndex()).isGreaterThan(1);
    assertThat(again.journal.base()).isEqualTo(new EntryId(1, again.journal.firstIndex() - 1));
    assertThat(again.journal.stateSynced()).isEqualTo(new EntryId(1, 1));
  }

  @Test
  void aResetForgetsEverythingAndTheLogGoesOnBehindIt() throws Exception {
    var node = Node.open(disk, true);
    node.append(entry(1, 1, "a"), entry(1, 2, "b"));
    node.settle();
    node.journal.mark(new Mark.LogReset(new EntryId(3, 100)));
    node.append(entry(3, 101, "x"));
    node.settle();
    assertThat(node.journal.base()).isEqualTo(new EntryId(3, 100));
    assertThat(node.entries()).containsExactly(entry(3, 101, "x"));
    var again = Node.open(disk.copy(), false);
    assertThat(again.journal.base()).isEqualTo(new EntryId(3, 100));
    assertThat(again.entries()).containsExactly(entry(3, 101, "x"));
  }

  @Test
  void aVoteIsReportedWhenBothFilesAreSynced() throws Exception {
    var node = Node.open(disk, true);
    var vote = new Vote(7, 42, new Claim.Sound());
    node.journal.saveVote(vote);
    node.driver.pump();
    for (var i = 0; i < 3; i++) {
      disk.step();
      while (node.turn()) {}
      assertThat(node.outcomes).isEmpty();
    }
    node.settle();
    assertThat(node.outcomes).containsExactly(new JournalOutcome.VoteDurable(vote, 1));
    assertThat(Node.open(disk.copy(), false).journal.vote()).isEqualTo(vote);
  }

  @Test
  void theTermAtBootIsAtLeastThatOfTheLastEntry() throws Exception {
    var node = Node.open(disk, true);
    node.journal.saveVote(new Vote(2, 42, new Claim.Sound()));
    node.append(entry(5, 1, "a"));
    node.settle();
    var again = Node.open(disk.copy(), false);
    assertThat(again.journal.voteAtBoot()).isEqualTo(new Vote(5, 0, new Claim.Sound()));
  }

  @Test
  void afterAFailedSyncNothingBecomesDurableAnyMore() throws Exception {
    var node = Node.open(disk, true);
    node.append(entry(1, 1, "a"));
    node.settle();
    disk.failOn(dev.kvorum.storage.journal.disk.DiskOperation.Sync.class::isInstance);
    node.append(entry(1, 2, "b"));
    node.settle();
    assertThat(node.outcomes.getLast()).isInstanceOf(JournalOutcome.Failed.class);
    disk.failOn(_ -> false);
    node.append(entry(1, 3, "c"));
    node.settle();
    assertThat(node.outcomes.getLast()).isInstanceOf(JournalOutcome.Failed.class);
    assertThat(node.journal.lastDurable()).isEqualTo(new EntryId(1, 1));
    assertThat(node.journal.failure()).isNotNull();
  }

  @Test
  void aFullDiskStopsAppendingUntilThereIsSpaceAgain() throws Exception {
    var node = Node.open(disk, true);
    disk.limitSpace(8192);
    var index = 1L;
    while (node.outcomes.stream().noneMatch(JournalOutcome.SpaceMissing.class::isInstance)) {
      node.append(entry(1, index++, 300));
      node.settle();
    }
    var durable = node.journal.lastDurable();
    assertThat(durable.index()).isEqualTo(index - 2);
    node.append(entry(1, index, 300));
    node.settle();
    assertThat(node.journal.lastDurable()).isEqualTo(durable);
    disk.limitSpace(1 << 20);
    node.journal.retrySpace();
    node.settle();
    assertThat(node.journal.lastDurable()).isEqualTo(new EntryId(1, index));
    assertThat(node.outcomes).contains(new JournalOutcome.SpaceFound());
    assertThat(node.entries()).hasSize((int) index);
  }

  @Test
  void theBallastIsGivenUpBeforeAppendingStops() throws Exception {
    var options = new JournalOptions(16384, 4096, 4096, 4096, 2, 40960);
    var node = Node.open(disk, options, true, new Keep.Everything());
    var index = 1L;
    while (!disk.exists("ballast")) {
      node.append(entry(1, index++, 300));
      node.settle();
    }
    var used = disk.list("journal").stream().mapToLong(name -> disk.size("journal/" + name)).sum();
    disk.limitSpace(used + 40960 + 1024 + 2000);
    while (node.outcomes.stream().noneMatch(JournalOutcome.SpaceLow.class::isInstance)) {
      node.append(entry(1, index++, 300));
      node.settle();
    }
    assertThat(disk.exists("ballast")).isFalse();
    assertThat(node.journal.lastDurable().index()).isEqualTo(index - 1);
  }

  /** Filling a segment costs what batches have; noting that a reserved one is written does not. */
  @Test
  void theNextSegmentIsReservedWhereBatchesAreLargeAndFilledWhereTheyAreSmall() throws Exception {
    var options = new JournalOptions(1 << 20, 1 << 16, 1 << 20, 4096, 2, 0);
    for (var payloadBytes : new int[] {300, 10_000}) {
      var operations = new ArrayList<DiskOperation>();
      var watched = new FaultyDisk();
      var node = Node.open(watched, options, true, new Keep.Everything());
      watched.failOn(
          operation -> {
            operations.add(operation);
            return false;
          });
      for (var index = 1L; !watched.exists("journal/0000000002.seg"); index++) {
        node.append(entry(1, index, payloadBytes));
        node.settle();
      }
      assertThat(operations)
          .as("%d bytes", payloadBytes)
          .hasAtLeastOneElementOfType(
              payloadBytes > 8_192 ? DiskOperation.Reserve.class : DiskOperation.WriteZeros.class)
          .noneMatch(
              payloadBytes > 8_192
                  ? DiskOperation.WriteZeros.class::isInstance
                  : DiskOperation.Reserve.class::isInstance);
    }
  }
}
