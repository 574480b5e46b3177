package dev.kvorum.storage.checkpoint;

import dev.kvorum.storage.model.Bytes;
import java.util.List;

/**
 * Which keys are attached to which leases, for the writer of a checkpoint: slice by slice, because
 * the table changes while it is copied.
 */
@FunctionalInterface
public interface Attachments {
  /** For a store without leases, as of that applied index. */
  static Attachments none(long appliedIndex) {
    return () -> new Slice(List.of(), appliedIndex, true);
  }

  /** A key that is attached. */
  record Attachment(Bytes key, long lease) {}

  /**
   * Some of them.
   *
   * @param appliedIndex how far the log was applied when they were copied
   */
  record Slice(List<Attachment> attachments, long appliedIndex, boolean isLast) {}

  /** The next slice; not called after the last. Blocks. */
  Slice next();
}
