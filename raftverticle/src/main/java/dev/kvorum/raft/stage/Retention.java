package dev.kvorum.raft.stage;

/**
 * How much of the log is kept, and for whom.
 *
 * @param snapshotCount applied entries between two shortenings of the log (contract S30.3)
 * @param catchUpEntries applied entries that a shortening leaves for slow followers
 * @param snapshotAfterBytes the journal's size that makes a full snapshot file worth writing
 */
public record Retention(long snapshotCount, long catchUpEntries, long snapshotAfterBytes) {}
