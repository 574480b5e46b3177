package dev.kvorum.server.boot;

import dev.kvorum.storage.backend.Backend;
import dev.kvorum.storage.backend.BackendException;
import dev.kvorum.storage.backend.BackendLoader;
import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.xodus.XodusBackend;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.JournalScan;
import dev.kvorum.storage.journal.StateFit;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.identity.DataDirectory;
import dev.kvorum.storage.journal.snapshot.SnapshotDamagedException;
import dev.kvorum.storage.journal.snapshot.SnapshotHeader;
import dev.kvorum.storage.journal.snapshot.Snapshots;
import dev.kvorum.storage.membership.MemberCodec;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.Member;
import dev.kvorum.storage.mvcc.CorruptRecordException;
import dev.kvorum.storage.mvcc.MvccStore;
import dev.kvorum.storage.mvcc.StoreMeta;
import dev.kvorum.storage.state.LoadedState;
import dev.kvorum.storage.state.StateSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the state store, or rebuilds it from a snapshot when anything about it is doubtful (P13).
 * It is never trusted over the journal: nothing in it is lost that cannot be made again.
 */
final class StateStore {
  private static final Logger LOGGER = LoggerFactory.getLogger(StateStore.class);

  /**
   * An open engine and what it holds.
   *
   * @param checkpointRevision that of the index checkpoint that was used, 0 if none was
   */
  record Opened(Backend backend, LoadedState state, long checkpointRevision) implements Found {
    EntryId position() {
      return new EntryId(state.meta().appliedTerm(), state.meta().appliedIndex());
    }
  }

  /** What an earlier life left, before anybody has asked whether it fits the journal. */
  sealed interface Found {
    /**
     * Nothing that can be used.
     *
     * @param doubt why
     */
    record Unusable(String doubt) implements Found {}
  }

  private final DataDirectory directory;
  private final Snapshots snapshots;

  StateStore(DataDirectory directory, Snapshots snapshots) {
    this.directory = directory;
    this.snapshots = snapshots;
  }

  /**
   * A fresh store as the founders of a cluster begin with, and the snapshot of it, both durable.
   * The log continues behind {@code birth}.
   */
  Opened found(EntryId birth, List<Member> members, Bytes membership)
      throws DiskFaultException, SnapshotDamagedException {
    var backend = XodusBackend.open(directory.state());
    var loader = new BackendLoader(backend);
    for (var member : members) {
      loader.add(Bucket.MEMBERS, MemberCodec.key(member), MemberCodec.encode(member));
    }
    var meta = new MvccStore(IndexMemory.onHeap()).meta(birth.index(), birth.term());
    loader.add(Bucket.META, StoreMeta.KEY, meta.encode());
    loader.finish();
    StateSnapshot.write(backend, membership, snapshots);
    return new Opened(backend, load(backend), 0);
  }

  /**
   * Opens the store as an earlier life left it and reads what it holds. Asks nobody else, so it can
   * run while the journal is looked at; nothing changes that a start may not change.
   *
   * @param checkpoint of the key index, as far as it was read by now
   */
  Found look(CheckpointRead checkpoint) {
    if (!hasFiles()) {
      return new Found.Unusable("it is missing");
    }
    var backend = tryOpen();
    if (backend == null) {
      return new Found.Unusable("its engine does not open");
    }
    try {
      return load(backend, checkpoint);
    } catch (CorruptRecordException | BackendException corrupt) {
      closeQuietly(backend);
      var doubt = corrupt.getMessage();
      return new Found.Unusable(doubt == null ? "it is not readable" : doubt);
    } catch (RuntimeException failed) {
      closeQuietly(backend);
      throw failed;
    }
  }

  /**
   * The store that was found, if it fits the journal, and otherwise a new one made from the newest
   * whole snapshot.
   */
  Opened open(JournalScan journal, Found found)
      throws DiskFaultException, SnapshotDamagedException, StartRefusedException {
    return switch (found) {
      case Opened opened -> {
        var misfit = StateFit.misfit(opened.position(), journal);
        if (misfit == null) {
          yield opened;
        }
        closeQuietly(opened.backend());
        yield rebuild(misfit, journal);
      }
      case Found.Unusable(var doubt) -> rebuild(doubt, journal);
    };
  }

  private boolean hasFiles() {
    try (var files = Files.list(directory.state())) {
      return files.findAny().isPresent();
    } catch (IOException _) {
      return false;
    }
  }

  private @Nullable Backend tryOpen() {
    try {
      return XodusBackend.open(directory.state());
    } catch (BackendException unusable) {
      LOGGER.warn("the state store does not open", unusable);
      return null;
    }
  }

  static LoadedState load(Backend backend) {
    return LoadedState.open(backend, IndexMemory.offHeap(), null, LoadLog.ofIndex());
  }

  private static Opened load(Backend backend, CheckpointRead read) {
    var checkpoint = read.await();
    var log = LoadLog.ofIndex();
    if (checkpoint != null) {
      try {
        var state = LoadedState.open(backend, IndexMemory.offHeap(), checkpoint, log);
        if (!log.isMisfit()) {
          var revision = checkpoint.kept().meta().revision();
          log.used(revision, state.meta().revision(), read.took());
          return new Opened(backend, state, revision);
        }
        return new Opened(backend, state, 0);
      } catch (InvariantViolation | IndexOutOfBoundsException wrong) {
        // A bug, but one that no start should fail of: the records are there.
        LOGGER.atError().setCause(wrong).log(LoadLog.NOT_USED);
      }
    }
    return new Opened(backend, LoadedState.open(backend, IndexMemory.offHeap(), null, log), 0);
  }

  private Opened rebuild(String doubt, JournalScan journal)
      throws DiskFaultException, SnapshotDamagedException, StartRefusedException {
    var newest = snapshots.newestWhole(LOGGER::warn);
    if (newest != null && journal.isSound() && newest.position().index() > journal.last().index()) {
      throw new StartRefusedException(
          """
          the newest snapshot holds everything up to index %d, and the journal ends at index %d: the \
          disk has lost what it had reported as written; restore a backup into a new data \
          directory; nothing was changed\
          """
              .formatted(newest.position().index(), journal.last().index()));
    }
    setAside(doubt);
    if (newest == null) {
      throw new StartRefusedException(
          "the state store cannot be used ("
              + doubt
              + ") and there is no whole snapshot to "
              + "rebuild it from; restore a backup into a new data directory");
    }
    LOGGER
        .atWarn()
        .addKeyValue("reason", doubt)
        .addKeyValue("snapshot-index", newest.position().index())
        .log("rebuilding the state store from the snapshot and the journal");
    return restore(newest);
  }

  private Opened restore(SnapshotHeader snapshot)
      throws DiskFaultException, SnapshotDamagedException {
    try (var unfinished = XodusBackend.open(directory.freshStateToRebuild())) {
      var log = new LoadLog("restoring the state store from the snapshot");
      StateSnapshot.restore(snapshots.open(snapshot.position()), unfinished, log::records);
    }
    directory.adoptRebuiltState();
    var backend = XodusBackend.open(directory.state());
    return new Opened(backend, load(backend), 0);
  }

  private void setAside(String reason) throws DiskFaultException {
    if (hasFiles()) {
      var where = directory.setStateAside();
      LOGGER
          .atWarn()
          .addKeyValue("reason", reason)
          .addKeyValue("moved-to", where)
          .log("the state store was set aside");
    }
  }

  /** Closes what is not used. */
  static void closeQuietly(Backend backend) {
    try {
      backend.close();
    } catch (BackendException failed) {
      LOGGER.warn("a state store that is not used did not close", failed);
    }
  }
}
