package dev.kvorum.verticles.store;

/**
 * Notices that a snapshot file holds mostly what was deleted since. The next one would wait until
 * the journal has grown by as much as the data once was; when the data is a tenth of that, file and
 * journal together are many times as large as all there is to keep.
 *
 * <p>Data that is still shrinking, as it is during a compaction, is waited for: otherwise one
 * snapshot would follow the other.
 */
final class ShrunkData {
  /** So much more than half of the data again a snapshot may hold, whatever the size. */
  private static final long ROOM_BYTES = 128L << 20;

  /** Data that has lost less than this part since the last look does not shrink. */
  private static final int LITTLE = 16;

  private long liveBefore = Long.MAX_VALUE;

  /** The size of the file for which this was seen last. */
  private long seenBytes;

  /**
   * Looks again, some seconds after the last time; whether a new snapshot would give much back.
   * Seen once for a file: where the new one cannot be written, as on a full disk, the next attempt
   * waits for the journal like any other.
   *
   * @param snapshotBytes the size of the newest file, 0 if there is none
   * @param liveBytes what a new one would hold
   */
  boolean isSeen(long snapshotBytes, long liveBytes) {
    var isSettled = liveBytes >= liveBefore - liveBefore / LITTLE;
    liveBefore = liveBytes;
    var isSeen =
        isSettled
            && snapshotBytes != seenBytes
            && snapshotBytes - ROOM_BYTES > liveBytes + liveBytes / 2;
    if (isSeen) {
      seenBytes = snapshotBytes;
    }
    return isSeen;
  }
}
