package dev.kvorum.loadtest.watch;

import java.util.Arrays;

/**
 * How long things took: counts in steps of at most a sixteenth of the value, in no memory at all.
 */
final class Delays {
  private static final int STEPS_BITS = 4;
  private static final int STEPS = 1 << STEPS_BITS;

  private final long[] counts = new long[64 * STEPS];
  private long count;
  private long maxMicros;

  void add(long nanos) {
    long micros = Math.max(0, nanos / 1_000);
    counts[slot(micros)]++;
    count++;
    maxMicros = Math.max(maxMicros, micros);
  }

  private static int slot(long micros) {
    if (micros < STEPS) {
      return (int) micros;
    }
    int shift = 63 - STEPS_BITS - Long.numberOfLeadingZeros(micros);
    return (shift + 1) * STEPS + (int) (micros >>> shift) - STEPS;
  }

  private static long upperEnd(int slot) {
    if (slot < STEPS) {
      return slot;
    }
    int shift = slot / STEPS - 1;
    return ((long) (slot % STEPS + STEPS + 1) << shift) - 1;
  }

  long count() {
    return count;
  }

  void clear() {
    Arrays.fill(counts, 0);
    count = 0;
    maxMicros = 0;
  }

  /** The smallest known time, in milliseconds, that at least that part did not exceed. */
  double quantileMillis(double part) {
    long rank = (long) Math.ceil(part * count);
    long seen = 0;
    for (int slot = 0; slot < counts.length; slot++) {
      seen += counts[slot];
      if (seen >= rank && seen > 0) {
        return Math.min(upperEnd(slot), maxMicros) / 1e3;
      }
    }
    return 0;
  }

  double maxMillis() {
    return maxMicros / 1e3;
  }
}
