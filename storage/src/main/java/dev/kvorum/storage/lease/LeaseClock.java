package dev.kvorum.storage.lease;

import dev.kvorum.storage.model.InvariantViolation;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * When each lease runs out, in the elapsed time of the member that leads. Nothing of it is
 * replicated: a member that begins to lead gives every lease its time again ({@link #extendAll}),
 * so a lease may live longer than it was granted for and never shorter.
 *
 * <p>A binary heap of slots, ordered by deadline, in which every lease knows its place: granting,
 * renewing and revoking are O(log n), the next deadline is O(1), and a lease costs about 35 bytes
 * and no object.
 *
 * <p>Times are nanoseconds since this process began, so that the longest TTL, 285 years, added to
 * any of them still fits.
 */
public final class LeaseClock {
  /** What {@link #renew} says of a lease that does not exist. */
  public static final long UNKNOWN = 0;

  /** What {@link #renew} says of a lease that ran out and is about to be revoked. */
  public static final long EXPIRED = -1;

  /** What {@link #nextDeadlineNanos} says when nothing runs out. */
  public static final long NEVER = Long.MAX_VALUE;

  private static final long SECOND_NANOS = 1_000_000_000L;

  /** The place of a lease that is not in the heap: it was handed out as expired. */
  private static final int TAKEN = -1;

  private final LeaseIds ids = new LeaseIds();
  private final NumberColumn ttlSeconds = new NumberColumn();

  /** What the last checkpoint said, 0 without one. */
  private final NumberColumn remainingSeconds = new NumberColumn();

  private final LongColumn deadlineNanos = new LongColumn();
  private final IntColumn placeInHeap = new IntColumn();
  private final IntColumn heap = new IntColumn();
  private int heapSize;

  /** How many leases there are. */
  public int size() {
    return ids.size();
  }

  /** Takes up a lease that is new here. */
  public void add(long id, long ttl, long remaining, long nowNanos) {
    var slot = ids.add(id);
    ttlSeconds.set(slot, ttl);
    remainingSeconds.set(slot, remaining);
    deadlineNanos.set(slot, nowNanos + secondsLeft(slot) * SECOND_NANOS);
    push(slot);
  }

  private long secondsLeft(int slot) {
    return remainingSeconds.get(slot) > 0 ? remainingSeconds.get(slot) : ttlSeconds.get(slot);
  }

  /** Forgets a lease that was revoked. */
  public void remove(long id) {
    var slot = ids.remove(id);
    if (placeInHeap.get(slot) != TAKEN) {
      removeFromHeap(slot);
    }
  }

  /** Notes a checkpoint; deadlines do not move by it. */
  public void checkpoint(long id, long remaining) {
    var slot = ids.find(id);
    if (slot >= 0) {
      remainingSeconds.set(slot, remaining);
    }
  }

  /**
   * Begins a lease's time anew.
   *
   * @return the seconds for which it was granted, {@link #UNKNOWN} or {@link #EXPIRED}
   */
  public long renew(long id, long nowNanos) {
    var slot = ids.find(id);
    if (slot < 0) {
      return UNKNOWN;
    }
    if (placeInHeap.get(slot) == TAKEN || deadlineNanos.get(slot) <= nowNanos) {
      return EXPIRED;
    }
    deadlineNanos.set(slot, nowNanos + ttlSeconds.get(slot) * SECOND_NANOS);
    // A new leader's extra time may have put it later than a renewal does.
    siftUp(placeInHeap.get(slot));
    siftDown(placeInHeap.get(slot));
    return ttlSeconds.get(slot);
  }

  /** Whether a new leader would give the lease less time than a renewal just did. */
  public boolean hasCheckpoint(long id) {
    var slot = ids.find(id);
    return slot >= 0 && remainingSeconds.get(slot) > 0;
  }

  /** The seconds for which the lease was granted, 0 when it does not exist. */
  public long ttlSeconds(long id) {
    var slot = ids.find(id);
    return slot < 0 ? 0 : ttlSeconds.get(slot);
  }

  /** Whole seconds until the lease runs out, 0 from then on, -1 when it does not exist. */
  public long remainingSeconds(long id, long nowNanos) {
    var slot = ids.find(id);
    return slot < 0 ? -1 : Math.max(0, (deadlineNanos.get(slot) - nowNanos) / SECOND_NANOS);
  }

  /**
   * Gives every lease its time again, counted from now, and a little more (contract S10.10).
   *
   * @param extraNanos covers the time in which nobody led and no client could renew
   */
  public void extendAll(long nowNanos, long extraNanos) {
    heapSize = 0;
    var free = new boolean[ids.slotLimit()];
    ids.forEachFree(slot -> free[slot] = true);
    for (var slot = 0; slot < free.length; slot++) {
      if (!free[slot]) {
        deadlineNanos.set(slot, nowNanos + secondsLeft(slot) * SECOND_NANOS + extraNanos);
        push(slot);
      }
    }
  }

  /** When the next lease runs out, or {@link #NEVER}. */
  public long nextDeadlineNanos() {
    return heapSize == 0 ? NEVER : deadlineNanos.get(heap.get(0));
  }

  /**
   * Hands out leases that have run out, the earliest first; each once, until it is revoked or put
   * back.
   */
  public long[] takeExpired(long nowNanos, int limit) {
    var taken = new long[Math.min(limit, heapSize)];
    var count = 0;
    while (count < taken.length && nextDeadlineNanos() <= nowNanos) {
      var slot = heap.get(0);
      removeFromHeap(slot);
      taken[count++] = ids.id(slot);
    }
    return Arrays.copyOf(taken, count);
  }

  /** Whether the lease was handed out as expired, and is not revoked yet. */
  public boolean isTaken(long id) {
    var slot = ids.find(id);
    return slot >= 0 && placeInHeap.get(slot) == TAKEN;
  }

  /** A lease that was handed out could not be revoked: it is handed out again from now on. */
  public void putBack(long id) {
    var slot = ids.find(id);
    if (slot >= 0 && placeInHeap.get(slot) == TAKEN) {
      push(slot);
    }
  }

  /** All leases, those first that run out first (contract S10.8). */
  public List<Long> byExpiry() {
    var taken = new BitSet(ids.slotLimit());
    taken.set(0, ids.slotLimit());
    ids.forEachFree(taken::clear);
    var slots = taken.stream().toArray();
    var deadlines = IntStream.of(slots).mapToLong(deadlineNanos::get).sorted().toArray();
    // Leases with one deadline stand side by side: so many of them stand, from the first place on.
    var standing = new int[slots.length];
    var sorted = new long[slots.length];
    for (var slot : slots) {
      var first = firstOf(deadlines, deadlineNanos.get(slot));
      sorted[first + standing[first]++] = ids.id(slot);
    }
    return LongStream.of(sorted).boxed().toList();
  }

  /** Where the value, which is there, stands first in the sorted array. */
  private static int firstOf(long[] sorted, long value) {
    var from = 0;
    var to = sorted.length - 1;
    while (from < to) {
      var middle = (from + to) >>> 1;
      if (sorted[middle] < value) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return from;
  }

  /** Calls for each lease whose time is longer than the limit and is not used up: checkpoints. */
  public void forEachLongerThan(long limitSeconds, long nowNanos, LeaseTable.Visitor visitor) {
    for (var at = 0; at < heapSize; at++) {
      var slot = heap.get(at);
      if (ttlSeconds.get(slot) > limitSeconds) {
        var left = (deadlineNanos.get(slot) - nowNanos + SECOND_NANOS - 1) / SECOND_NANOS;
        visitor.visit(
            ids.id(slot), ttlSeconds.get(slot), Math.clamp(left, 1, ttlSeconds.get(slot)));
      }
    }
  }

  /** What the leases occupy in memory. */
  public long sizeBytes() {
    return ids.sizeBytes()
        + ttlSeconds.sizeBytes()
        + remainingSeconds.sizeBytes()
        + deadlineNanos.sizeBytes()
        + placeInHeap.sizeBytes()
        + heap.sizeBytes();
  }

  private void push(int slot) {
    heap.set(heapSize, slot);
    placeInHeap.set(slot, heapSize);
    siftUp(heapSize++);
  }

  private void removeFromHeap(int slot) {
    var at = placeInHeap.get(slot);
    InvariantViolation.check(heap.get(at) == slot, "a lease knows its place");
    placeInHeap.set(slot, TAKEN);
    var last = heap.get(--heapSize);
    if (last != slot) {
      heap.set(at, last);
      placeInHeap.set(last, at);
      siftUp(at);
      siftDown(placeInHeap.get(last));
    }
  }

  private void siftUp(int from) {
    var at = from;
    var slot = heap.get(at);
    while (at > 0 && deadlineNanos.get(heap.get((at - 1) / 2)) > deadlineNanos.get(slot)) {
      place(heap.get((at - 1) / 2), at);
      at = (at - 1) / 2;
    }
    place(slot, at);
  }

  private void siftDown(int from) {
    var at = from;
    var slot = heap.get(at);
    for (var child = 2 * at + 1; child < heapSize; child = 2 * at + 1) {
      if (child + 1 < heapSize
          && deadlineNanos.get(heap.get(child + 1)) < deadlineNanos.get(heap.get(child))) {
        child++;
      }
      if (deadlineNanos.get(heap.get(child)) >= deadlineNanos.get(slot)) {
        break;
      }
      place(heap.get(child), at);
      at = child;
    }
    place(slot, at);
  }

  private void place(int slot, int at) {
    heap.set(at, slot);
    placeInHeap.set(slot, at);
  }
}
