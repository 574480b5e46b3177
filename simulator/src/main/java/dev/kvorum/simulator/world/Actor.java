package dev.kvorum.simulator.world;

import dev.kvorum.simulator.engine.Scheduler;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Something with a thread of its own that may stand still: a member's logic, its journal's disk,
 * its state store's disk. What happens to it meanwhile waits, in order, and happens at once when it
 * goes on, as it does to a process that was stopped.
 */
abstract class Actor implements Scheduler.Target {
  private static final int WAKE = Integer.MIN_VALUE;

  private record Waiting(int kind, long argument, @Nullable Object payload) {}

  final Scheduler scheduler;
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>(4);
  private long stalledUntil;
  private boolean wakes;

  /** After its end nothing happens to it any more. */
  private boolean dead;

  Actor(Scheduler scheduler) {
    this.scheduler = scheduler;
  }

  /** Stands still from now on for so long. */
  final void stall(long nanos) {
    stalledUntil = Math.max(stalledUntil, scheduler.now() + nanos);
  }

  final boolean isStalled() {
    return scheduler.now() < stalledUntil;
  }

  final void kill() {
    dead = true;
    waiting.clear();
  }

  final boolean isDead() {
    return dead;
  }

  /** Lets something happen to this actor later. */
  final void later(long delayNanos, int kind, long argument, @Nullable Object payload) {
    scheduler.schedule(delayNanos, this, kind, argument, payload);
  }

  @Override
  public final void fire(int kind, long argument, @Nullable Object payload) {
    if (dead) {
      return;
    }
    if (kind == WAKE) {
      wakes = false;
      drain();
    } else if (isStalled() || !waiting.isEmpty()) {
      if (!loses(kind)) {
        waiting.add(new Waiting(kind, argument, payload));
      } else {
        lost(kind);
      }
      wakeLater();
    } else {
      happen(kind, argument, payload);
    }
  }

  private void wakeLater() {
    if (!wakes) {
      wakes = true;
      scheduler.schedule(stalledUntil - scheduler.now(), this, WAKE, 0, null);
    }
  }

  private void drain() {
    while (!waiting.isEmpty() && !dead) {
      if (isStalled()) {
        wakeLater();
        return;
      }
      var next = waiting.removeFirst();
      happen(next.kind, next.argument, next.payload);
    }
  }

  /** Whether such an event is not made up for when it falls into a time of standing still. */
  abstract boolean loses(int kind);

  /** Such an event fell into a time of standing still. */
  abstract void lost(int kind);

  abstract void happen(int kind, long argument, @Nullable Object payload);
}
