package dev.kvorum.storage.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFault;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskOperation;
import dev.kvorum.storage.journal.disk.DiskResult;
import dev.kvorum.storage.journal.disk.FaultKind;
import dev.kvorum.storage.journal.disk.FaultPlan;
import dev.kvorum.storage.journal.disk.FaultyDisk;
import dev.kvorum.storage.journal.vote.Claim;
import dev.kvorum.storage.journal.vote.Vote;
import dev.kvorum.storage.journal.vote.VoteFiles;
import dev.kvorum.storage.model.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a start makes of a journal whose last sync failed (P9). */
final class StartScanTest {
  private static final long SEED = Long.getLong("kvorum.startScan.seed", 20_261_121L);
  private static final String FIRST_SEGMENT = "journal/0000000001.seg";
  private static final Owner OWNER = new Owner(1, 2);
  private static final JournalOptions OPTIONS =
      new JournalOptions(1 << 16, 1 << 14, 1 << 14, 1 << 13, 1, 0);

  private final List<String> notes = new ArrayList<>();

  private final FaultyDisk disk = new FaultyDisk(SEED);
  private long syncedBatch;

  /**
   * Entries 1 to 3 are acknowledged, entry 4 is not: its sync fails, and its pages stay in the
   * cache as if they were clean.
   */
  private void writeThreeAndFail() throws DiskFaultException {
    writeAndFail(disk, 3);
  }

  private void writeAndFail(FaultyDisk on, int acknowledged) throws DiskFaultException {
    var journal = open(JournalScan.read(on, OWNER, true), on, new Keep.Everything(), true);
    for (var index = 1; index <= acknowledged; index++) {
      assertThat(append(on, journal, index)).isNull();
    }
    syncedBatch = journal.durableBatch();
    on.plan(
        new FaultPlan() {
          @Override
          public FaultKind operation(DiskOperation operation) {
            return FaultKind.SYNC_ERROR_PAGES_CLEAN;
          }
        });
    assertThat(append(on, journal, acknowledged + 1)).isNotNull();
    on.plan(FaultPlan.NONE);
  }

  /**
   * Whatever part of the last batch has reached the medium: what was acknowledged is there, what
   * the start has shown is there after a power failure, and what follows is, too.
   */
  @Test
  void noPartOfAFailedBatchIsShownThatIsNotThereLater() throws DiskFaultException {
    for (var seed = SEED; seed < SEED + 300; seed++) {
      var each = new FaultyDisk(seed);
      var random = new SplittableRandom(seed);
      each.readsPastCache(random.nextBoolean());
      var acknowledged = 1 + random.nextInt(12);
      writeAndFail(each, acknowledged);
      // Where nothing shows the medium, the mark has to be there; elsewhere it may be missing.
      var marked = !each.readsPastCache() || random.nextBoolean();
      var start =
          StartScan.read(
              each,
              OWNER,
              marked ? OptionalLong.of(syncedBatch) : OptionalLong.empty(),
              notes::add);
      assertThat(start.scan().isSound()).as("seed %d", seed).isTrue();
      var journal = open(start.scan(), start.disk(), new Keep.Everything(), false);
      var shown = journal.last().index();
      assertThat(shown).as("seed %d", seed).isBetween((long) acknowledged, acknowledged + 1L);
      if (random.nextBoolean()) {
        assertThat(append(each, journal, ++shown)).isNull();
      }
      each.dropCache();
      var after = StartScan.read(each, OWNER, OptionalLong.empty(), notes::add).scan();
      assertThat(after.isSound()).as("seed %d", seed).isTrue();
      assertThat(after.last()).as("seed %d", seed).isEqualTo(new EntryId(1, shown));
    }
  }

  @Test
  void whatTheMediumNeverGotIsNotBelievedAndNotSeenAgain() throws DiskFaultException {
    writeThreeAndFail();
    assertThat(JournalScan.read(disk, OWNER, false).last().index())
        .as("the cache lies")
        .isEqualTo(4);

    var start = StartScan.read(disk, OWNER, OptionalLong.of(syncedBatch), notes::add);

    assertThat(notes).singleElement().asString().contains("past the page cache");
    assertGoesOnBehindThree(start);
  }

