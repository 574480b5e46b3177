package dev.kvorum.verticles.metrics;

/** Waits for the disk. */
public final class DiskMetrics {
  private final Histogram walSyncs;
  private final Histogram walWrites;
  private final Gauge walBytes;
  private final Histogram backendCommits;
  private final Histogram defragments;
  private final Gauge defragmenting;
  private final Family<Counter> verdicts;
  private final Gauge unsafe;

  DiskMetrics(MetricRegistry registry) {
    walSyncs =
        registry.histogram(
            "etcd_disk_wal_fsync_duration_seconds",
            "Time of a sync of the journal.",
            Buckets.doublingSeconds(0.001, 14));
    walWrites =
        registry.histogram(
            "etcd_disk_wal_write_duration_seconds",
            "Time of a write to the journal, before its sync.",
            Buckets.doublingSeconds(0.001, 14));
    walBytes = registry.gauge("etcd_disk_wal_write_bytes_total", "Bytes written to the journal.");
    backendCommits =
        registry.histogram(
            "etcd_disk_backend_commit_duration_seconds",
            "Time of a commit to the state store.",
            Buckets.doublingSeconds(0.001, 14));
    defragments =
        registry.histogram(
            "etcd_disk_backend_defrag_duration_seconds",
            "Time of a defragmentation.",
            Buckets.doublingSeconds(.1, 13));
    defragmenting = registry.gauge("etcd_disk_defrag_inflight", "1 while a defragmentation runs.");
    verdicts =
        registry.counters(
            "kvorum_journal_verdicts_total",
            "What the start found in the journal's segments, by verdict.",
            "verdict");
    unsafe =
        registry.gauge(
            "kvorum_unsafe_no_fsync", "1 while the disk is not waited for (--unsafe-no-fsync).");
  }

  /** Whether syncs do nothing, so that a crash may lose what was acknowledged (P20). */
  public void unsafe(boolean isUnsafe) {
    unsafe.set(isUnsafe ? 1 : 0);
  }

  /** The start found this in the journal; the words are those of the log line (P21). */
  public void found(String verdict) {
    verdicts.with(verdict).increment();
  }

  /** A batch reached the journal. */
  public void walWritten(long bytes, long nanos) {
    walBytes.add(bytes);
    walWrites.observe(nanos);
  }

  /** A sync of the journal ended. */
  public void walSynced(long nanos) {
    walSyncs.observe(nanos);
  }

  /** A transaction of the state store ended. */
  public void backendCommitted(long nanos) {
    backendCommits.observe(nanos);
  }

  public void defragmentBegins() {
    defragmenting.set(1);
  }

  public void defragmentEnds(long nanos) {
    defragmenting.set(0);
    defragments.observe(nanos);
  }
}
