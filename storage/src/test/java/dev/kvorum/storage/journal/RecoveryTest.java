package dev.kvorum.storage.journal;

import static dev.kvorum.storage.journal.Node.entry;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskOperation;
import dev.kvorum.storage.journal.disk.FaultyDisk;
import dev.kvorum.storage.journal.disk.Policies;
import dev.kvorum.storage.journal.vote.Claim;
import dev.kvorum.storage.journal.vote.Vote;
import dev.kvorum.storage.journal.vote.VoteFiles;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The verdicts of the fault policy and what opening makes of them. */
final class RecoveryTest {
  private static final String FIRST = "journal/0000000001.seg";
  private static final String SECOND = "journal/0000000002.seg";
  private static final Keep KEEP_ALL = new Keep.Everything();

  /** Entries 1 to 6, one batch and one sector each, in the first segment. */
  private static FaultyDisk sixEntries() throws Exception {
    var disk = new FaultyDisk();
    var options = new JournalOptions(16384, 8192, 4096, 4096, 2, 0);
    var node = Node.open(disk, options, true, new Keep.Everything());
    for (var i = 1; i <= 6; i++) {
      node.append(entry(1, i, 50));
      node.settle();
    }
    return disk.copy();
  }

  /** The same, of which a start gave up the last one; then entries 6 to 9 in the second segment. */
  private static FaultyDisk twoSegments() throws Exception {
    var disk = sixEntries();
    var node = Node.open(disk, Node.SMALL, false, new Keep.UpTo(new EntryId(1, 5)));
    for (var i = 6; i <= 9; i++) {
      node.append(entry(1, i, 50));
      node.settle();
    }
    return disk.copy();
  }

  private static void flip(FaultyDisk disk, int sector) {
    var file = disk.content(FIRST);
    file[sector * Sector.BYTES + 200] ^= 1;
    disk.put(FIRST, file);
  }

  private static void blank(FaultyDisk disk, int sector) throws Exception {
    blank(disk, FIRST, sector);
  }

  private static void blank(FaultyDisk disk, String file, int sector) throws Exception {
    disk.perform(
        List.of(new DiskOperation.WriteZeros(file, (long) sector * Sector.BYTES, Sector.BYTES)));
  }

  private static JournalScan scan(FaultyDisk disk) throws Exception {
    return JournalScan.read(disk, Node.OWNER, false);
  }

  private static StartDecision decide(JournalScan scan, long covered) {
    return LoneVoter.decide(scan, new EntryId(covered == 0 ? 0 : 1, covered), "d.etcd");
  }

  @Test
  void rotInTheMiddleNamesTheLostEntriesAndTheClaim() throws Exception {
    var disk = sixEntries();
    flip(disk, 2);
    flip(disk, 3);
    var scan = scan(disk);
    assertThat(scan.damages())
        .containsExactly(new Damage(Damage.Kind.ROT, FIRST, 2, 3, 3, 4, new EntryId(1, 6)));
    assertThat(scan.lastBeforeDamage()).isEqualTo(new EntryId(1, 2));
    assertThat(scan.last()).isEqualTo(new EntryId(1, 6));
  }

  /** Found by seed 13715: the last but one was zeroed, and the last stood in another place. */
  @Test
  void aLaterBatchInAWrongPlaceProvesThatTheMissingOneWasThere() throws Exception {
    var disk = sixEntries();
    blank(disk, 4);
    disk.exchange(FIRST, 5, FIRST, 6);
    var scan = scan(disk);
    assertThat(scan.torn()).isNull();
    assertThat(scan.lastBeforeDamage()).isEqualTo(new EntryId(1, 4));
    assertThat(scan.claim()).isEqualTo(new Claim.Unknown());
  }

