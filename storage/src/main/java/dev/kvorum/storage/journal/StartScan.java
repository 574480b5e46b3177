package dev.kvorum.storage.journal;

import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import java.nio.ByteBuffer;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The scan of the journal at a start, which decides whether the page cache may be believed (P9).
 *
 * <p>After a disk failure it may not: the journal is read past the cache. Where that cannot be
 * done, what the failed process is known to have synced is believed and nothing else; and if it
 * left no word, every batch but the last one, because batches are synced one by one.
 *
 * <p>A process whose disk failed may not even have been able to say so. Therefore each start
 * compares the one batch that no later one proves with what is on the medium. That costs one small
 * read.
 *
 * @param scan what was found
 * @param disk how to read the journal until it is open: past the cache if that is in doubt
 */
public record StartScan(JournalScan scan, Disk disk) {
  /**
   * Scans. Changes nothing. Blocks.
   *
   * @param failedAfterBatch there was a disk failure since the last start: the newest batch that
   *     was synced by then, 0 if nobody knows
   * @param note gets a line for the operator when the cache is in doubt
   */
  public static StartScan read(
      Disk disk, Owner owner, OptionalLong failedAfterBatch, Consumer<String> note)
      throws DiskFaultException {
    if (failedAfterBatch.isPresent()) {
      return afterFailure(disk, owner, failedAfterBatch.getAsLong(), note);
    }
    var scan = JournalScan.read(disk, owner, false);
    var last = scan.lastBatch();
    var medium = last == null ? null : disk.pastCache(last.path());
    if (last == null || medium == null || isEqual(disk, medium, last)) {
      return new StartScan(scan, disk);
    }
    note.accept(
        "the newest batch of the journal is not on the disk as the page cache shows it: the journal"
            + " is read past the cache");
    return new StartScan(JournalScan.read(medium, owner, false, Trust.ofMedium(0)), medium);
  }

  private static boolean isEqual(Disk disk, Disk medium, JournalScan.Stretch stretch)
      throws DiskFaultException {
    try {
      var onMedium = content(medium, stretch);
      return content(disk, stretch).equals(onMedium);
    } catch (DiskFaultException unreadable) {
      return false;
    }
  }

  private static ByteBuffer content(Disk disk, JournalScan.Stretch stretch)
      throws DiskFaultException {
    var content = ByteBuffer.allocate(stretch.bytes());
    disk.read(stretch.path(), stretch.offset(), content);
    return content.flip();
  }

  private static StartScan afterFailure(
      Disk disk, Owner owner, long syncedBatch, Consumer<String> note) throws DiskFaultException {
    var medium = medium(disk);
    if (medium != null) {
      note.accept("the disk had failed: the journal is read past the page cache");
      var scan = JournalScan.read(medium, owner, false, Trust.ofMedium(syncedBatch));
      return new StartScan(scan, medium);
    }
    if (syncedBatch > 0) {
      note.accept(
          "the disk had failed, and this file system cannot be read past the page cache: of the"
              + " journal, what was synced up to batch %d is believed".formatted(syncedBatch));
      return new StartScan(JournalScan.read(disk, owner, false, Trust.upTo(syncedBatch)), disk);
    }
    note.accept(
        "the disk had failed, and this file system cannot be read past the page cache: the last"
            + " batch of the journal counts as damaged");
    var seen = JournalScan.read(disk, owner, false);
    if (seen.contradiction() != null) {
      // A journal that is not ours, or a bug: to believe less of it would make damage of that.
      return new StartScan(seen, disk);
    }
    var last = seen.lastBatchNumber();
    // A torn batch proves the whole one before it: it was begun when that one was synced.
    var trust = Trust.proven(seen.isTorn() || last == 0 ? last : last - 1);
    return new StartScan(JournalScan.read(disk, owner, false, trust), disk);
  }

  private static @Nullable Disk medium(Disk disk) throws DiskFaultException {
    for (var name : disk.list(SegmentFile.DIRECTORY)) {
      if (SegmentFile.number(name) != null) {
        return disk.pastCache(SegmentFile.DIRECTORY + "/" + name);
      }
    }
    return null;
  }
}
