package dev.kvorum.verticles.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.storage.model.InvariantViolation;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PrometheusTextTest {
  private final MetricRegistry registry = new MetricRegistry();

  @Test
  void showsFamiliesByNameAndSeriesByLabelValues() {
    var failures = registry.counters("b_failures", "Failures \\ by\nreason.", "a", "reason");
    registry.counters("a_never_touched", "Has no series, so it is not shown.", "label");
    var gauge = registry.gauge("a_gauge_total", "A gauge that says \"total\".");
    var times =
        registry.histogram("c_duration_seconds", "Times.", Buckets.doublingSeconds(0.001, 3));
    registry.gauge("d_callback", "Asked for.", () -> 0.25);

    failures.with("2", "it said \"no\"").add(3);
    failures.with("1", "back\\slash\nand line").increment();
    gauge.set(-12);
    times.observe(1_000_000);
    times.observe(1_000_001);
    times.observe(9_000_000);

    assertThat(PrometheusText.of(registry, ExpositionFormat.PROMETHEUS_TEXT))
        .isEqualTo(
            """
            # HELP a_gauge_total A gauge that says "total".
            # TYPE a_gauge_total gauge
            a_gauge_total -12
            # HELP b_failures Failures \\\\ by\\nreason.
            # TYPE b_failures counter
            b_failures{a="1",reason="back\\\\slash\\nand line"} 1
            b_failures{a="2",reason="it said \\"no\\""} 3
            # HELP c_duration_seconds Times.
            # TYPE c_duration_seconds histogram
            c_duration_seconds_bucket{le="0.001"} 1
            c_duration_seconds_bucket{le="0.002"} 2
            c_duration_seconds_bucket{le="0.004"} 2
            c_duration_seconds_bucket{le="+Inf"} 3
            c_duration_seconds_sum 0.011000001
            c_duration_seconds_count 3
            # HELP d_callback Asked for.
            # TYPE d_callback gauge
            d_callback 0.25
            """);
  }

  @Test
  void openMetricsNamesCountersWithoutTheirEndAndHasAnEndItself() {
    registry.counter("a_calls_total", "Calls, \"all\" of them.").add(2);
    registry.counter("b_calls", "An old name.").add(3);
    registry.gauge("c_index_total", "A gauge whatever its name.", () -> 4);
    registry.histogram("d_seconds", "Times.", Buckets.doublingSeconds(1, 1)).observe(1);

    assertThat(PrometheusText.of(registry, ExpositionFormat.OPEN_METRICS))
        .isEqualTo(
            """
            # HELP a_calls Calls, \\"all\\" of them.
            # TYPE a_calls counter
            a_calls_total 2.0
            # HELP b_calls An old name.
            # TYPE b_calls unknown
            b_calls 3.0
            # HELP c_index_total A gauge whatever its name.
            # TYPE c_index_total gauge
            c_index_total 4.0
            # HELP d_seconds Times.
            # TYPE d_seconds histogram
            d_seconds_bucket{le="1.0"} 1
            d_seconds_bucket{le="+Inf"} 1
            d_seconds_sum 1e-09
            d_seconds_count 1
            # EOF
            """);
  }

  @Test
  void labelsOfHistogramsComeBeforeTheBound() {
    var times =
        registry.histograms("t_seconds", "Times.", Buckets.doublingSeconds(1, 1), "op", "success");
    times.with("Put", "true").observe(2_000_000_000L);

    assertThat(PrometheusText.of(registry, ExpositionFormat.PROMETHEUS_TEXT))
        .endsWith(
            """
            t_seconds_bucket{op="Put",success="true",le="1"} 0
            t_seconds_bucket{op="Put",success="true",le="+Inf"} 1
            t_seconds_sum{op="Put",success="true"} 2
            t_seconds_count{op="Put",success="true"} 1
            """);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "1, 1",
    "-2.5, -2.5",
    "0.0001, 0.0001",
    "0.00005, 5e-05",
    "0.0512, 0.0512",
    "52.4288, 52.4288",
    "100, 100",
    "123456, 123456",
    "999999, 999999",
    "1000000, 1e+06",
    "1234567, 1.234567e+06",
    "2147483648, 2.147483648e+09",
    "-8589934592, -8.589934592e+09",
    "18446744073709551615, 1.8446744073709552e+19",
    "1e100, 1e+100",
    "NaN, NaN",
    "Infinity, +Inf",
    "-Infinity, -Inf"
  })
  void numbersAreWrittenAsGoWritesThem(double number, String written) {
    assertThat(PrometheusText.goNumber(number)).isEqualTo(written);
  }

  @Test
  void boundsBelongToTheirOwnBucket() {
    var buckets = Buckets.doublingMilliseconds(0.5, 3);
    assertThat(buckets.indexOf(0)).isEqualTo(0);
    assertThat(buckets.indexOf(500_000)).isEqualTo(0);
    assertThat(buckets.indexOf(500_001)).isEqualTo(1);
    assertThat(buckets.indexOf(2_000_000)).isEqualTo(2);
    assertThat(buckets.indexOf(2_000_001)).isEqualTo(3);
    assertThat(buckets.indexOf(Long.MAX_VALUE)).isEqualTo(3);
  }

  @Test
  void noObservationIsLostBetweenThreads() throws Exception {
    var histogram = registry.histogram("h_seconds", "Times.", Buckets.doublingSeconds(0.001, 5));
    var counter = registry.counter("c_total", "Things.");
    Callable<Void> work =
        () -> {
          for (var number = 0; number < 50_000; number++) {
            histogram.observe(number);
            counter.increment();
          }
          return null;
        };
    try (var threads = Executors.newFixedThreadPool(4)) {
      var done = new ArrayList<Future<Void>>();
      for (var thread = 0; thread < 4; thread++) {
        done.add(threads.submit(work));
      }
      for (var each : done) {
        each.get();
      }
    }
    assertThat(counter.value()).isEqualTo(200_000);
    assertThat(histogram.accumulated()).endsWith(200_000L);
  }

  @Test
  void mistakesOfRegistrationAreBugs() {
    registry.counter("twice", "Once.");
    assertThatThrownBy(() -> registry.counter("twice", "Again."))
        .isInstanceOf(InvariantViolation.class);
    assertThatThrownBy(() -> registry.counters("unordered", "Labels.", "b", "a"))
        .isInstanceOf(InvariantViolation.class);
    var family = registry.counters("labelled", "Labels.", "a");
    assertThatThrownBy(family::with).isInstanceOf(InvariantViolation.class);
  }
}