  /** Found by seed 15870: it stood before the missing one, where the state store has everything. */
  @Test
  void aLaterBatchInAWrongPlaceBeforeTheMissingOneProvesItAsWell() throws Exception {
    var disk = sixEntries();
    blank(disk, 4);
    disk.exchange(FIRST, 1, FIRST, 5);
    var vote = new Vote(1, 0, new Claim.Sound());
    var decision = SharedVoter.decide(scan(disk), new EntryId(1, 4), vote);
    assertThat(((SharedVoter.Decision.Start) decision).vote().claim())
        .isEqualTo(new Claim.Unknown());
  }

  /**
   * Found by seed 16659: the last two batches were zeroed, and a sector of the last one stood at
   * the head of the segment, where the search for something whole behind an earlier damage passed.
   */
  @Test
  void aLaterBatchThatTheSearchBehindADamagePassesProvesItAsWell() throws Exception {
    var disk = twoSegments();
    flip(disk, 5);
    disk.exchange(SECOND, 0, SECOND, 4);
    blank(disk, SECOND, 3);
    blank(disk, SECOND, 4);
    var scan = scan(disk);
    assertThat(scan.last()).isEqualTo(new EntryId(1, 7));
    assertThat(scan.claim()).isEqualTo(new Claim.Unknown());
    assertThat(scan.nextNumber()).isEqualTo(12);
  }

  /** The number of the first batch is not known, since older segments were released. */
  @Test
  void aLaterBatchAtTheHeadOfTheOldestSegmentProvesItAsWell() throws Exception {
    var disk = twoSegments();
    disk.perform(List.of(new DiskOperation.Delete(FIRST)));
    disk.exchange(SECOND, 0, SECOND, 4);
    blank(disk, SECOND, 3);
    blank(disk, SECOND, 4);
    var scan = scan(disk);
    assertThat(scan.last()).isEqualTo(new EntryId(1, 7));
    assertThat(scan.claim()).isEqualTo(new Claim.Unknown());
  }

  /** The disk wrote the last batch over an earlier one. */
  @Test
  void theMissingBatchInAWrongPlaceBeforeItsOwnProvesThatItWasThere() throws Exception {
    var disk = sixEntries();
    disk.exchange(FIRST, 1, FIRST, 5);
    blank(disk, 5);
    var scan = scan(disk);
    assertThat(scan.last()).isEqualTo(new EntryId(1, 5));
    assertThat(scan.claim()).isEqualTo(new Claim.Unknown());
  }

  /** What is left of batch 7 tells where that one ended, and batch 9 was acknowledged behind it. */
  @Test
  void theHeaderOfABatchTellsNoClaimWhereALaterOneIsKnown() throws Exception {
    var disk = sixEntries();
    var node = Node.open(disk, false);
    node.append(entry(1, 7, 600));
    node.settle();
    for (var i = 8; i <= 9; i++) {
      node.append(entry(1, i, 50));
      node.settle();
    }
    var overAnEarlierOne = disk.copy();
    overAnEarlierOne.exchange(FIRST, 1, FIRST, 9);
    for (var sector = 7; sector <= 9; sector++) {
      blank(overAnEarlierOne, sector);
    }
    var scan = scan(overAnEarlierOne);
    assertThat(scan.last()).isEqualTo(new EntryId(1, 6));
    assertThat(scan.claim()).isEqualTo(new Claim.Unknown());
    assertThat(scan.nextNumber()).isEqualTo(10);
  }

  /** Batch 9 stands in the place of a part of batch 7, before what is left of batch 8. */
  @Test
  void whatIsLeftBehindALaterBatchInAWrongPlaceTellsNoClaim() throws Exception {
    var disk = sixEntries();
    var node = Node.open(disk, false);
    for (var i = 7; i <= 9; i++) {
      node.append(entry(1, i, i < 9 ? 600 : 50));
      node.settle();
    }
    var copy = disk.copy();
    copy.exchange(FIRST, 7, FIRST, 10);
    blank(copy, 9);
    blank(copy, 10);
    var scan = scan(copy);
    assertThat(scan.last()).isEqualTo(new EntryId(1, 6));
    assertThat(scan.claim()).isEqualTo(new Claim.Unknown());
  }

