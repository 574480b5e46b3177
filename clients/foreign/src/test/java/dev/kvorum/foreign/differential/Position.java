package dev.kvorum.foreign.differential;

/**
 * Where the store stands, as far as the answers have told.
 *
 * @param revision the current revision
 * @param compactRevision the last successful compaction, 0 before the first
 */
record Position(long revision, long compactRevision) {
  static final Position START = new Position(1, 0);
}
