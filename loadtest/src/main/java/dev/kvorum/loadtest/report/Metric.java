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
  IDLE_CPU("CPU", "% core", false),
  GONE("gone after its time", "ms", false),
  EARLIEST("first gone after its time", "ms", true),
  IDLE_P99("put p99 before", "us", false),
  STORM_P99("put p99 meanwhile", "us", false),
  STORM_OVER_IDLE("p99 meanwhile / before", "", false),
  LONGEST_GAP("longest put gap", "ms", false),
  REVOKED("revoke answered after", "ms", false),
  RESIDENT_EACH("resident", "B/lease", false),
  TABLE_EACH("live arrays of numbers", "B/lease", false),
  OBJECTS_EACH("live objects else", "B/lease", false);

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
