package dev.kvorum.simulator.oracle;

import dev.kvorum.storage.model.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * The state of one key, as far as clients that look at no other key can tell.
 *
 * @param value null while the key does not exist
 * @param version puts in its present life
 * @param modRevision of the last put, or {@link #UNKNOWN} if nobody was told; 0 for a missing key
 */
record Cell(@Nullable Bytes value, long version, long modRevision) {
  static final long UNKNOWN = -1;
  static final Cell ABSENT = new Cell(null, 0, 0);

  boolean exists() {
    return value != null;
  }

  Cell put(Bytes newValue, long revision) {
    return new Cell(newValue, version + 1, revision);
  }

  /** The same with a mod revision that was learned later. */
  Cell withModRevision(long revision) {
    return new Cell(value, version, revision);
  }
}
