package dev.kvorum.verticles.stage;

/**
 * How fast a long job goes on that nobody waits for: a compaction's slices on the store's loop, the
 * hash before them on its thread. After each piece it rests, and everybody else has the processor.
 *
 * <p>Whether there is anybody else the log tells: while entries are applied, somebody puts, and the
 * job has a quarter of its thread's time. While none are, it need not rest.
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

  private long lastIndex;

  /**
   * @param appliedIndex of the log at present
   */
  public WorkPace(long appliedIndex) {
    lastIndex = appliedIndex;
  }

  /**
   * A piece of the job is done.
   *
   * @param workedNanos how long it took
   * @param appliedIndex of the log at present
   * @return how long to rest before the next piece; 0 for as long as a turn of the loop takes
   */
  public long restNanos(long workedNanos, long appliedIndex) {
    var isAlone = appliedIndex == lastIndex;
    lastIndex = appliedIndex;
    return isAlone
        ? 0
        : Math.clamp(RESTS_A_WORK * workedNanos, SHORTEST_REST_NANOS, LONGEST_REST_NANOS);
  }
}
