package dev.kvorum.loadtest.report;

/** What a measurement can tell. */
public enum Metric {
  RATE("rate", "1/s", true),
  LATENCY_MEAN("latency mean", "us", false),
  LATENCY_P50("latency p50", "us", false),
  LATENCY_P99("latency p99", "us", false),
  LATENCY_P999("latency p99.9", "us", false),
  LATENCY_MAX("latency max", "us", false),
  CPU_PER_MILLION("server CPU", "s/1M", false),
  RESIDENT("resident", "MiB", false),
  ANONYMOUS("anonymous", "MiB", false),
  READY("exec to first read", "ms", false),
  IDLE_CPU("CPU", "% core", false),
  EVENTS_RATE("events", "1/s", true),
  EVENTS_PER_CPU("events", "1/CPU-s", true),
  DELIVERY_P50("delivery p50", "ms", false),
  DELIVERY_P99("delivery p99", "ms", false),
  DELIVERY_MAX("delivery max", "ms", false),
  ABOVE_IDLE("resident above idle", "MiB", false),
  PER_WATCHER("above idle", "B/watcher", false),
  PUT_RATE_KEPT("put rate kept", "%", true),
  PUT_P99("put p99", "ms", false),
  TICK_LATE_MAX("Raft tick late, max", "ms", false),
  LEADER_CHANGES("leader changes", "", false);

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