  /**
   * The batch that is rotten had replaced the end of the log; what it replaced is all that is left
   * there, and is not what was committed. Found by seed 161 of the simulator, in which a member
   * went on to apply an entry that nobody else ever committed.
   */
  @Test
  void whatRotHasBroughtBackIsNotTakenForCommitted() throws Exception {
    var disk = new FaultyDisk();
    var node = Node.open(disk, new JournalOptions(16384, 8192, 4096, 4096, 2, 0), true, KEEP_ALL);
    node.journal.append(List.of(entry(1, 1, "a"), entry(1, 2, "b"), entry(1, 3, "old")), 2);
    node.settle();
    node.journal.append(List.of(entry(2, 3, "new"), entry(2, 4, "c")), 2);
    node.settle();
    var rotten = node.journal.range(3, 4).places().getFirst();
    node.journal.append(List.of(entry(2, 5, "d")), 5);
    node.settle();
    flip(disk, (int) (rotten.offset() / Sector.BYTES));
    var scan = scan(disk);
    assertThat(scan.lastBeforeDamage()).isEqualTo(new EntryId(1, 3));
    assertThat(scan.claim()).isEqualTo(new Claim.Reached(new EntryId(2, 5)));

    var again =
        Node.open(
            disk.copy(), Node.SMALL, false, new Keep.UpTo(LoneVoter.kept(scan, EntryId.ORIGIN)));
    assertThat(again.journal.last()).isEqualTo(new EntryId(1, 3));
    assertThat(again.journal.commit()).isEqualTo(2);
    // The leader sends what was committed, and it replaces what was not.
    again.append(entry(2, 3, "new"), entry(2, 4, "c"), entry(2, 5, "d"));
    again.settle();
    assertThat(again.entries().get(2)).isEqualTo(entry(2, 3, "new"));
  }

  /**
   * A start cut off the last entry, and the batch that said so is lost; the next one holds no
   * entry, and names where the log ended. Found by seed 13811.
   */
  @Test
  void whatALostBatchCutOffIsNotFoundAgain() throws Exception {
    var disk = sixEntries();
    var cutTo = new Keep.UpTo(new EntryId(1, 5));
    var node = Node.open(disk, Node.SMALL, false, cutTo);
    node.settle();
    node.journal.mark(new Mark.StateSynced(new EntryId(1, 5)));
    node.settle();
    blank(disk, SECOND, 0);

    var scan = scan(disk);

    assertThat(scan.contradiction()).isNull();
    assertThat(scan.damages()).hasSize(1);
    assertThat(scan.last()).isEqualTo(new EntryId(1, 5));
    assertThat(scan.stateSynced()).isEqualTo(new EntryId(1, 5));
  }

  /** Found by seed 286: the state store was lost too, and an old snapshot is all that is left. */
  @Test
  void aDamagedLogThatDoesNotContinueTheStateIsGivenUpAndClaimed() throws Exception {
    var disk = new FaultyDisk();
    var node = Node.open(disk, new JournalOptions(16384, 8192, 4096, 4096, 2, 0), true, KEEP_ALL);
    node.journal.mark(new Mark.LogReset(new EntryId(1, 10)));
    node.settle();
    for (var i = 11; i <= 14; i++) {
      node.append(entry(1, i, 50));
      node.settle();
    }
    flip(disk, (int) (node.journal.range(12, 13).places().getFirst().offset() / Sector.BYTES) + 1);
    var snapshot = new EntryId(1, 1);

    var decision = SharedVoter.decide(scan(disk), snapshot, Vote.NONE);

    assertThat(decision)
        .isInstanceOfSatisfying(
            SharedVoter.Decision.Start.class,
            start -> {
              assertThat(start.keep()).isEqualTo(new Keep.UpTo(snapshot));
              assertThat(start.vote().claim()).isEqualTo(new Claim.Reached(new EntryId(1, 14)));
            });
  }

