package dev.kvorum.verticles.metrics;

/**
 * What gauges show of the node as it is now. A scrape asks for it on a thread of its own, so it is
 * a copy, and its numbers need not be of the same instant.
 *
 * @param hasLeader this member knows a leader
 * @param committedIndex of the log
 * @param appliedIndex of the log
 * @param pendingProposals proposed here and not answered yet
 * @param revision of the store
 * @param compactRevision 0 before the first compaction
 * @param keys that live now
 * @param dbSizeBytes as the Status call shows it
 * @param dbSizeInUseBytes as the Status call shows it
 * @param openReadViews of the backend
 */
public record NodeState(
    boolean hasLeader,
    boolean leader,
    boolean learner,
    long committedIndex,
    long appliedIndex,
    long pendingProposals,
    long revision,
    long compactRevision,
    long keys,
    long dbSizeBytes,
    long dbSizeInUseBytes,
    long openReadViews) {
  /** Before the node has any. */
  public static final NodeState UNKNOWN =
      new NodeState(false, false, false, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}
