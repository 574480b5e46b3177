package dev.kvorum.server.boot;

import dev.kvorum.storage.backend.Backend;
import dev.kvorum.storage.checkpoint.Checkpoints;
import dev.kvorum.storage.journal.Journal;
import dev.kvorum.storage.journal.Verdict;
import dev.kvorum.storage.journal.identity.DataDirectory;
import dev.kvorum.storage.journal.identity.Identity;
import dev.kvorum.storage.journal.snapshot.Snapshots;
import dev.kvorum.storage.journal.vote.Vote;
import dev.kvorum.storage.state.LoadedState;
import java.util.List;

/**
 * A member's files, open and agreeing with each other: the state store holds a prefix of what the
 * journal holds, and the journal continues where the state store ends.
 *
 * @param checkpoints where the index checkpoint is
 * @param checkpointRevision that of the checkpoint that was used, 0 if none was
 * @param findings what the start found in the journal, oldest segment first
 */
public record OpenedMember(
    DataDirectory directory,
    Identity identity,
    Vote vote,
    Journal journal,
    Backend backend,
    LoadedState state,
    Snapshots snapshots,
    Checkpoints checkpoints,
    long checkpointRevision,
    List<Verdict> findings)
    implements AutoCloseable {
  public OpenedMember {
    findings = List.copyOf(findings);
  }

  /** Closes everything; the backend and the journal are not used any more by then. */
  @Override
  public void close() {
    backend.close();
    directory.close();
  }
}
