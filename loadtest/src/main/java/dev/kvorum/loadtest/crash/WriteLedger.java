package dev.kvorum.loadtest.crash;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Every write that was ever sent, and the revision of each that was acknowledged. It outlives the
 * server's crashes; all threads may use it.
 *
 * <p>Writes are numbered from 0. A number is used once: whatever happened to it, it is not sent
 * again, so that the store must show it at most once, with version 1. Even numbers are puts of one
 * key, odd numbers are transactions that put two.
 */
public final class WriteLedger {
  private final AtomicLong next = new AtomicLong();
  private final Map<Long, Long> revisions = new ConcurrentHashMap<>();

  /** A number that nobody has had. */
  long nextNumber() {
    return next.getAndIncrement();
  }

  /** The server answered write {@code number} with success at {@code revision}. */
  void acknowledge(long number, long revision) {
    revisions.put(number, revision);
  }

  /** How many numbers were handed out, that is, how many writes may have been sent. */
  public long sent() {
    return next.get();
  }

  /** The revision of each acknowledged write by its number; the live map. */
  public Map<Long, Long> acknowledged() {
    return revisions;
  }
}
