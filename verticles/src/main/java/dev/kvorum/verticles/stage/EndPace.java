package dev.kvorum.verticles.stage;

/**
 * The pace at which leases with few keys end when very many run out together: as fast as they must,
 * so that puts have most of the time between the entries for themselves.
 *
 * <p>A storm begins slowly. It is rare, so its first leases end in code that the compiler has not
 * seen for long or never, which takes ten times as long; at full pace the puts of the first half
 * second would wait behind it.
 *
 * <p>A machine: times are arguments.
 */
final class EndPace {
  /**
   * 91,000 leases and keys a second in the end. 200,000 leases with a key each are gone in less
   * than five seconds, the slow beginning included.
   */
  static final long NANOS_AN_END = 11_000;

  /** What the first of a storm take besides, less and less. */
  static final long NANOS_AT_FIRST = 50_000;

  /** After so many ends a storm has its full pace. */
  static final int SLOW_ENDS = 16_000;

  /** A late timer is made up for, and a long standstill is not. */
  static final long MAX_MADE_UP_NANOS = 10_000_000;

  /** So long after its last entry a storm is over. */
  static final long OVER_AFTER_NANOS = 60_000_000_000L;

  /** Of this storm so far. */
  private long ends;

  private long nextNanos;

  /** When the next entry may go. */
  long nextNanos() {
    return nextNanos;
  }

  /** Whether the next entry may go. */
  boolean isDue(long nowNanos) {
    if (nowNanos - nextNanos > OVER_AFTER_NANOS) {
      ends = 0;
    }
    nextNanos = Math.max(nextNanos, nowNanos - MAX_MADE_UP_NANOS);
    return nextNanos <= nowNanos;
  }

  /** An entry went that was due, and ends so many leases and keys. */
  void went(long endsOfEntry) {
    var slow = Math.max(0, SLOW_ENDS - ends);
    nextNanos += endsOfEntry * (NANOS_AN_END + NANOS_AT_FIRST * slow / SLOW_ENDS);
    ends += endsOfEntry;
  }
}