  @Test
  void aBlankSectorBeforeALaterBatchIsALoss() throws Exception {
    var disk = sixEntries();
    blank(disk, 2);
    assertThat(scan(disk).damages())
        .containsExactly(new Damage(Damage.Kind.LOST, FIRST, 2, 3, 3, 3, new EntryId(1, 6)));
  }

  @Test
  void rotInTheLastBatchLeavesTheClaimUnknown() throws Exception {
    var disk = sixEntries();
    flip(disk, 5);
    assertThat(scan(disk).damages())
        .containsExactly(new Damage(Damage.Kind.ROT, FIRST, 5, 6, 6, Long.MAX_VALUE, null));
  }

  @Test
  void theTrailerTellsTheClaimWhenTheFirstSectorIsRotten() throws Exception {
    var disk = sixEntries();
    var node = Node.open(disk, false);
    node.append(entry(1, 7, 900), entry(1, 8, 10));
    node.settle();
    var copy = disk.copy();
    flip(copy, 6);
    assertThat(scan(copy).damages())
        .containsExactly(new Damage(Damage.Kind.ROT, FIRST, 6, 7, 7, 8, new EntryId(1, 8)));
  }

  @Test
  void aTornBatchIsDroppedAndKeptInQuarantine() throws Exception {
    var disk = sixEntries();
    var node = Node.open(disk, false);
    node.append(entry(1, 7, 900));
    node.settle();
    var copy = disk.copy();
    blank(copy, 7);
    var scan = scan(copy);
    assertThat(scan.isTorn()).isTrue();
    assertThat(scan.isSound()).isTrue();
    var again = Node.open(copy, false);
    assertThat(again.journal.last()).isEqualTo(new EntryId(1, 6));
    assertThat(copy.list("quarantine")).containsExactly("torn-0000000000000007-0000000001.seg");
    // The same number again, smaller: what is left of the torn batch must not be taken for it.
    again.append(entry(1, 7, 5));
    again.settle();
    assertThat(scan(copy).isSound()).isTrue();
    assertThat(scan(copy).last()).isEqualTo(new EntryId(1, 7));
  }

  @Test
  void whatIsLeftOfATornBatchNeverMixesWithTheNextOne() throws Exception {
    var disk = sixEntries();
    var node = Node.open(disk, false);
    node.append(entry(1, 7, 900));
    node.settle();
    var torn = disk.copy();
    blank(torn, 7);
    var copy = torn.copy();
    var again = Node.open(copy, false);
    // The same number and size, other content; the power is cut before its sync.
    copy.failOn(new DiskOperation.Sync(FIRST)::equals);
    again.append(entry(2, 7, 900));
    again.settle();
    for (var survival : Policies.all()) {
      var scan = scan(copy.crash(survival));
      assertThat(scan.contradiction()).as(survival.toString()).isNull();
      assertThat(scan.isSound()).as(survival.toString()).isTrue();
    }
  }

  /** The power was cut between the roll and the first batch of the new segment. */
  private static FaultyDisk tornBeforeAnEmptySegment() throws Exception {
    var disk = sixEntries();
    var node = Node.open(disk, false);
    node.append(entry(1, 7, 600));
    node.settle();
    var torn = disk.copy();
    blank(torn, 7);
    torn.put(SECOND, new byte[16384]);
    return torn.copy();
  }

  @Test
  void whatFollowsATornBatchBeforeAnEmptySegmentIsFoundAgain() throws Exception {
    var disk = tornBeforeAnEmptySegment();
    assertThat(scan(disk).isSound()).isTrue();
    assertThat(scan(disk).isTorn()).isTrue();
    for (var index = 7; index < 10; index++) {
      var node = Node.open(disk, false);
      assertThat(node.journal.last()).isEqualTo(new EntryId(1, index - 1));
      node.append(entry(1, index, 50));
      node.settle();
      assertThat(scan(disk).contradiction()).isNull();
      assertThat(scan(disk).isSound()).isTrue();
      assertThat(node.entries()).hasSize(index);
    }
  }

