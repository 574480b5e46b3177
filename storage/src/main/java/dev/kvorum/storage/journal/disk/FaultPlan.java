package dev.kvorum.storage.journal.disk;

import org.jspecify.annotations.Nullable;

/**
 * Decides, call by call, what goes wrong on a {@link FaultyDisk}. A kind that cannot happen to the
 * call is as good as none.
 */
public interface FaultPlan {
  /** Nothing goes wrong. */
  FaultPlan NONE = new FaultPlan() {};

  /** What happens to the operation that is about to be performed, or null. */
  default @Nullable FaultKind operation(DiskOperation operation) {
    return null;
  }

  /** What happens to the read of up to {@code length} bytes at {@code offset}, or null. */
  default @Nullable FaultKind read(String path, long offset, int length) {
    return null;
  }
}
