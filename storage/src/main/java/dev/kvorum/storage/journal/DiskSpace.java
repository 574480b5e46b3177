package dev.kvorum.storage.journal;

import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;

/**
 * How full a file system is (P15).
 *
 * @param totalBytes its size, 0 if it does not say
 * @param freeBytes what may still be written, the ballast included: that is given back when it is
 *     needed
 */
public record DiskSpace(long totalBytes, long freeBytes) {
  private static final long MOST_KEPT_FREE_BYTES = 1L << 30;
  private static final int KEPT_FREE_FRACTION = 10;

  /** Looks at the file system of the disk. Blocks. */
  public static DiskSpace of(Disk disk) throws DiskFaultException {
    return new DiskSpace(disk.totalBytes(), disk.usableBytes() + SpareFiles.ballastBytes(disk));
  }

  /** Deletes the ballast, durably; false if there is none to delete. Blocks. */
  public static boolean giveUpBallast(Disk disk) throws DiskFaultException {
    return SpareFiles.giveUpBallast(disk);
  }

  /**
   * What should stay free: a tenth, and never more than 1 GiB. Below that there may soon be no room
   * for what ends the shortage, a compaction above all, which writes before it frees.
   */
  public long keptFreeBytes() {
    return Math.min(totalBytes / KEPT_FREE_FRACTION, MOST_KEPT_FREE_BYTES);
  }

  /** Less is free than should be. */
  public boolean isLow() {
    return freeBytes < keptFreeBytes();
  }
}
