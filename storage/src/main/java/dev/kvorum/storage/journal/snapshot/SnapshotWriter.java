package dev.kvorum.storage.journal.snapshot;

import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;

/**
 * Writes one snapshot file. Used by one thread, which may block and is never interrupted. The file
 * counts only after {@link #finish()}.
 */
public final class SnapshotWriter {
  SnapshotWriter(Disk disk, SnapshotHeader header) {
    throw new UnsupportedOperationException(disk + " " + header);
  }

  /** Adds a pair. The order is kept and means nothing here. */
  public void write(SnapshotRecord record) throws DiskFaultException {
    throw new UnsupportedOperationException(record.toString());
  }

  /**
   * Makes the file durable under its name and reads it back whole. Only after that may a {@link
   * dev.kvorum.storage.journal.Mark.SnapshotTaken} be written, and only when that mark is durable
   * may older snapshots go.
   */
  public void finish() throws DiskFaultException, SnapshotDamagedException {
    throw new UnsupportedOperationException();
  }

  /** Removes the unfinished file. */
  public void abandon() throws DiskFaultException {
    throw new UnsupportedOperationException();
  }
}
