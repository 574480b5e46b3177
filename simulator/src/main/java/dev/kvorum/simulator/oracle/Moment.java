package dev.kvorum.simulator.oracle;

/**
 * What a reader sees of the store's history.
 *
 * @param revision the present revision
 * @param compactRevision below which nothing can be read, -1 before the first compaction
 */
record Moment(long revision, long compactRevision) {}
