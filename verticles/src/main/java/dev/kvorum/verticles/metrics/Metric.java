package dev.kvorum.verticles.metrics;

import java.util.function.DoubleSupplier;

/** One time series, or for a histogram one group of them. */
public sealed interface Metric permits Counter, Gauge, Histogram, Metric.Callback {
  /** What the exposition calls the type. */
  enum Type {
    COUNTER("counter"),
    GAUGE("gauge"),
    HISTOGRAM("histogram");

    private final String title;

    Type(String title) {
      this.title = title;
    }

    public String title() {
      return title;
    }
  }

  /** A number that somebody else keeps and that is read when it is asked for. */
  record Callback(DoubleSupplier value) implements Metric {}
}
