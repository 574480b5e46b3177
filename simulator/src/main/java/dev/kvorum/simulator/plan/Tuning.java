package dev.kvorum.simulator.plan;

import dev.kvorum.storage.journal.JournalOptions;
import dev.kvorum.storage.watch.WatchSizes;

/**
 * The sizes that the members are given at birth. Most seeds make some of them absurdly small, so
 * that what is rare in production happens all the time.
 *
 * @param journal sizes of the journal
 * @param tickNanos the heartbeat interval
 * @param electionTicks the election timeout in ticks
 * @param maxAppendBytes payload bytes in one append
 * @param maxInflightAppends unanswered appends to one follower
 * @param maxUncommittedBytes payload bytes that wait to be committed
 * @param maxTailBytes bytes of durable entries that stay in memory
 * @param maxApplyingBytes payload bytes handed out and not yet applied
 * @param snapshotCount applied entries between two shortenings of the log
 * @param catchUpEntries entries that stay readable for slow followers when the log is shortened
 * @param snapshotAfterBytes how large the journal grows before a snapshot file is written
 * @param recordBytes how many bytes of records may wait for the state store
 * @param cacheRecords how many records stay in memory once they are stored
 * @param oneByOne whether committed entries reach the store one at a time
 * @param stateFlushNanos how long the state store collects changes
 * @param stateSyncNanos how often the state store is synced
 * @param watches sizes of the watch hub
 * @param progressNanos how often idle watches are told of progress
 * @param leaseLagNanos how late the keeper of the leases hears of Raft's role, and Raft of what it
 *     proposes
 */
public record Tuning(
    JournalOptions journal,
    long tickNanos,
    int electionTicks,
    int maxAppendBytes,
    int maxInflightAppends,
    long maxUncommittedBytes,
    long maxTailBytes,
    long maxApplyingBytes,
    long snapshotCount,
    long catchUpEntries,
    long snapshotAfterBytes,
    long recordBytes,
    int cacheRecords,
    boolean oneByOne,
    long stateFlushNanos,
    long stateSyncNanos,
    WatchSizes watches,
    long progressNanos,
    long leaseLagNanos) {
  private static final int KIBIBYTE = 1 << 10;
  private static final int MEBIBYTE = 1 << 20;

  /** Roomy sizes, as in production but for the memory that they cost. */
  public static final Tuning ROOMY =
      new Tuning(
          new JournalOptions(
              256 * KIBIBYTE, 64 * KIBIBYTE, MEBIBYTE / 4, 64 * KIBIBYTE, 2, 256 * KIBIBYTE),
          100_000_000L,
          10,
          MEBIBYTE,
          512,
          64L * MEBIBYTE,
          MEBIBYTE,
          16L * MEBIBYTE,
          1_000,
          500,
          512 * KIBIBYTE,
          MEBIBYTE,
          1_000,
          false,
          50_000_000L,
          2_000_000_000L,
          WatchSizes.ofMember(2L * MEBIBYTE, 1 << 30),
          500_000_000L,
          0);
}
