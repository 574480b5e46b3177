package dev.kvorum.verticles.stage;

/**
 * How fast a long job goes on that nobody waits for: a compaction's slices on the store's loop, the
 * hash before them on its thread. After each piece it rests, and everybody else has the processor.
 *
 * <p>Whether there is anybody else the log tells: somebody puts if an entry was applied a moment
 * ago, and then the job has a quarter of its thread's time. Otherwise it need not rest. The moment
 * is longer than the disk's sync and a busy loop keep the next entries waiting: between two slices
 * none is applied most of the time, however many clients put.
 *
 * <p>A machine: times and indexes are arguments.
 */
public final class WorkPace {
  /** Rests are so many times as long as the work before them. */
  static final int RESTS_A_WORK = 3;

  /** A rest from which somebody else has something. */
  static final long SHORTEST_REST_NANOS = 200_000;

  /** After a piece that took very long, which is nobody's rule and happens, the job goes on. */
  static final long LONGEST_REST_NANOS = 100_000_000;

  /** So long after the last entry nobody puts. */
  static final long QUIET_AFTER_NANOS = 250_000_000;

  private long lastIndex;

  /** When the last entry was seen to be applied. */
  private long lastNanos;

  /**
   * @param appliedIndex of the log at present
   */
  public WorkPace(long appliedIndex, long nowNanos) {
    lastIndex = appliedIndex;
    lastNanos = nowNanos;
  }

  /**
   * A piece of the job is done.
   *
   * @param workedNanos how long it took
   * @param appliedIndex of the log at present
   * @return how long to rest before the next piece; 0 for as long as a turn of the loop takes
   */
  public long restNanos(long workedNanos, long appliedIndex, long nowNanos) {
    if (appliedIndex != lastIndex) {
      lastIndex = appliedIndex;
      lastNanos = nowNanos;
    }
    return nowNanos - lastNanos >= QUIET_AFTER_NANOS
        ? 0
        : Math.clamp(RESTS_A_WORK * workedNanos, SHORTEST_REST_NANOS, LONGEST_REST_NANOS);
  }
}
