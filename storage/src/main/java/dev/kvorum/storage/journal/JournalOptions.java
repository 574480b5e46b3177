package dev.kvorum.storage.journal;

/**
 * Sizes of the journal.
 *
 * @param segmentBytes the size of a segment once the journal is in steady use
 * @param firstSegmentBytes the size of the first segment; each later one is four times as large as
 *     the one before, up to {@code segmentBytes}, so that an idle node needs little disk and no
 *     append waits for a large file to be filled
 * @param batchBytes how many bytes of entries one batch collects at most; a single larger entry is
 *     a batch of its own
 * @param sliceBytes how much of a segment or of the ballast is zero-filled and synced between two
 *     batches
 * @param spareSegments how many released or prepared segments wait for use; with as many as the
 *     journal releases at once, a journal of steady size writes no new ones
 * @param ballastBytes the space kept back for the time when the disk is full, 0 for none
 */
public record JournalOptions(
    int segmentBytes,
    int firstSegmentBytes,
    int batchBytes,
    int sliceBytes,
    int spareSegments,
    long ballastBytes) {
  /** Fewer sectors than these no segment has. */
  static final int LEAST_SECTORS = 8;

  private static final int MEBIBYTE = 1 << 20;

  /** What a server uses. */
  public static final JournalOptions DEFAULT =
      new JournalOptions(
          64 * MEBIBYTE, MEBIBYTE, MEBIBYTE, MEBIBYTE / 4, 4, (2 * 64L + 64) * MEBIBYTE);

  public JournalOptions {
    requireSectors("segmentBytes", segmentBytes);
    requireSectors("firstSegmentBytes", firstSegmentBytes);
    requireSectors("sliceBytes", sliceBytes);
    if (firstSegmentBytes > segmentBytes) {
      throw new IllegalArgumentException("the first segment is larger than the others");
    }
    if (batchBytes < 1 || spareSegments < 1 || ballastBytes < 0) {
      throw new IllegalArgumentException("batchBytes, spareSegments or ballastBytes out of range");
    }
  }

  /** The same for a file system of that size, whose ballast is at most a twentieth of it. */
  public JournalOptions onFileSystemOf(long totalBytes) {
    var ballast = totalBytes <= 0 ? ballastBytes : Math.min(ballastBytes, totalBytes / 20);
    return new JournalOptions(
        segmentBytes, firstSegmentBytes, batchBytes, sliceBytes, spareSegments, ballast);
  }

  private static void requireSectors(String name, int bytes) {
    if (bytes < LEAST_SECTORS * Sector.BYTES || bytes % Sector.BYTES != 0) {
      throw new IllegalArgumentException(name + " is not eight sectors or more: " + bytes);
    }
  }
}
