package dev.kvorum.raft.core;

/**
 * A peer needs entries that the log no longer has: stream a snapshot to it and tell the end with
 * {@link RaftEvent.SnapshotReported}, whatever it was.
 *
 * @param peer the receiver
 * @param term in which this member leads; the stream is worthless in any other
 * @param minimumIndex the snapshot must contain at least the entries up to here
 */
public record SnapshotRequest(long peer, long term, long minimumIndex) {}
