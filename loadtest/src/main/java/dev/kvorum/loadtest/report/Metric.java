package dev.kvorum.loadtest.report;

/** What a measurement can tell. */
public enum Metric {
  RATE("rate", "1/s", true),
  THROUGHPUT("answers", "MB/s", true),
  LATENCY_MEAN("latency mean", "us", false),
  LATENCY_P50("latency p50", "us", false),
  LATENCY_P99("latency p99", "us", false),
  LATENCY_P999("latency p99.9", "us", false),
  LATENCY_MAX("latency max", "us", false),
  CPU_PER_MILLION("server CPU", "s/1M", false),
  CPU_PER_GIGABYTE("server CPU", "s/GB", false),
  PEAK_GROWTH("peak above before", "MiB", false),
  RESIDENT("resident", "MiB", false),
  ANONYMOUS("anonymous", "MiB", false),
  READY("exec to first read", "ms", false),
  IDLE_CPU("CPU", "% core", false);

  private final String label;
  private final String unit;
  private final boolean moreIsBetter;

  Metric(String label, String unit, boolean moreIsBetter) {
    this.label = label;
    this.unit = unit;
    this.moreIsBetter = moreIsBetter;
  }

  public String label() {
    return label;
  }

  public String unit() {
    return unit;
  }

  public boolean moreIsBetter() {
    return moreIsBetter;
  }
}
