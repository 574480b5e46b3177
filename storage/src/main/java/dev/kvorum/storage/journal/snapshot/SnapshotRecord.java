package dev.kvorum.storage.journal.snapshot;

import dev.kvorum.storage.model.Bytes;

/**
 * One pair of the state store.
 *
 * @param bucket the number of its bucket, in {@code [0, 256)}
 */
public record SnapshotRecord(int bucket, Bytes key, Bytes value) {
  public SnapshotRecord {
    if (bucket < 0 || bucket > 255) {
      throw new IllegalArgumentException("bucket " + bucket);
    }
  }
}
