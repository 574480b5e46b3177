package dev.kvorum.storage.journal.snapshot;

import dev.kvorum.storage.journal.disk.DiskFaultException;
import org.jspecify.annotations.Nullable;

/**
 * Reads one snapshot file from its beginning to its end, checking each chunk before its records are
 * handed out and the whole file before the end is.
 */
public final class SnapshotReader {
  SnapshotReader() {}

  public SnapshotHeader header() {
    throw new UnsupportedOperationException();
  }

  /** The next pair, or null when the file ended as it should. */
  public @Nullable SnapshotRecord next() throws DiskFaultException, SnapshotDamagedException {
    throw new UnsupportedOperationException();
  }
}