  /** The process may have been unable to leave a mark: on a disk that fails, that write may too. */
  @Test
  void theUnprovenBatchIsComparedWithTheMediumEvenWithoutAMark() throws DiskFaultException {
    writeThreeAndFail();

    var start = StartScan.read(disk, OWNER, OptionalLong.empty(), notes::add);

    assertThat(notes).singleElement().asString().contains("not on the disk");
    assertGoesOnBehindThree(start);
  }

  @Test
  void withoutDirectReadsWhatTheFailedProcessHadSyncedIsBelieved() throws DiskFaultException {
    disk.readsPastCache(false);
    writeThreeAndFail();

    var start = StartScan.read(disk, OWNER, OptionalLong.of(syncedBatch), notes::add);

    assertThat(start.scan().isTorn()).isTrue();
    assertGoesOnBehindThree(start);
  }

  /** Nobody knows whether the last batch was acknowledged, so it must not be dropped silently. */
  @Test
  void withoutDirectReadsAndWithoutWordTheLastBatchCountsAsDamaged() throws DiskFaultException {
    disk.readsPastCache(false);
    writeThreeAndFail();

    var scan = StartScan.read(disk, OWNER, OptionalLong.of(0), notes::add).scan();

    assertThat(scan.isSound()).isFalse();
    assertThat(scan.damages())
        .singleElement()
        .satisfies(
            damage -> {
              assertThat(damage.kind()).isEqualTo(Damage.Kind.UNPROVEN);
              assertThat(damage.range()).isEqualTo("entries 4 to 4");
            });
    assertThat(scan.lastBeforeDamage()).isEqualTo(new EntryId(1, 3));
    assertThat(LoneVoter.decide(scan, new EntryId(1, 3), "d"))
        .isInstanceOf(StartDecision.Refuse.class);
    assertThat(LoneVoter.decide(scan, new EntryId(1, 4), "d"))
        .isInstanceOf(StartDecision.Start.class);
  }

  /**
   * A journal of another member stays refused; with a batch less believed it would look damaged.
   */
  @Test
  void aContradictionStaysOneWhereTheLastBatchIsNotBelieved() throws DiskFaultException {
    disk.readsPastCache(false);
    writeThreeAndFail();
    var another = new Owner(OWNER.clusterId(), OWNER.memberId() + 1);

    var scan = StartScan.read(disk, another, OptionalLong.of(0), notes::add).scan();

    assertThat(scan.contradiction()).isNotNull();
    assertThat(scan.damages()).isEmpty();
  }

  /**
   * The batch that nothing proves is the last that is whole, and behind it another has rotted,
   * which may have been acknowledged as well: the member must claim that one, too.
   */
  @Test
  void whatIsDamagedBehindTheUnprovenBatchIsClaimedToo() throws DiskFaultException {
    disk.readsPastCache(false);
    var journal = open(JournalScan.read(disk, OWNER, true), disk, new Keep.Everything(), true);
    for (var index = 1; index <= 4; index++) {
      append(disk, journal, index);
    }
    var from = writtenSectors();
    append(disk, journal, 5);
    disk.damage(FaultKind.GARBLED_SECTOR, FIRST_SEGMENT, from);

    var partlyLost = StartScan.read(disk, OWNER, OptionalLong.of(0), notes::add).scan();

    assertThat(partlyLost.lastBeforeDamage()).isEqualTo(new EntryId(1, 3));
    assertThat(partlyLost.claim()).isEqualTo(new Claim.Reached(new EntryId(1, 5)));

    for (var sector = from; sector < writtenSectors(); sector++) {
      disk.damage(FaultKind.GARBLED_SECTOR, FIRST_SEGMENT, sector);
    }

    var whollyLost = StartScan.read(disk, OWNER, OptionalLong.of(0), notes::add).scan();

    assertThat(whollyLost.lastBeforeDamage()).isEqualTo(new EntryId(1, 3));
    assertThat(whollyLost.claim()).isEqualTo(new Claim.Unknown());
    assertThat(whollyLost.end()).as("nothing is written behind what is lost").isNull();
  }

