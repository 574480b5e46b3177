package dev.kvorum.storage.journal.snapshot;

import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The directory {@code snapshots/}. Every method blocks. */
public final class Snapshots {
  public Snapshots(Disk disk) {
    throw new UnsupportedOperationException(disk.toString());
  }

  /** Begins a new snapshot file. */
  public SnapshotWriter begin(SnapshotHeader header) throws DiskFaultException {
    throw new UnsupportedOperationException(header.toString());
  }

  /** The positions of the snapshots that are there, newest first, not verified. */
  public List<EntryId> positions() throws DiskFaultException {
    throw new UnsupportedOperationException();
  }

  /** Opens the snapshot; its header is verified. */
  public SnapshotReader open(EntryId position) throws DiskFaultException, SnapshotDamagedException {
    throw new UnsupportedOperationException(position.toString());
  }

  /**
   * The newest snapshot that is whole, read through to its end, or null if there is none. One that
   * is damaged goes to quarantine and {@code report} gets a line.
   */
  public @Nullable SnapshotHeader newestWhole(Consumer<String> report) throws DiskFaultException {
    throw new UnsupportedOperationException();
  }

  /**
   * Deletes every snapshot below the position. Legal only when the mark of that position is durable
   * and its file was read back whole (P11).
   */
  public void deleteBelow(EntryId position) throws DiskFaultException {
    throw new UnsupportedOperationException(position.toString());
  }
}
