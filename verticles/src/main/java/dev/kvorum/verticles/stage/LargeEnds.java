package dev.kvorum.verticles.stage;

import dev.kvorum.storage.lease.LeaseClock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongPredicate;

/**
 * Leases that ran out and have so many keys that the store writes their records behind the log.
 *
 * <p>The entry that ends one is short work, and what follows it is long: a pace that counts all of
 * the keys would hold up every lease behind it, and one that counts none would let the next such
 * entry meet the records of this one, for which the log would have to wait. So these leases have a
 * pace of their own, and those with few keys pass them.
 */
final class LargeEnds {
  /**
   * A key's record takes half a microsecond, and the store rests three times as long while somebody
   * puts; half of that again, and the next lease finds nobody writing.
   */
  private static final long NANOS_A_KEY = 3_000;

  private record Waiting(long id, int keys) {}

  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();

  /**
   * Leases whose entry is on its way, each as often as entries are: a client that revokes one of
   * {@link #waiting} and is granted its id anew may let that run out before the first has its turn.
   */
  private final List<Long> underWay = new ArrayList<>();

  /** When the next of {@link #waiting} may go. */
  private long nextNanos;

  /** Whether the records of a lease with so many keys are written behind the log. */
  static boolean isLarge(int keys) {
    return keys > StoreStage.SLICE_KEYS;
  }

  /** Queues a lease that ran out. */
  void add(long id, int keys) {
    waiting.add(new Waiting(id, keys));
  }

  /** Whether none waits for its turn. */
  boolean isEmpty() {
    return waiting.isEmpty();
  }

  /** When {@link #takeDue} has something, or {@link LeaseClock#NEVER}. */
  long nextNanos() {
    return waiting.isEmpty() || underWay.size() == LeaseStage.WINDOW ? LeaseClock.NEVER : nextNanos;
  }

  /**
   * The leases whose turn has come; {@link #ended} says of each how that went.
   *
   * @param isStillMeant asks whether a lease is still the one that ran out
   */
  List<Long> takeDue(long nowNanos, LongPredicate isStillMeant) {
    var due = new ArrayList<Long>();
    nextNanos = Math.max(nextNanos, nowNanos - EndPace.MAX_MADE_UP_NANOS);
    while (nextNanos() <= nowNanos) {
      var next = waiting.removeFirst();
      if (isStillMeant.test(next.id)) {
        underWay.add(next.id);
        nextNanos += next.keys * NANOS_A_KEY;
        due.add(next.id);
      }
    }
    return due;
  }

  /** An entry has ended these leases, or has failed to; whether it was for one from here. */
  boolean ended(List<Long> ids) {
    return ids.size() == 1 && underWay.remove(ids.getFirst());
  }

  /** This member does not lead any more. */
  void clear() {
    waiting.clear();
    underWay.clear();
    nextNanos = 0;
  }
}