  /** How many sectors of the first segment have anything in them, from the first one on. */
  private int writtenSectors() {
    var content = disk.content(FIRST_SEGMENT);
    var end = content.length;
    while (content[end - 1] == 0) {
      end--;
    }
    return (end + Sector.BYTES - 1) / Sector.BYTES;
  }

  @Test
  void aSyncedBatchThatIsNotThereIsALoss() throws DiskFaultException {
    writeThreeAndFail();

    var scan = StartScan.read(disk, OWNER, OptionalLong.of(syncedBatch + 1), notes::add).scan();

    assertThat(scan.damages())
        .singleElement()
        .satisfies(damage -> assertThat(damage.kind()).isEqualTo(Damage.Kind.LOST));
    assertThat(LoneVoter.decide(scan, new EntryId(1, 3), "d"))
        .isInstanceOf(StartDecision.Refuse.class);
  }

  /** What the state store holds of the damaged batch must not hide that later ones are gone. */
  @Test
  void aSyncedBatchThatIsNotThereIsALossBesideACoveredDamage() throws DiskFaultException {
    var journal = open(JournalScan.read(disk, OWNER, true), disk, new Keep.Everything(), true);
    append(disk, journal, 1);
    disk.damage(FaultKind.GARBLED_SECTOR, FIRST_SEGMENT, appendAt(journal, 2));
    append(disk, journal, 3);
    append(disk, journal, 4);
    var synced = journal.durableBatch() + 4;

    assertEndIsLost(
        StartScan.read(disk, OWNER, OptionalLong.of(synced), notes::add).scan(), 4, synced);
  }

  /** It looks as if a crash had cut it short, but its sync had succeeded. */
  @Test
  void aSyncedBatchOfWhichPartsAreThereIsALossBesideACoveredDamage() throws DiskFaultException {
    var journal = open(JournalScan.read(disk, OWNER, true), disk, new Keep.Everything(), true);
    append(disk, journal, 1);
    disk.damage(FaultKind.GARBLED_SECTOR, FIRST_SEGMENT, appendAt(journal, 2));
    append(disk, journal, 3);
    append(disk, journal, 4);
    var lastSector = writtenSectors() - 1L;
    disk.perform(
        List.of(
            new DiskOperation.WriteZeros(FIRST_SEGMENT, lastSector * Sector.BYTES, Sector.BYTES),
            new DiskOperation.Sync(FIRST_SEGMENT)));
    var synced = journal.durableBatch();

    assertEndIsLost(
        StartScan.read(disk, OWNER, OptionalLong.of(synced), notes::add).scan(), 3, synced);
  }

  /** The batch behind it shows where it ended, and no other one is missing. */
  @Test
  void theLastSyncedBatchIsNotMissedTwiceIfItIsDamaged() throws DiskFaultException {
    disk.readsPastCache(false);
    writeThreeAndFail();
    var sectorsOfABatch = 1_500 / Sector.BYTES + 1;
    disk.damage(FaultKind.GARBLED_SECTOR, FIRST_SEGMENT, writtenSectors() - 2 * sectorsOfABatch);

    var scan = StartScan.read(disk, OWNER, OptionalLong.of(syncedBatch), notes::add).scan();

    assertThat(scan.damages())
        .singleElement()
        .satisfies(damage -> assertThat(damage.range()).isEqualTo("entries 3 to 3"));
    assertThat(LoneVoter.decide(scan, new EntryId(1, 3), "d"))
        .isInstanceOf(StartDecision.Start.class);
  }

  /** Appends the entry, and returns the first sector that holds a part of it. */
  private int appendAt(Journal journal, long index) throws DiskFaultException {
    var sector = writtenSectors();
    append(disk, journal, index);
    return sector;
  }

