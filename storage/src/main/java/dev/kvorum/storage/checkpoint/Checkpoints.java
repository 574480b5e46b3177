package dev.kvorum.storage.checkpoint;

import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.journal.Owner;
import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskOperation;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The place of a member's index checkpoint: one file in a directory of its own, and a second one
 * while it is written. Every method blocks.
 */
public final class Checkpoints {
  /** The directory, relative to the disk's root. */
  public static final String DIRECTORY = "index";

  static final String PATH = DIRECTORY + "/checkpoint";
  static final String UNFINISHED = PATH + ".tmp";

  private final Disk disk;
  private final Owner owner;

  /**
   * @param owner whose index it is: that of another member is refused
   */
  public Checkpoints(Disk disk, Owner owner) {
    this.disk = disk;
    this.owner = owner;
  }

  /**
   * Reads the checkpoint.
   *
   * @param memory for the index
   * @return null if there is none
   * @throws DamagedCheckpointException if it cannot be used, whatever the reason
   */
  public @Nullable Checkpoint read(IndexMemory memory) throws DamagedCheckpointException {
    if (!disk.exists(PATH)) {
      return null;
    }
    return CheckpointReader.read(disk, owner, memory);
  }

  /** Begins to write the next one, which takes the place of the present one when it is finished. */
  public CheckpointWriter begin() throws DiskFaultException {
    return new CheckpointWriter(disk, owner);
  }

  /** Deletes it: the next start reads every record. */
  public void drop() throws DiskFaultException {
    if (disk.exists(PATH)) {
      disk.perform(
          List.of(new DiskOperation.Delete(PATH), new DiskOperation.SyncDirectory(DIRECTORY)));
    }
  }
}
