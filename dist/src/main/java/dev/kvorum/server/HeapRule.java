package dev.kvorum.server;

import java.util.concurrent.TimeUnit;

/**
 * Says when the whole heap is worth a collection.
 *
 * <p>The collector of the JVM takes more memory from the system for what outlives a few young
 * collections, and looks at it again only when all memory that it may ever take is taken: half of
 * the machine, nearly all of it garbage. So somebody else has to say when. A collection stops every
 * thread, for about a tenth of a second, so it waits for a quiet moment; only a heap that has grown
 * by very much gets one at once.
 */
final class HeapRule {
  /** Growth that is given back when nobody would notice. */
  static final long WORTH_IT = 32L << 20;

  /** Growth that is given back even under load. */
  static final long TOO_MUCH = 512L << 20;

  /** What the process may use of a core in a quiet moment, in percent. */
  private static final int QUIET_PERCENT = 10;

  private static final long QUIET_AT_LEAST = TimeUnit.MILLISECONDS.toNanos(500);

  private long leastBytes;
  private long lastNanos;
  private long lastCpuNanos;

  /**
   * @param nanos elapsed time
   * @param cpuNanos time that the process has had on all cores
   * @param heapBytes memory of the heap that the system has given
   */
  record Look(long nanos, long cpuNanos, long heapBytes) {}

  HeapRule(Look first) {
    collected(first);
  }

  /** What is seen now, from time to time; whether to collect. */
  boolean observe(Look now) {
    var elapsed = now.nanos - lastNanos;
    var cpu = now.cpuNanos - lastCpuNanos;
    lastNanos = now.nanos;
    lastCpuNanos = now.cpuNanos;
    leastBytes = Math.min(leastBytes, now.heapBytes);
    var grown = now.heapBytes - leastBytes;
    var quiet = elapsed >= QUIET_AT_LEAST && cpu <= elapsed / 100 * QUIET_PERCENT;
    return grown >= TOO_MUCH || (quiet && grown >= WORTH_IT);
  }

  /** The heap was collected; this is how it looks after it. */
  void collected(Look after) {
    leastBytes = after.heapBytes;
    lastNanos = after.nanos;
    lastCpuNanos = after.cpuNanos;
  }
}
