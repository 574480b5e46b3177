package dev.kvorum.loadtest.report;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/** What one run on one server showed. */
public record Sample(Map<Metric, Double> values) {

  public Sample {
    values = Collections.unmodifiableMap(new EnumMap<>(values));
  }
}
