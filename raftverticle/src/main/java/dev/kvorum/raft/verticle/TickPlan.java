package dev.kvorum.raft.verticle;

/**
 * When the ticks of one loop are due, and so how late each one comes. The ticks are the loop's own
 * timer: what holds them up holds up everything that Raft has to do, its heartbeats first.
 *
 * <p>The plan is fixed at the start. A tick that comes late does not move the ones behind it, so
 * one long turn is seen at its full length and not more than once.
 */
final class TickPlan {
  private final long periodNanos;
  private long dueNanos;

  /**
   * @param startNanos when the timer was set; the first tick is due one period later
   */
  TickPlan(long periodNanos, long startNanos) {
    this.periodNanos = periodNanos;
    dueNanos = startNanos + periodNanos;
  }

  /**
   * Notes that a tick runs now.
   *
   * @return how late it is in nanoseconds, 0 for one that is early
   */
  long ticked(long nowNanos) {
    var late = nowNanos - dueNanos;
    dueNanos += periodNanos;
    return Math.max(0, late);
  }
}
