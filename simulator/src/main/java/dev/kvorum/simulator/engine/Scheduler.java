package dev.kvorum.simulator.engine;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The one event heap: events happen in the order of their time, and at the same time in the order
 * in which they were scheduled. Nothing else in a simulation moves time.
 *
 * <p>Events live in parallel arrays whose slots are used again, so that scheduling one makes no
 * garbage: an event is a long-lived {@link Target}, a kind, a number and maybe an object.
 */
public final class Scheduler {
  /** Whom events happen to. */
  public interface Target {
    /**
     * One event, at its time.
     *
     * @param kind what the target gave it when it was scheduled
     * @param argument likewise
     * @param payload likewise
     */
    void fire(int kind, long argument, @Nullable Object payload);
  }

  private static final int FIRST_CAPACITY = 1024;
  private static final int CHILDREN = 4;

  /** The heap: times, sequences and slots by place. */
  private long[] times = new long[FIRST_CAPACITY];

  private long[] sequences = new long[FIRST_CAPACITY];
  private int[] slots = new int[FIRST_CAPACITY];
  private int size;

  /** The events by slot. */
  private @Nullable Target[] targets = new Target[FIRST_CAPACITY];

  private @Nullable Object[] payloads = new Object[FIRST_CAPACITY];
  private long[] arguments = new long[FIRST_CAPACITY];
  private int[] kinds = new int[FIRST_CAPACITY];
  private int[] free = new int[FIRST_CAPACITY];
  private int freeCount;

  private long now;
  private long sequence;
  private long fired;

  public Scheduler() {
    for (var slot = FIRST_CAPACITY - 1; slot >= 0; slot--) {
      free[freeCount++] = slot;
    }
  }

  /** The present time in nanoseconds since the simulation began. */
  public long now() {
    return now;
  }

  /** How many events have happened. */
  public long fired() {
    return fired;
  }

  /** How many events wait. */
  public int waiting() {
    return size;
  }

  /** The time of the next event, {@link Long#MAX_VALUE} if there is none. */
  public long nextTime() {
    return size == 0 ? Long.MAX_VALUE : times[0];
  }

  /** Lets an event happen after the delay, which is 0 or more nanoseconds. */
  public void schedule(
      long delayNanos, Target target, int kind, long argument, @Nullable Object payload) {
    if (freeCount == 0) {
      grow();
    }
    var slot = free[--freeCount];
    targets[slot] = target;
    payloads[slot] = payload;
    arguments[slot] = argument;
    kinds[slot] = kind;
    up(size++, now + Math.max(delayNanos, 0), sequence++, slot);
  }

  /** Lets the next event happen; false if there is none. */
  public boolean step() {
    if (size == 0) {
      return false;
    }
    var slot = slots[0];
    now = times[0];
    size--;
    if (size > 0) {
      down(times[size], sequences[size], slots[size]);
    }
    var target = targets[slot];
    var payload = payloads[slot];
    targets[slot] = null;
    payloads[slot] = null;
    free[freeCount++] = slot;
    fired++;
    if (target != null) {
      target.fire(kinds[slot], arguments[slot], payload);
    }
    return true;
  }

  private void up(int start, long time, long order, int slot) {
    var place = start;
    while (place > 0) {
      var parent = (place - 1) / CHILDREN;
      if (isBefore(times[parent], sequences[parent], time, order)) {
        break;
      }
      move(parent, place);
      place = parent;
    }
    put(place, time, order, slot);
  }

  private void down(long time, long order, int slot) {
    var place = 0;
    while (true) {
      var first = place * CHILDREN + 1;
      if (first >= size) {
        break;
      }
      var least = first;
      var end = Math.min(first + CHILDREN, size);
      for (var child = first + 1; child < end; child++) {
        if (isBefore(times[child], sequences[child], times[least], sequences[least])) {
          least = child;
        }
      }
      if (isBefore(time, order, times[least], sequences[least])) {
        break;
      }
      move(least, place);
      place = least;
    }
    put(place, time, order, slot);
  }

  private static boolean isBefore(long time, long order, long otherTime, long otherOrder) {
    return time < otherTime || (time == otherTime && order < otherOrder);
  }

  private void move(int from, int to) {
    times[to] = times[from];
    sequences[to] = sequences[from];
    slots[to] = slots[from];
  }

  private void put(int place, long time, long order, int slot) {
    times[place] = time;
    sequences[place] = order;
    slots[place] = slot;
  }

  private void grow() {
    var before = times.length;
    var after = before * 2;
    times = Arrays.copyOf(times, after);
    sequences = Arrays.copyOf(sequences, after);
    slots = Arrays.copyOf(slots, after);
    targets = Arrays.copyOf(targets, after);
    payloads = Arrays.copyOf(payloads, after);
    arguments = Arrays.copyOf(arguments, after);
    kinds = Arrays.copyOf(kinds, after);
    free = Arrays.copyOf(free, after);
    for (var slot = after - 1; slot >= before; slot--) {
      free[freeCount++] = slot;
    }
  }
}
