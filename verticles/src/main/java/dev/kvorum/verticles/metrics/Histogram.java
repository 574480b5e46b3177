package dev.kvorum.verticles.metrics;

import java.util.concurrent.atomic.LongAdder;

/** How many observations fell below each bound, and their sum. Any thread may observe. */
public final class Histogram implements Metric {
  private final Buckets buckets;

  /** Observations by bucket, not accumulated; the last is above every bound. */
  private final LongAdder[] counts;

  private final LongAdder sum = new LongAdder();

  Histogram(Buckets buckets) {
    this.buckets = buckets;
    this.counts = new LongAdder[buckets.count() + 1];
    for (var index = 0; index < counts.length; index++) {
      counts[index] = new LongAdder();
    }
  }

  /**
   * Counts one observation.
   *
   * @param observation in the unit that the {@link Buckets} name: nanoseconds for any time
   */
  public void observe(long observation) {
    counts[buckets.indexOf(observation)].increment();
    sum.add(observation);
  }

  Buckets buckets() {
    return buckets;
  }

  /**
   * Observations that were not above each bound, and as the last element all of them. The counts
   * are read one after the other, so the total is their sum and never disagrees with them.
   */
  long[] accumulated() {
    var accumulated = new long[counts.length];
    var total = 0L;
    for (var index = 0; index < counts.length; index++) {
      total += counts[index].sum();
      accumulated[index] = total;
    }
    return accumulated;
  }

  double shownSum() {
    return buckets.toShown(sum.sum());
  }
}
