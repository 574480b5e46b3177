package dev.kvorum.server.boot;

import dev.kvorum.storage.backend.BackendException;
import dev.kvorum.storage.backend.xodus.XodusBackend;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.JournalScan;
import dev.kvorum.storage.journal.StateFit;
import dev.kvorum.storage.journal.Verdict;
import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.snapshot.Snapshots;
import dev.kvorum.storage.mvcc.CorruptRecordException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * What a start would make of the state store, found out without touching it.
 *
 * @param covered the last entry that the state holds after a start: that of the store, or that of
 *     the snapshot from which it is rebuilt; null if there is neither
 */
public record StateCheck(Verdict verdict, @Nullable EntryId covered) {
  private static final String STATE = "state";

  /**
   * Opens a copy of the store in the system's directory for temporary files.
   *
   * @param data the data directory
   * @param disk the disk of the data directory
   */
  public static StateCheck of(Path data, Disk disk, JournalScan journal)
      throws DiskFaultException, IOException {
    var state = data.resolve(STATE);
    if (!Files.isDirectory(state)) {
      return rebuilt("it is missing", disk);
    }
    var copy = Files.createTempDirectory("kvorum-check");
    try {
      copy(state, copy);
      var found = look(copy, journal);
      return found instanceof StateCheck check ? check : rebuilt(String.valueOf(found), disk);
    } finally {
      delete(copy);
    }
  }

  /** The finding about a store that can be used, or why it cannot. */
  private static Object look(Path copy, JournalScan journal) {
    try {
      var backend = XodusBackend.open(copy);
      try {
        var opened = new StateStore.Opened(backend, StateStore.load(backend), 0);
        var position = opened.position();
        var misfit = StateFit.misfit(position, journal);
        return misfit == null
            ? new StateCheck(
                Verdict.of(
                    Verdict.Kind.SOUND, STATE, "holds everything up to index " + position.index()),
                position)
            : misfit;
      } finally {
        backend.close();
      }
    } catch (BackendException | CorruptRecordException unusable) {
      return String.valueOf(unusable.getMessage());
    }
  }

  private static StateCheck rebuilt(String doubt, Disk disk) throws DiskFaultException {
    EntryId newest = null;
    for (var verdict : Snapshots.check(disk)) {
      if (newest == null && verdict.kind() == Verdict.Kind.SOUND) {
        newest = Snapshots.position(verdict.path());
      }
    }
    return new StateCheck(
        Verdict.of(
            Verdict.Kind.ROT,
            STATE,
            doubt
                + (newest == null
                    ? "; and no snapshot is whole"
                    : "; it is rebuilt from the snapshot at index " + newest.index())),
        newest);
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var files = Files.list(from)) {
      for (var file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, to.resolve(String.valueOf(file.getFileName())));
      }
    }
  }

  private static void delete(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
