package dev.kvorum.storage.journal.vote;

import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;

/** Reads the two vote files at boot (P8). */
public final class VoteFiles {
  /** What the two files say. */
  public sealed interface Found {
    /** The newest vote; both files hold it, durably, when {@link VoteFiles#load} returns. */
    record Known(Vote vote) implements Found {}

    /**
     * Both files are damaged: this member can no longer know for whom it voted, and must join again
     * under a new member id.
     */
    record Forgotten(String message) implements Found {}
  }

  private VoteFiles() {}

  /** Reads both files and makes them equal. A new directory gets {@link Vote#NONE}. Blocks. */
  public static Found load(Disk disk, boolean newDirectory) throws DiskFaultException {
    throw new UnsupportedOperationException(disk + " " + newDirectory);
  }
}
