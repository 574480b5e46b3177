package dev.kvorum.loadtest.report;

import java.util.ArrayList;
import java.util.List;

/**
 * One metric of two servers, from runs in pairs: the n-th of one beside the n-th of the other, so
 * that what else the machine does falls on both alike.
 *
 * @param first the median of the first server's values
 * @param second the median of the second server's values
 * @param ratio the median of first / second over the pairs
 * @param lowestRatio of all pairs
 * @param highestRatio of all pairs
 */
public record Comparison(
    Metric metric,
    double first,
    double second,
    double ratio,
    double lowestRatio,
    double highestRatio,
    int pairs) {

  /** Compares every metric that all samples have; the lists are of one length, at least 1. */
  public static List<Comparison> of(List<Sample> first, List<Sample> second) {
    if (first.size() != second.size() || first.isEmpty()) {
      throw new IllegalArgumentException(first.size() + " runs beside " + second.size());
    }
    List<Comparison> comparisons = new ArrayList<>();
    for (Metric metric : Metric.values()) {
      List<Double> left = values(metric, first);
      List<Double> right = values(metric, second);
      if (left.size() == first.size() && right.size() == second.size()) {
        comparisons.add(of(metric, left, right));
      }
    }
    return comparisons;
  }

  private static List<Double> values(Metric metric, List<Sample> samples) {
    return samples.stream()
        .filter(sample -> sample.values().containsKey(metric))
        .map(sample -> sample.values().get(metric))
        .toList();
  }

  private static Comparison of(Metric metric, List<Double> first, List<Double> second) {
    List<Double> ratios = new ArrayList<>();
    for (int pair = 0; pair < first.size(); pair++) {
      ratios.add(first.get(pair) / second.get(pair));
    }
    ratios.sort(Double::compare);
    return new Comparison(
        metric,
        median(first),
        median(second),
        median(ratios),
        ratios.getFirst(),
        ratios.getLast(),
        ratios.size());
  }

  /** The middle value, or the mean of the two in the middle. */
  public static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }
}
