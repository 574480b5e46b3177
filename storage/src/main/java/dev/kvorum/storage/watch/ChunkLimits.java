package dev.kvorum.storage.watch;

/**
 * How much of history is read and given away at a time.
 *
 * @param revisions main revisions, at most
 * @param events after which it ends, within a revision only when it has begun with that one
 * @param bytes of records, after which it ends likewise
 */
public record ChunkLimits(int revisions, int events, long bytes) {}
