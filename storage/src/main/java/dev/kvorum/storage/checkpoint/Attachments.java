package dev.kvorum.storage.checkpoint;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.mvcc.StoreMeta;
import java.util.List;

/**
 * Which keys are attached to which leases, for the writer of a checkpoint: slice by slice, because
 * the table changes while it is copied.
 */
@FunctionalInterface
public interface Attachments {
  /** For a store without leases. */
  static Attachments none(StoreMeta store) {
    return () -> new Slice(List.of(), store, true);
  }

  /** A key that is attached. */
  record Attachment(Bytes key, long lease) {}

  /**
   * Some of them.
   *
   * @param store what it was when they were copied
   */
  record Slice(List<Attachment> attachments, StoreMeta store, boolean isLast) {}

  /** The next slice; not called after the last. Blocks. */
  Slice next();
}
