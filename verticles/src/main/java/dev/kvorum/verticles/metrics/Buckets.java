package dev.kvorum.verticles.metrics;

import java.util.Arrays;

/**
 * The upper bounds of a histogram's buckets, and the unit that they are shown in. Observations are
 * whole numbers of a smaller unit (nanoseconds for a histogram of seconds), so that none of them is
 * rounded and none needs a floating-point addition that threads would have to agree on.
 */
public final class Buckets {
  private static final double NANOS_A_SECOND = 1e9;
  private static final double NANOS_A_MILLISECOND = 1e6;

  private final double[] shown;
  private final long[] observed;
  private final double observedInOneShown;

  private Buckets(double[] shown, double observedInOneShown) {
    this.shown = shown;
    this.observedInOneShown = observedInOneShown;
    this.observed =
        Arrays.stream(shown).mapToLong(bound -> Math.round(bound * observedInOneShown)).toArray();
  }

  /** Bounds of {@code first}, {@code first * 2}, and so on, in seconds; observed in nanoseconds. */
  public static Buckets doublingSeconds(double first, int count) {
    return new Buckets(doubling(first, count), NANOS_A_SECOND);
  }

  /** The same in milliseconds; observed in nanoseconds. */
  public static Buckets doublingMilliseconds(double first, int count) {
    return new Buckets(doubling(first, count), NANOS_A_MILLISECOND);
  }

  /** Bounds of 1, 2, 4 seconds and so on; observed in seconds, for times of years. */
  public static Buckets doublingWholeSeconds(int count) {
    return new Buckets(doubling(1, count), 1);
  }

  /** The bounds that Prometheus clients use when told none; observed in nanoseconds. */
  public static Buckets defaultSeconds() {
    return new Buckets(
        new double[] {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}, NANOS_A_SECOND);
  }

  private static double[] doubling(double first, int count) {
    var bounds = new double[count];
    var bound = first;
    for (var index = 0; index < count; index++) {
      bounds[index] = bound;
      bound *= 2;
    }
    return bounds;
  }

  int count() {
    return shown.length;
  }

  /** The bound of the bucket as people read it. */
  double shown(int index) {
    return shown[index];
  }

  /** The first bucket whose bound is not below the observation; {@link #count()} when none is. */
  int indexOf(long observation) {
    var index = 0;
    while (index < observed.length && observation > observed[index]) {
      index++;
    }
    return index;
  }

  double toShown(long observation) {
    return observation / observedInOneShown;
  }
}
