package dev.kvorum.raft.core;

/**
 * The window of appends that were sent to a follower in the replicate state and are not yet
 * answered: bounded in number and in payload bytes.
 */
final class Inflights {
  private final int maxCount;
  private final long maxBytes;

  /** The last index of each append, and its bytes, in the order of sending. */
  private final LongQueue lasts = new LongQueue();

  private final LongQueue sizes = new LongQueue();
  private long bytes;

  Inflights(int maxCount, long maxBytes) {
    this.maxCount = maxCount;
    this.maxBytes = maxBytes;
  }

  /** Whether nothing more may be sent. One append is always allowed, however large. */
  boolean isFull() {
    return lasts.size() >= maxCount || bytes >= maxBytes;
  }

  int count() {
    return lasts.size();
  }

  void add(long lastIndex, long size) {
    lasts.addLast(lastIndex);
    sizes.addLast(size);
    bytes += size;
  }

  /** The follower has everything up to the index. */
  void releaseTo(long index) {
    while (!lasts.isEmpty() && lasts.first() <= index) {
      lasts.removeFirst();
      bytes -= sizes.removeFirst();
    }
  }

  void clear() {
    lasts.clear();
    sizes.clear();
    bytes = 0;
  }
}
