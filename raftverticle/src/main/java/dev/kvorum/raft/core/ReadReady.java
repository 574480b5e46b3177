package dev.kvorum.raft.core;

/**
 * A reader may read as soon as this member has applied the index.
 *
 * @param token the reader's
 * @param index what must be applied first
 */
public record ReadReady(long token, long index) {}
