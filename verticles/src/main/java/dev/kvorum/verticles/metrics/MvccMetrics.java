package dev.kvorum.verticles.metrics;

import java.util.function.Supplier;

/** What happened to keys. */
public final class MvccMetrics {
  private final Counter ranges;
  private final Counter puts;
  private final Counter deletes;
  private final Counter txns;
  private final Gauge putBytes;
  private final Histogram indexCompactionPauses;
  private final Histogram dbCompactionPauses;
  private final Histogram dbCompactions;
  private final Gauge lastCompaction;
  private final Counter compactedRecords;
  private final Histogram hashes;
  private final Histogram revisionHashes;

  MvccMetrics(MetricRegistry registry, Supplier<NodeState> state) {
    ranges = registry.counter("etcd_mvcc_range_total", "Ranges executed.");
    puts = registry.counter("etcd_mvcc_put_total", "Puts executed.");
    deletes = registry.counter("etcd_mvcc_delete_total", "Deletes executed.");
    txns = registry.counter("etcd_mvcc_txn_total", "Transactions executed.");
    putBytes =
        registry.gauge(
            "etcd_debugging_mvcc_total_put_size_in_bytes", "Bytes of puts since the start.");
    indexCompactionPauses =
        registry.histogram(
            "etcd_debugging_mvcc_index_compaction_pause_duration_milliseconds",
            "Pauses that compacting the index made.",
            Buckets.doublingMilliseconds(0.5, 14));
    dbCompactionPauses =
        registry.histogram(
            "etcd_debugging_mvcc_db_compaction_pause_duration_milliseconds",
            "Pauses that compacting the store made.",
            Buckets.doublingMilliseconds(1, 13));
    dbCompactions =
        registry.histogram(
            "etcd_debugging_mvcc_db_compaction_total_duration_milliseconds",
            "Time of a whole compaction.",
            Buckets.doublingMilliseconds(100, 14));
    lastCompaction =
        registry.gauge(
            "etcd_debugging_mvcc_db_compaction_last", "Unix time of the last compaction's end.");
    compactedRecords =
        registry.counter(
            "etcd_debugging_mvcc_db_compaction_keys_total", "Records removed by compactions.");
    hashes =
        registry.histogram(
            "etcd_mvcc_hash_duration_seconds",
            "Time of a Hash call.",
            Buckets.doublingSeconds(.01, 15));
    revisionHashes =
        registry.histogram(
            "etcd_mvcc_hash_rev_duration_seconds",
            "Time of a HashKV call.",
            Buckets.doublingSeconds(.01, 15));
    registerState(registry, state);
  }

  private static void registerState(MetricRegistry registry, Supplier<NodeState> state) {
    registry.gauge(
        "etcd_debugging_mvcc_keys_total", "Keys that live now.", () -> state.get().keys());
    registry.gauge(
        "etcd_debugging_mvcc_current_revision",
        "Revision of the store.",
        () -> state.get().revision());
    registry.gauge(
        "etcd_debugging_mvcc_compact_revision",
        "Revision of the last compaction.",
        () -> state.get().compactRevision());
    registry.gauge(
        "etcd_mvcc_db_total_size_in_bytes",
        "Size of the store, garbage included.",
        () -> state.get().dbSizeBytes());
    registry.gauge(
        "etcd_mvcc_db_total_size_in_use_in_bytes",
        "Size of the store without garbage.",
        () -> state.get().dbSizeInUseBytes());
    registry.gauge(
        "etcd_mvcc_db_open_read_transactions",
        "Open read views of the state store.",
        () -> state.get().openReadViews());
  }

  /** The store's work since the last call: one call a batch, not one an operation. */
  public void executed(long rangeCount, long putCount, long deleteCount, long txnCount) {
    ranges.add(rangeCount);
    puts.add(putCount);
    deletes.add(deleteCount);
    txns.add(txnCount);
  }

  /** Keys and values of puts, since the last call. */
  public void putBytes(long bytes) {
    putBytes.add(bytes);
  }

  /** One slice of a compaction of the index, during which nothing else ran. */
  public void indexCompactionPaused(long nanos) {
    indexCompactionPauses.observe(nanos);
  }

  /** One slice of a compaction of the records. */
  public void dbCompactionPaused(long nanos) {
    dbCompactionPauses.observe(nanos);
  }

  /** A whole compaction ended at a time in seconds since 1970. */
  public void dbCompacted(long records, long nanos, long unixSeconds) {
    compactedRecords.add(records);
    dbCompactions.observe(nanos);
    lastCompaction.set(unixSeconds);
  }

  public void hashed(long nanos) {
    hashes.observe(nanos);
  }

  public void revisionHashed(long nanos) {
    revisionHashes.observe(nanos);
  }
}
