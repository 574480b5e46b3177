package dev.kvorum.storage.journal;

import org.jspecify.annotations.Nullable;

/**
 * Reads the whole journal back once a day, so that rot is found while others still have what it
 * took (P17). A machine: it is told that a second has passed, and hands out stretches to
 * {@linkplain LogRange#read read} on a thread that may block, no faster than its rate. A stretch
 * that cannot be read is treated as any other read that fails (P10).
 */
public final class Scrub {
  /** How long one pass takes. */
  private static final long PASS_SECONDS = 24 * 60 * 60;

  /** A small journal is read in a few large steps rather than in many tiny ones. */
  private static final long LEAST_BYTES_PER_SECOND = 4 << 10;

  private static final long MOST_BYTES_PER_SECOND = 5_000_000;

  private final Journal journal;

  /** The index from which the pass goes on; 0 between two passes. */
  private long next;

  private long secondsLeft = PASS_SECONDS;
  private long budget;
  private long passes;

  public Scrub(Journal journal) {
    this.journal = journal;
  }

  /** A second has passed. */
  public void second() {
    secondsLeft--;
    if (secondsLeft <= 0) {
      secondsLeft = PASS_SECONDS;
      next = Math.max(1, next);
    }
    var perSecond = journal.statistics().segmentBytes() / PASS_SECONDS;
    var rate = Math.clamp(perSecond * 2, LEAST_BYTES_PER_SECOND, MOST_BYTES_PER_SECOND);
    budget = Math.min(budget + rate, MOST_BYTES_PER_SECOND);
  }

  /** The next stretch to read, or null if it is not time. */
  public @Nullable LogRange poll() {
    if (next == 0 || budget <= 0) {
      return null;
    }
    // What was released since needs no reading.
    next = Math.max(next, journal.firstIndex());
    if (next > journal.lastDurable().index()) {
      next = 0;
      passes++;
      return null;
    }
    var stretch = journal.stretch(next);
    next = stretch.to();
    budget -= stretch.bytes();
    return stretch;
  }

  /** How often the whole journal was read. */
  public long passes() {
    return passes;
  }
}
