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
  TICKS("Raft ticks", "", true),
  TICKS_LATE("Raft ticks > 50 ms late", "", false),
  LEADER_CHANGES("leader changes", "", false),
  GONE("gone after its time", "ms", false),
  EARLIEST("first gone after its time", "ms", true),
  IDLE_P99("put p99 before", "us", false),
  STORM_P99("put p99 meanwhile", "us", false),
  STORM_OVER_IDLE("p99 meanwhile / before", "", false),
  REFUSED("puts refused", "", false),
  LONGEST_GAP("longest put gap", "ms", false),
  REVOKED("revoke answered after", "ms", false),
  WORK_TOOK("long work took", "ms", false),
  TICK_LATE_BEFORE("latest tick of the filling", "ms", false),
  RATE_WITHIN_TEN("puts/s in the first 10 s over before", "", true),
  RATE_AT_TEN("puts/s in the last 2 of these over before", "", true),
  STATE_OVER_LIVE("state over live records", "", false),
  LOGS_OVER_LIVE("journal and snapshots over live records", "", false),
  LIVE("live records", "MiB", false),
  STATE("state", "MiB", false),
  LOGS("journal and snapshots", "MiB", false),
  WRITTEN_OVER_LOGICAL("bytes written a logical byte", "", false),
  GROWN_OVER_LOGICAL("bytes on disk a logical byte", "", false),
  RESIDENT_EACH("resident", "B/lease", false),
  TABLE_EACH("live arrays of numbers", "B/lease", false),
  OBJECTS_EACH("live objects else", "B/lease", false),
  RESIDENT_A_KEY("resident", "B/key", false),
  INDEX_A_KEY("index", "B/key", false),
  INDEX_PEAK_A_KEY("index at most meanwhile", "B/key", false);

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
