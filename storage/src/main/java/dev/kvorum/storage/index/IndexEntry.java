package dev.kvorum.storage.index;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Revision;

/**
 * What the index knows of a key that lives at some revision: everything but value and lease.
 *
 * @param key on memory of its own
 * @param revision of the record that holds the key's state; its main part is the mod revision
 * @param createRevision main revision of the put that began the key's life
 * @param version puts in that life, from 1
 * @param recordSize size of the serialized key-value in bytes
 */
public record IndexEntry(
    Bytes key, Revision revision, long createRevision, long version, int recordSize) {
  public long modRevision() {
    return revision.main();
  }
}
