package dev.kvorum.verticles.service;

import java.util.ArrayDeque;

/**
 * Lets large proposals of one loop go a few at a time, so that nobody else's wait for long.
 *
 * <p>The log is one queue: what is proposed now is written, synced and applied behind everything
 * that was proposed before. With all the large requests in it that the ledger has room for, a small
 * put would wait until 48 MiB are on the disk. So a large one begins only when few bytes of others
 * are under way, and until then it waits here, where a small one passes it. That is nobody's right
 * hurt: requests that are open at the same time have no order.
 */
final class LargeTurns {
  /** What is under way at a time: some hundredths of a second of a disk's work. */
  static final long MOST_BYTES = 4L << 20;

  /** A proposal that has not begun. */
  interface Proposal {
    void begin();
  }

  private record Waiting(long bytes, Proposal proposal) {}

  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private long underWayBytes;
  private boolean beginning;

  /**
   * Begins the proposal now or in its turn; the first of all begins whatever its size.
   *
   * @param bytes given back by {@link #end} once the proposal has its result
   */
  void enter(long bytes, Proposal proposal) {
    waiting.addLast(new Waiting(bytes, proposal));
    beginNext();
  }

  /** A proposal that had begun has its result. */
  void end(long bytes) {
    underWayBytes -= bytes;
    beginNext();
  }

  private void beginNext() {
    if (beginning) {
      // One that ends while it begins: the loop below sees what it gave back.
      return;
    }
    beginning = true;
    try {
      while (!waiting.isEmpty() && hasRoomFor(waiting.getFirst().bytes)) {
        var next = waiting.removeFirst();
        underWayBytes += next.bytes;
        next.proposal.begin();
      }
    } finally {
      beginning = false;
    }
  }

  private boolean hasRoomFor(long bytes) {
    return underWayBytes == 0 || underWayBytes + bytes <= MOST_BYTES;
  }
}
