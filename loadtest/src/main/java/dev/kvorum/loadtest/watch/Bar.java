package dev.kvorum.loadtest.watch;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.WatchCreateRequest;
import dev.kvorum.loadtest.report.Comparison;
import dev.kvorum.loadtest.report.Metric;
import dev.kvorum.loadtest.report.Report;
import dev.kvorum.loadtest.report.Sample;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What one server showed beside what was promised, as a report of two: the second "server" is the
 * bar. A metric without a bar stands beside itself.
 */
final class Bar {
  private final Map<Metric, Double> measured = new EnumMap<>(Metric.class);
  private final Map<Metric, Double> promised = new EnumMap<>(Metric.class);

  Bar measured(Metric metric, double value) {
    return measured(metric, value, value);
  }

  Bar measured(Metric metric, double value, double bar) {
    measured.put(metric, value);
    promised.put(metric, bar);
    return this;
  }

  Report report(String benchmark, String variant, String server) {
    return new Report(
        benchmark,
        variant,
        server,
        "bar",
        Comparison.of(List.of(new Sample(measured)), List.of(new Sample(promised))));
  }

  /** A watch of one key from now on. */
  static WatchCreateRequest watch(ByteString key) {
    return WatchCreateRequest.newBuilder().setKey(key).build();
  }
}