  @Test
  void aPowerCutAtAnyPointOfGoingOnBehindAnEmptySegmentLosesNothing() throws Exception {
    for (var limit = 0; limit < 30; limit++) {
      var disk = tornBeforeAnEmptySegment();
      var stop = limit;
      disk.failOn(_ -> disk.performed() > stop);
      try {
        Node.open(disk, false);
      } catch (DiskFaultException _) {
        // The power is cut here.
      }
      for (var survival : Policies.all()) {
        var scan = scan(disk.crash(survival));
        assertThat(scan.contradiction()).isNull();
        assertThat(scan.isSound()).isTrue();
        assertThat(scan.last()).isEqualTo(new EntryId(1, 6));
      }
    }
  }

  /** The end is whole, and only the place behind it cannot be used. */
  @Test
  void aLoneVoterBehindACoveredLossKeepsAnEndThatNothingCanBeWrittenBehind() throws Exception {
    var beforeAnEmptySegment = tornBeforeAnEmptySegment();
    var shortened = sixEntries();
    var file = shortened.content(FIRST);
    shortened.put(FIRST, Arrays.copyOf(file, file.length - 4 * Sector.BYTES));
    for (var disk : List.of(beforeAnEmptySegment, shortened)) {
      flip(disk, 1);
      var keep = ((StartDecision.Start) decide(scan(disk), 2)).keep();
      var node = Node.open(disk, Node.SMALL, false, keep);
      assertThat(node.journal.last()).isEqualTo(new EntryId(1, 6));
      node.append(entry(1, 7, 50));
      node.settle();
      assertThat(scan(disk).last()).isEqualTo(new EntryId(1, 7));
      assertThat(decide(scan(disk), 2)).isInstanceOf(StartDecision.Start.class);
    }
  }

  @Test
  void aLoneVoterRefusesALossAboveItsStateAndSaysWhatToDo() throws Exception {
    var disk = sixEntries();
    flip(disk, 3);
    assertThat(decide(scan(disk), 3))
        .isInstanceOfSatisfying(
            StartDecision.Refuse.class,
            refuse ->
                assertThat(refuse.message())
                    .contains("entries 4 to 4 are lost")
                    .contains("Restore a backup")
                    .contains("--discard-from 4"));
  }

  @Test
  void aLoneVoterStartsBehindALossThatItsStateCovers() throws Exception {
    var disk = sixEntries();
    flip(disk, 3);
    for (var start = 0; start < 3; start++) {
      var decision = decide(scan(disk), 4);
      var keep = ((StartDecision.Start) decision).keep();
      var node = Node.open(disk, Node.SMALL, false, keep);
      assertThat(node.journal.base()).isEqualTo(new EntryId(1, 4));
      assertThat(node.journal.last()).isEqualTo(new EntryId(1, 6 + start));
      node.append(entry(1, 7 + start, 50));
      node.settle();
      assertThat(node.entries()).hasSize(3 + start);
    }
  }

  @Test
  void aLoneVoterWhoseStateCoversALostEndGoesOnBehindItsState() throws Exception {
    var disk = sixEntries();
    var node = Node.open(disk, false);
    node.append(entry(1, 7, 900));
    node.settle();
    flip(disk, 7);
    var decision = decide(scan(disk), 7);
    var again = Node.open(disk, Node.SMALL, false, ((StartDecision.Start) decision).keep());
    assertThat(again.journal.base()).isEqualTo(new EntryId(1, 7));
    assertThat(again.journal.last()).isEqualTo(new EntryId(1, 7));
    again.append(entry(1, 8, 50));
    again.settle();
    var scan = scan(disk);
    assertThat(scan.isSound()).isTrue();
    assertThat(scan.base()).isEqualTo(new EntryId(1, 7));
    assertThat(scan.last()).isEqualTo(new EntryId(1, 8));
  }

