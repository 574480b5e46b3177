package dev.kvorum.grpc;

import java.time.Duration;

/**
 * Judges how often a client pings (contract S21.4). A ping that comes too soon after the one before
 * is a strike, and the third strike is one too many. Whatever the server sends forgives everything:
 * a client measures the bandwidth of what it receives by pings.
 */
final class PingPolicy {
  private static final int MAX_STRIKES = 2;

  /** A client without calls has no reason to ping at all. */
  private static final long IDLE_MIN_NANOS = Duration.ofHours(2).toNanos();

  private final long minNanos;
  private long lastPingNanos;
  private boolean pingedBefore;
  private boolean forgiven;
  private int strikes;

  PingPolicy(Duration minTime) {
    this.minNanos = minTime.toNanos();
  }

  /** The server sent header fields or data. */
  void sent() {
    forgiven = true;
  }

  /**
   * Takes note of a ping.
   *
   * @param hasCalls whether a call is open on the connection
   * @return false when the client went too far
   */
  boolean accepts(long nowNanos, boolean hasCalls) {
    var tooSoon = pingedBefore && nowNanos - lastPingNanos < (hasCalls ? minNanos : IDLE_MIN_NANOS);
    pingedBefore = true;
    lastPingNanos = nowNanos;
    if (forgiven) {
      forgiven = false;
      strikes = 0;
    } else if (tooSoon) {
      strikes++;
    }
    return strikes <= MAX_STRIKES;
  }
}
