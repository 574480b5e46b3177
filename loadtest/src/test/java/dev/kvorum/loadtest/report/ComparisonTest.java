package dev.kvorum.loadtest.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ComparisonTest {
  @Test
  void ratioIsTheMedianOfThePairsAndNotTheRatioOfTheMedians() {
    // The machine was slow during the third pair: both servers show it, their ratio does not.
    List<Comparison> comparisons = Comparison.of(rates(200, 220, 20), rates(100, 100, 10));

    assertThat(comparisons)
        .containsExactly(new Comparison(Metric.RATE, 200, 100, 2.0, 2.0, 2.2, 3));
  }

  @Test
  void medianOfAnEvenCountIsTheMeanOfTheMiddle() {
    assertThat(Comparison.median(List.of(4.0, 1.0, 3.0, 2.0))).isEqualTo(2.5);
  }

  @Test
  void metricsThatOneSideLacksAreLeftOut() {
    List<Sample> withLatency =
        List.of(new Sample(Map.of(Metric.RATE, 1.0, Metric.LATENCY_P50, 5.0)));

    assertThat(Comparison.of(withLatency, rates(1)))
        .extracting(Comparison::metric)
        .containsExactly(Metric.RATE);
  }

  @Test
  void runsWithoutAPartnerAreRefused() {
    assertThatThrownBy(() -> Comparison.of(rates(1, 2), rates(1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static List<Sample> rates(double... rates) {
    return java.util.Arrays.stream(rates)
        .mapToObj(rate -> new Sample(Map.of(Metric.RATE, rate)))
        .toList();
  }
}
