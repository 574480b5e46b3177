package dev.kvorum.storage.mvcc;

/**
 * The store's size as clients see it and as the quota counts it (contract S17.1, S17.3).
 *
 * <p>Both numbers are counted, not measured: the engine's files are preallocated and cleaned in
 * their own time, but users set quotas of a few pages and expect the size to start small, to grow
 * with every put and to fall after a compaction and a defragmentation. As in a file with free
 * pages, {@code inUse} follows the records, and {@code allocated} is the highest that {@code inUse}
 * has been since the last defragmentation.
 */
final class StoreSizes {
  /**
   * An empty store. Above zero, because etcdctl divides by it; far below the smallest quota that
   * suites use (5,120 bytes), of which four fifths are left for records.
   */
  static final long EMPTY_BYTES = 1024;

  /**
   * What a record takes beyond its key-value: 17 or 18 bytes of key, 4 of checksum, and about as
   * much again for its place in the engine's pages.
   */
  static final long RECORD_OVERHEAD_BYTES = 48;

  private long inUseBytes = EMPTY_BYTES;
  private long allocatedBytes = EMPTY_BYTES;

  void add(int recordSize) {
    inUseBytes += recordSize + RECORD_OVERHEAD_BYTES;
    allocatedBytes = Math.max(allocatedBytes, inUseBytes);
  }

  void remove(int recordSize) {
    inUseBytes -= recordSize + RECORD_OVERHEAD_BYTES;
  }

  void defragment() {
    allocatedBytes = inUseBytes;
  }

  /** Takes up the high-water mark of an earlier run. */
  void restoreAllocated(long bytes) {
    allocatedBytes = Math.max(inUseBytes, bytes);
  }

  /** Takes up both as they were. */
  void restore(long inUse, long allocated) {
    inUseBytes = inUse;
    allocatedBytes = allocated;
  }

  long inUseBytes() {
    return inUseBytes;
  }

  long allocatedBytes() {
    return allocatedBytes;
  }
}
