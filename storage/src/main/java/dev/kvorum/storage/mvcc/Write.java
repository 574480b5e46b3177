package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Revision;

/**
 * A record to be kept, to be put into bucket KEY under {@link #bucketKey} in the order of
 * revisions.
 *
 * @param record the serialized {@code mvccpb.KeyValue}, on memory of its own
 * @param checksum guards the record from the moment it was made, see {@link RecordCodec}
 */
public record Write(Revision revision, boolean tombstone, Bytes record, int checksum) {
  public Bytes bucketKey() {
    return RecordCodec.bucketKey(new RecordId(revision, tombstone));
  }

  public Bytes bucketValue() {
    return RecordCodec.bucketValue(checksum, record);
  }
}
