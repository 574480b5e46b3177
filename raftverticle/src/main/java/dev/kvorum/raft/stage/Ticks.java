package dev.kvorum.raft.stage;

/**
 * Decides which wake-ups of a periodic timer are ticks. A timer of a fixed rate makes up for what
 * it missed: after a pause of the process it fires as often at once as it should have fired
 * meanwhile. Counted as so much time, that would make a leader give up its leadership, and a
 * follower campaign, before either has read what the others sent. So a pause counts as one tick,
 * however long it was.
 */
public final class Ticks {
  private final long leastGapNanos;
  private long lastNanos;
  private boolean hasTicked;

  /**
   * @param periodNanos the timer's
   */
  public Ticks(long periodNanos) {
    leastGapNanos = periodNanos / 2;
  }

  /**
   * The timer has fired. Returns whether that is a tick.
   *
   * @param nowNanos of a clock that never jumps
   */
  public boolean isTick(long nowNanos) {
    if (hasTicked && isMakingUp(nowNanos - lastNanos)) {
      return false;
    }
    hasTicked = true;
    lastNanos = nowNanos;
    return true;
  }

  private boolean isMakingUp(long gapNanos) {
    return gapNanos < leastGapNanos;
  }
}
