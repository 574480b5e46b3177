package dev.kvorum.storage.state;

import dev.kvorum.storage.mvcc.Records;

/** A command that is applied in slices. */
@FunctionalInterface
interface LongCommand {
  /**
   * Does the next slice; not to be called after the one with the outcome.
   *
   * @param records those in memory
   * @param maxKeys how many keys it looks at, or a few more
   * @param maxBytes of records that it reads, or one record more
   */
  Part step(Records records, int maxKeys, long maxBytes);
}
