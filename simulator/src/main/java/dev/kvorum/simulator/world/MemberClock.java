package dev.kvorum.simulator.world;

import dev.kvorum.raft.stage.Ticks;
import dev.kvorum.simulator.engine.Scheduler;

/**
 * A member's own clock, which may run fast or slow, and the timer that makes ticks of it. The timer
 * has a fixed rate, and makes up for the times that it could not fire.
 */
final class MemberClock {
  private final Scheduler scheduler;

  /** What the clock shows between two ticks. */
  private final long shownNanos;

  private final Ticks ticks;

  /** The nanoseconds between two ticks. */
  private long tickNanos;

  /** What the clock showed when its speed changed last, and when that was. */
  private long clockNanos;

  private long clockSetAt;

  /** How often the timer should have fired while the process stood still. */
  private long missedWakeUps;

  private long ticksLost;

  MemberClock(Scheduler scheduler, long tickNanos) {
    this.scheduler = scheduler;
    shownNanos = tickNanos;
    this.tickNanos = tickNanos;
    ticks = new Ticks(tickNanos);
    clockSetAt = scheduler.now();
  }

  /** What the clock shows, which its drift makes faster or slower than time. */
  long now() {
    // A product of two times in nanoseconds would not fit.
    return clockNanos + (scheduler.now() - clockSetAt) * speedThousandths() / 1_000;
  }

  private long speedThousandths() {
    return 1_000 * shownNanos / tickNanos;
  }

  /** How long it takes until the clock has gone on by so much. */
  long nanosUntil(long shown) {
    return shown * 1_000 / speedThousandths() + 1;
  }

  /** The nanoseconds between two ticks. */
  long tickNanos() {
    return tickNanos;
  }

  /** The clock runs fast or slow from now on. */
  void tickNanos(long nanos) {
    clockNanos = now();
    clockSetAt = scheduler.now();
    tickNanos = nanos;
  }

  /** So many of the next ticks do not happen. */
  void loseTicks(long count) {
    ticksLost = count;
  }

  /** The timer could not fire. */
  void wakeUpMissed() {
    missedWakeUps++;
  }

  /** The timer fires: how often, with what it missed. */
  long wakeUps() {
    var wakeUps = missedWakeUps + 1;
    missedWakeUps = 0;
    return wakeUps;
  }

  /** Whether that is a tick now, each time that the timer fires. */
  boolean isTick() {
    if (!ticks.isTick(now())) {
      return false;
    }
    if (ticksLost > 0) {
      ticksLost--;
      return false;
    }
    return true;
  }
}
