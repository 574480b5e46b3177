package dev.kvorum.storage.journal;

import dev.kvorum.storage.journal.disk.DiskOperation;
import java.util.List;

/** Work for the disk: perform the operations in order, then tell the journal how it ended. */
public record JournalJob(Kind kind, List<DiskOperation> operations) {
  /** What the work is, for measuring. */
  public enum Kind {
    BATCH,
    VOTE,
    /** The next segment takes its place. */
    ROLL,
    /** A slice of a segment or of the ballast is prepared, or a file is put aside. */
    HOUSEKEEPING
  }

  public JournalJob {
    operations = List.copyOf(operations);
  }
}