  /** Entry 2 is covered and damaged, and batches up to the synced one are gone. */
  private static void assertEndIsLost(JournalScan scan, long last, long synced) {
    assertThat(scan.last()).isEqualTo(new EntryId(1, last));
    assertThat(scan.claim()).isEqualTo(new Claim.Unknown());
    assertThat(scan.isTorn()).isFalse();
    assertThat(scan.end()).isNull();
    assertThat(scan.nextNumber()).isEqualTo(synced + 1);
    assertThat(LoneVoter.decide(scan, new EntryId(1, 2), "d"))
        .isInstanceOf(StartDecision.Refuse.class);
    var decision = SharedVoter.decide(scan, new EntryId(1, 2), Vote.NONE);
    assertThat(((SharedVoter.Decision.Start) decision).vote().claim())
        .isEqualTo(new Claim.Unknown());
  }

  @Test
  void aSoundDiskCostsNothingAndIsNotDoubted() throws DiskFaultException {
    var journal = open(JournalScan.read(disk, OWNER, true), disk, new Keep.Everything(), true);
    append(disk, journal, 1);

    var start = StartScan.read(disk, OWNER, OptionalLong.empty(), notes::add);

    assertThat(notes).isEmpty();
    assertThat(start.disk()).isSameAs(disk);
    assertThat(start.scan().last()).isEqualTo(new EntryId(1, 1));
  }

  /**
   * A batch that the last process wrote and did not sync, and behind it a sector that has rotted:
   * the member goes on before the damage, and what it shows then is there after a power failure.
   */
  @Test
  void whatIsKeptBeforeADamageIsSyncedToo() throws DiskFaultException {
    var journal = open(JournalScan.read(disk, OWNER, true), disk, new Keep.Everything(), true);
    append(disk, journal, 1);
    journal.append(List.of(entry(2)), 0);
    var job = Objects.requireNonNull(journal.poll());
    disk.perform(
        job.operations().stream().filter(each -> !(each instanceof DiskOperation.Sync)).toList());
    disk.damage(FaultKind.GARBLED_SECTOR, FIRST_SEGMENT, writtenSectors());

    var scan = StartScan.read(disk, OWNER, OptionalLong.empty(), notes::add).scan();
    var opened = open(scan, disk, new Keep.BeforeDamage(), false);
    assertThat(opened.last()).isEqualTo(new EntryId(1, 2));
    assertThat(disk.unsyncedSectors()).isZero();
  }

  /** Another entry 4 is written and survives a power failure, with no trace of the first one. */
  private void assertGoesOnBehindThree(StartScan start) throws DiskFaultException {
    assertThat(start.scan().isSound()).isTrue();
    assertThat(start.scan().last()).isEqualTo(new EntryId(1, 3));
    var journal = open(start.scan(), start.disk(), new Keep.Everything(), false);
    assertThat(journal.last()).isEqualTo(new EntryId(1, 3));
    var scan = JournalScan.read(disk, OWNER, false);
    assertThat(scan.last()).as("the cache is cured").isEqualTo(new EntryId(1, 3));
    assertThat(scan.isTorn()).isFalse();
    append(disk, journal, 4);
    disk.dropCache();
    var after = StartScan.read(disk, OWNER, OptionalLong.empty(), notes::add).scan();
    assertThat(after.isSound()).isTrue();
    assertThat(after.last()).isEqualTo(new EntryId(1, 4));
  }

  private static Journal open(JournalScan scan, Disk disk, Keep keep, boolean isNew)
      throws DiskFaultException {
    var vote = (VoteFiles.Found.Known) VoteFiles.load(disk, isNew);
    return Journal.open(disk, OWNER, OPTIONS, scan, keep, vote);
  }

  /** Returns the fault, null when the entry is durable. */
  private static @Nullable DiskFault append(FaultyDisk on, Journal journal, long index)
      throws DiskFaultException {
    journal.append(List.of(entry(index)), 0);
    for (var job = journal.poll(); job != null; job = journal.poll()) {
      try {
        on.perform(job.operations());
        var _ = journal.completed(new DiskResult.Done());
      } catch (DiskFaultException fault) {
        var _ = journal.completed(new DiskResult.Failed(0, fault.fault()));
      }
    }
    return journal.failure();
  }

  private static Entry entry(long index) {
    return new Entry(1, index, Entry.Type.COMMAND, Bytes.utf8("x".repeat(1_500)));
  }
}
