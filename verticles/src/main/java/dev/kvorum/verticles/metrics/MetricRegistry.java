package dev.kvorum.verticles.metrics;

import dev.kvorum.storage.model.InvariantViolation;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.DoubleSupplier;

/** Every family of the node, by name. Registered once at start; read by any thread. */
public final class MetricRegistry {
  private final ConcurrentSkipListMap<String, Family<?>> families = new ConcurrentSkipListMap<>();

  public Counter counter(String name, String help) {
    return counters(name, help).with();
  }

  /** A counter that somebody else keeps. */
  public void counter(String name, String help, DoubleSupplier value) {
    callback(name, help, Metric.Type.COUNTER, value);
  }

  /** Counters with labels, whose names are given in ascending order. */
  public Family<Counter> counters(String name, String help, String... labels) {
    return add(new Family<>(name, help, Metric.Type.COUNTER, List.of(labels), Counter::new));
  }

  public Gauge gauge(String name, String help) {
    return gauges(name, help).with();
  }

  /** A gauge that somebody else keeps. */
  public void gauge(String name, String help, DoubleSupplier value) {
    callback(name, help, Metric.Type.GAUGE, value);
  }

  /** Gauges with labels, whose names are given in ascending order. */
  public Family<Gauge> gauges(String name, String help, String... labels) {
    return add(new Family<>(name, help, Metric.Type.GAUGE, List.of(labels), Gauge::new));
  }

  public Histogram histogram(String name, String help, Buckets buckets) {
    return histograms(name, help, buckets).with();
  }

  /** Histograms with labels, whose names are given in ascending order. */
  public Family<Histogram> histograms(String name, String help, Buckets buckets, String... labels) {
    return add(
        new Family<>(
            name, help, Metric.Type.HISTOGRAM, List.of(labels), () -> new Histogram(buckets)));
  }

  /** By name, ascending. */
  public Collection<Family<?>> families() {
    return families.values();
  }

  private void callback(String name, String help, Metric.Type type, DoubleSupplier value) {
    add(new Family<>(name, help, type, List.of(), () -> new Metric.Callback(value))).with();
  }

  private <M extends Metric> Family<M> add(Family<M> family) {
    var known = families.putIfAbsent(family.name(), family);
    InvariantViolation.check(known == null, family.name() + " is registered twice");
    return family;
  }
}