  @Test
  void whatAnOperatorGaveUpStaysGivenUp() throws Exception {
    var disk = sixEntries();
    flip(disk, 3);
    var node = Node.open(disk, Node.SMALL, false, new Keep.BeforeDamage());
    assertThat(node.journal.last()).isEqualTo(new EntryId(1, 3));
    node.append(entry(2, 4, 50));
    node.settle();
    var scan = scan(disk);
    assertThat(scan.isSound()).isTrue();
    var again = Node.open(disk, false);
    assertThat(again.entries())
        .containsExactly(entry(1, 1, 50), entry(1, 2, 50), entry(1, 3, 50), entry(2, 4, 50));
  }

  @Test
  void aCrashAtAnyPointOfGivingUpLeavesTheDamageVisibleOrGivenUp() throws Exception {
    for (var limit = 1; limit < 30; limit++) {
      var disk = sixEntries();
      flip(disk, 3);
      var stop = limit;
      disk.failOn(_ -> disk.performed() > stop);
      try {
        Node.open(disk, Node.SMALL, false, new Keep.BeforeDamage());
      } catch (DiskFaultException _) {
        // The power is cut here.
      }
      for (var survival : Policies.all()) {
        var scan = scan(disk.crash(survival));
        assertThat(scan.contradiction()).isNull();
        if (scan.isSound()) {
          assertThat(scan.last()).isEqualTo(new EntryId(1, 3));
        } else {
          assertThat(scan.damages().getFirst().fromIndex()).isEqualTo(4);
        }
      }
    }
  }

  @Test
  void anotherMembersSegmentIsRefused() throws Exception {
    var disk = sixEntries();
    var scan = JournalScan.read(disk, new Owner(1, 2), false);
    assertThat(scan.contradiction()).contains("belongs to member 8e9e of cluster cdf8");
    assertThat(LoneVoter.decide(scan, EntryId.ORIGIN, "d"))
        .isInstanceOf(StartDecision.Refuse.class);
  }

  @Test
  void aMissingJournalIsRefusedWhereAnIdentityIsThere() throws Exception {
    var scan = JournalScan.read(new FaultyDisk(), Node.OWNER, false);
    assertThat(scan.contradiction()).isNotNull();
  }

  @Test
  void aJournalThatBeginsBehindTheStateIsRefused() throws Exception {
    var disk = new FaultyDisk();
    var node = Node.open(disk, true);
    node.journal.mark(new Mark.LogReset(new EntryId(1, 100)));
    node.append(entry(1, 101, 5));
    node.settle();
    assertThat(decide(scan(disk.copy()), 99))
        .isInstanceOfSatisfying(
            StartDecision.Refuse.class,
            refuse -> assertThat(refuse.message()).contains("entries 100 to 100 are missing"));
    assertThat(decide(scan(disk.copy()), 100)).isInstanceOf(StartDecision.Start.class);
  }

  @Test
  void anySingleBitOfTheVoteFilesMayFlip() throws Exception {
    var disk = sixEntries();
    var expected = ((VoteFiles.Found.Known) VoteFiles.load(disk, false)).vote();
    for (var path : List.of("vote.a", "vote.b")) {
      for (var bit = 0; bit < 4096; bit++) {
        var copy = disk.copy();
        var file = copy.content(path);
        file[bit / 8] ^= (byte) (1 << bit % 8);
        copy.put(path, file);
        assertThat(VoteFiles.load(copy, false))
            .isInstanceOfSatisfying(
                VoteFiles.Found.Known.class, known -> assertThat(known.vote()).isEqualTo(expected));
        assertThat(copy.content("vote.a")).isEqualTo(copy.content("vote.b"));
      }
    }
  }

  @Test
  void aMemberThatForgotItsVoteMustNotGuess() throws Exception {
    var disk = sixEntries();
    for (var path : List.of("vote.a", "vote.b")) {
      var file = Objects.requireNonNull(disk.content(path));
      file[20] ^= 1;
      disk.put(path, file);
    }
    assertThat(VoteFiles.load(disk, false)).isInstanceOf(VoteFiles.Found.Forgotten.class);
  }
}
