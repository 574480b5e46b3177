package dev.kvorum.storage.watch;

/**
 * The bounds of a watch hub's work and memory.
 *
 * @param turnMessages messages that one turn sends, and events of one revision that it looks at
 * @param turnBytes bytes that one turn sends
 * @param streamBytes what a stream may have on its way before its watchers fall behind
 * @param chunkRevisions revisions that a chunk of history has at most
 * @param recentBytes how many bytes of the newest events stay in memory
 * @param maxQueuedEvents events that wait for their fan-out before watchers read history instead
 * @param fragmentBytes a message of this size or more is cut if its watcher wants fragments
 * @param chunkEvents events of one revision that are read at a time
 * @param responseBytes what may be held of one revision until all of it is read for its watchers;
 *     for those who take fragments a message of {@code fragmentBytes} is enough
 */
public record WatchSizes(
    int turnMessages,
    long turnBytes,
    long streamBytes,
    int chunkRevisions,
    int recentBytes,
    int maxQueuedEvents,
    long fragmentBytes,
    int chunkEvents,
    int responseBytes) {
  /** Of a member. One revision with more changes is never told as it happens. */
  public static final int MAX_QUEUED_EVENTS = 100_000;

  /** Records of a chunk of history, beside its events. */
  private static final long CHUNK_BYTES = 4L << 20;

  /** What a client may send beyond its request counts for fragments, too (contract S9.12). */
  private static final long FRAGMENT_OVERHEAD_BYTES = 512 * 1024;

  /**
   * A member's sizes.
   *
   * @param maxRequestBytes the member's limit for requests, from which that of fragments comes
   * @param responseBytes what the member may hold of one revision for a watcher
   */
  public static WatchSizes ofMember(long maxRequestBytes, int responseBytes) {
    return new WatchSizes(
        1_000,
        1L << 20,
        WatchHub.STREAM_BYTES,
        WatchHub.CHUNK_REVISIONS,
        8 << 20,
        MAX_QUEUED_EVENTS,
        maxRequestBytes + FRAGMENT_OVERHEAD_BYTES,
        2_000,
        responseBytes);
  }

  /**
   * What of one revision may be put together for a watcher as it happens.
   *
   * @param fragment whether the watcher takes fragments, so that it can read them one by one
   */
  long mostGathered(boolean fragment) {
    return fragment ? Math.min(responseBytes, Math.max(fragmentBytes, CHUNK_BYTES)) : responseBytes;
  }

  /** How much of history is read at a time. */
  ChunkLimits chunk() {
    return new ChunkLimits(chunkRevisions, chunkEvents, CHUNK_BYTES);
  }
}
