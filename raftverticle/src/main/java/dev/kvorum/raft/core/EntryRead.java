package dev.kvorum.raft.core;

/**
 * Entries that are durable but no longer in memory are wanted from the journal; the answer is
 * {@link RaftEvent.EntriesRead}.
 *
 * @param reader for whom: a peer that is behind, or this member itself to apply them
 * @param from the first index
 * @param to the last index that is wanted, inclusive; fewer may be answered
 * @param maxBytes where to stop, though one entry is always read
 */
public record EntryRead(long reader, long from, long to, long maxBytes) {}
