package dev.kvorum.storage.journal.identity;

import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A member's data directory, locked and checked. With a separate log directory, {@code identity},
 * the vote files, {@code journal/} and {@code ballast} lie there and the rest stays here.
 */
public final class DataDirectory implements AutoCloseable {
  /**
   * Opens the directory, or makes it, and locks it against a second process.
   *
   * @param log the separate place for the log, or null
   * @throws DirectoryRefusedException if another process holds it, if another program or a newer
   *     release wrote it, or if its parts do not belong together
   */
  public static DataDirectory open(Path data, @Nullable Path log)
      throws DirectoryRefusedException, DiskFaultException {
    throw new UnsupportedOperationException(data + " " + log);
  }

  /** Who the directory belongs to; null while it is new. */
  public @Nullable Identity identity() {
    throw new UnsupportedOperationException();
  }

  /** Makes the identity durable, in all its copies. */
  public void writeIdentity(Identity identity) throws DiskFaultException {
    throw new UnsupportedOperationException(identity.toString());
  }

  /** The disk of the vote files and the journal. */
  public Disk logDisk() {
    throw new UnsupportedOperationException();
  }

  /** The disk of the snapshots. */
  public Disk dataDisk() {
    throw new UnsupportedOperationException();
  }

  /** Where the state store keeps its files. */
  public Path state() {
    throw new UnsupportedOperationException();
  }

  /**
   * Moves the state store's directory to quarantine, durably, so that a new one can be built.
   *
   * @return where it lies now
   */
  public Path setStateAside() throws DiskFaultException {
    throw new UnsupportedOperationException();
  }

  /** Files that this program did not put here; they are reported and never touched (P16). */
  public List<Path> unknownFiles() {
    throw new UnsupportedOperationException();
  }

  /** Closes both disks and gives the lock back. */
  @Override
  public void close() {
    throw new UnsupportedOperationException();
  }
}
