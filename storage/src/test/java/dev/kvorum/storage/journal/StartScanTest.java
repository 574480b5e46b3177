package dev.kvorum.storage.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskOperation;
import dev.kvorum.storage.journal.disk.DiskResult;
import dev.kvorum.storage.journal.disk.MemoryDisk;
import dev.kvorum.storage.journal.vote.VoteFiles;
import dev.kvorum.storage.model.Bytes;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a start makes of a journal whose last sync failed (P9). */
final class StartScanTest {
  private static final Owner OWNER = new Owner(1, 2);
  private static final JournalOptions OPTIONS =
      new JournalOptions(1 << 16, 1 << 14, 1 << 14, 1 << 13, 1, 0);

  private final List<String> notes = new ArrayList<>();

  /**
   * A page cache over a medium. A write reaches the medium with its sync; while syncs fail, what was
   * written stays in the cache alone and counts as clean, as ext4 and XFS leave it.
   */
  private static final class CachedDisk implements Disk {
    private final MemoryDisk cache = new MemoryDisk(Runnable::run);
    private MemoryDisk medium = new MemoryDisk(Runnable::run);
    private boolean syncFails;
    private boolean readsPastCache = true;
    private final List<DiskOperation> dirty = new ArrayList<>();

    @Override
    public void submit(List<DiskOperation> operations, Completion completion) {
      try {
        perform(operations);
        completion.completed(new DiskResult.Done());
      } catch (DiskFaultException fault) {
        completion.completed(new DiskResult.Failed(0, fault.fault()));
      }
    }

    @Override
    public void perform(List<DiskOperation> operations) throws DiskFaultException {
      for (var operation : operations) {
        cache.perform(List.of(operation));
        dirty.add(copy(operation));
        if (operation instanceof DiskOperation.Sync
            || operation instanceof DiskOperation.SyncDirectory) {
          if (!syncFails) {
            medium.perform(dirty);
          }
          dirty.clear();
        }
      }
    }

    private static DiskOperation copy(DiskOperation operation) {
      return operation instanceof DiskOperation.Write(var path, var offset, var content)
          ? new DiskOperation.Write(
              path,
              offset,
              ByteBuffer.allocate(content.remaining()).put(content.duplicate()).flip())
          : operation;
    }

    /** The power fails: the cache is gone. */
    void dropCache() {
      var files = medium.files();
      files.forEach(cache::put);
    }

    @Override
    public int read(String path, long offset, ByteBuffer target) throws DiskFaultException {
      return cache.read(path, offset, target);
    }

    @Override
    public @Nullable Disk pastCache(String path) {
      return readsPastCache ? new PastCache(this) : null;
    }

    @Override
    public List<String> list(String directory) {
      return cache.list(directory);
    }

    @Override
    public boolean exists(String path) {
      return cache.exists(path);
    }

    @Override
    public long size(String path) {
      return cache.size(path);
    }

    @Override
    public long usableBytes() {
      return Long.MAX_VALUE;
    }

    @Override
    public void close() {}
  }

  private record PastCache(CachedDisk disk) implements Disk {
    @Override
    public int read(String path, long offset, ByteBuffer target) throws DiskFaultException {
      return disk.medium.read(path, offset, target);
    }

    @Override
    public void submit(List<DiskOperation> operations, Completion completion) {
      disk.submit(operations, completion);
    }

    @Override
    public void perform(List<DiskOperation> operations) throws DiskFaultException {
      disk.perform(operations);
    }

    @Override
    public List<String> list(String directory) {
      return disk.list(directory);
    }

    @Override
    public boolean exists(String path) {
      return disk.exists(path);
    }

    @Override
    public long size(String path) {
      return disk.size(path);
    }

    @Override
    public long usableBytes() {
      return disk.usableBytes();
    }

    @Override
    public void close() {}
  }

  private final CachedDisk disk = new CachedDisk();
  private long syncedBatch;

  /** Entries 1 to 3 are acknowledged, entry 4 is not: its sync fails. */
  private void writeThreeAndFail() throws DiskFaultException {
    var journal = open(JournalScan.read(disk, OWNER, true), disk, new Keep.Everything(), true);
    for (var index = 1; index <= 3; index++) {
      append(journal, index);
    }
    syncedBatch = journal.durableBatch();
    disk.syncFails = true;
    append(journal, 4);
    disk.syncFails = false;
  }

  @Test
  void whatTheMediumNeverGotIsNotBelievedAndNotSeenAgain() throws DiskFaultException {
    writeThreeAndFail();
    assertThat(JournalScan.read(disk, OWNER, false).last().index()).as("the cache lies").isEqualTo(4);

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
    disk.readsPastCache = false;
    writeThreeAndFail();

    var start = StartScan.read(disk, OWNER, OptionalLong.of(syncedBatch), notes::add);

    assertThat(start.scan().isTorn()).isTrue();
    assertGoesOnBehindThree(start);
  }

  /** Nobody knows whether the last batch was acknowledged, so it must not be dropped silently. */
  @Test
  void withoutDirectReadsAndWithoutWordTheLastBatchCountsAsDamaged() throws DiskFaultException {
    disk.readsPastCache = false;
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

  @Test
  void aSoundDiskCostsNothingAndIsNotDoubted() throws DiskFaultException {
    var journal = open(JournalScan.read(disk, OWNER, true), disk, new Keep.Everything(), true);
    append(journal, 1);

    var start = StartScan.read(disk, OWNER, OptionalLong.empty(), notes::add);

    assertThat(notes).isEmpty();
    assertThat(start.disk()).isSameAs(disk);
    assertThat(start.scan().last()).isEqualTo(new EntryId(1, 1));
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
    append(journal, 4);
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

  private void append(Journal journal, long index) throws DiskFaultException {
    journal.append(
        List.of(new Entry(1, index, Entry.Type.COMMAND, Bytes.utf8("x".repeat(1_500)))), 0);
    for (var job = journal.poll(); job != null; job = journal.poll()) {
      disk.perform(job.operations());
      var _ = journal.completed(new DiskResult.Done());
    }
  }
}
