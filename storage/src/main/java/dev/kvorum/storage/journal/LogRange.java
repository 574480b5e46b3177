package dev.kvorum.storage.journal;

import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import java.util.List;

/**
 * Where a range of durable entries lies on the disk. Immutable: made on the journal's loop, read on
 * any thread that may block.
 */
public final class LogRange {
  /**
   * Reads the entries, whole and in index order: the first one in any case, and more while their
   * payloads stay within {@code bytes}.
   *
   * @throws DiskFaultException if the disk cannot read, or what lies there is not what was written;
   *     also when the segment was released and reused meanwhile, so check {@link
   *     Journal#firstIndex()} again before calling it damage (P10)
   */
  public List<Entry> read(Disk disk, long bytes) throws DiskFaultException {
    throw new UnsupportedOperationException(disk + " " + bytes);
  }
}
