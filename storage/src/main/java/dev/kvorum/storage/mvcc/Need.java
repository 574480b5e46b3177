package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.index.IndexEntry;
import dev.kvorum.storage.model.Revision;

/**
 * A record whose contents must be at hand before a plan or a command can run.
 *
 * @param recordSize size of the serialized key-value in bytes, for reserving memory
 */
public record Need(Revision revision, int recordSize) {
  static Need of(IndexEntry entry) {
    return new Need(entry.revision(), entry.recordSize());
  }
}
