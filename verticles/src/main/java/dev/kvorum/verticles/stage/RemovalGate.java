package dev.kvorum.verticles.stage;

/**
 * Knows whether somebody still reads what a compaction gave up, and whether there is room for more
 * of it on the way to the backend.
 */
@FunctionalInterface
public interface RemovalGate {
  /** Whether records given up by the compaction at that revision may be removed now. */
  boolean allowsRemovalAt(long compactRevision);
}
