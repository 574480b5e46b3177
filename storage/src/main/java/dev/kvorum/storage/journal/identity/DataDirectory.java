package dev.kvorum.storage.journal.identity;

import dev.kvorum.storage.journal.AuditFile;
import dev.kvorum.storage.journal.disk.DiskFault;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskOperation;
import dev.kvorum.storage.journal.disk.FileDisk;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A member's data directory, locked and checked.
 *
 * <pre>
 * LOCK          held by the running process
 * identity      whose data this is                              (*)
 * vote.a vote.b the vote                                        (*)
 * journal/      the log                                         (*)
 * ballast       space kept back for a full disk                 (*)
 * audit         what was found damaged and what was repaired    (*)
 * snapshots/    full copies of the state
 * state/        the state store; can be rebuilt from the rest
 * index/        a copy of its key index; can be missing
 * disk-failure  when and where a disk failed last                 (also (*))
 * quarantine/   what was damaged or given up
 * </pre>
 *
 * With a separate log directory the parts marked (*) lie there, which has a {@code LOCK} and a
 * {@code quarantine/} of its own. {@code identity} is written last when a directory is made new, so
 * a directory without it holds nothing that anybody was promised.
 */
public final class DataDirectory implements AutoCloseable {
  static final String LOCK = "LOCK";
  private static final String STATE = "state";
  private static final String INDEX = "index";

  /** A state store that is being rebuilt. */
  private static final String UNFINISHED_STATE = "state.tmp";

  /** How many stores that were set aside are kept; they serve only the curious. */
  private static final int STATES_KEPT = 2;

  private static final String QUARANTINE = "quarantine";

  /** What this program makes beside the log. */
  private static final Set<String> DATA_NAMES =
      Set.of(
          LOCK,
          FoundingMark.NAME,
          FailureMark.NAME,
          "snapshots",
          INDEX,
          STATE,
          UNFINISHED_STATE,
          QUARANTINE);

  /** What this program makes where the log is. */
  private static final Set<String> LOG_NAMES =
      Set.of(
          LOCK,
          "identity",
          "identity.tmp",
          "vote.a",
          "vote.b",
          "journal",
          "ballast",
          "ballast.tmp",
          AuditFile.PATH,
          FailureMark.NAME,
          QUARANTINE);

  /** The root of a mounted file system has it; it is nobody's. */
  private static final String LOST_AND_FOUND = "lost+found";

  private final Path data;
  private final Path log;
  private final List<FileChannel> locks;
  private final FileDisk logDisk;
  private final FileDisk dataDisk;
  private final List<Path> unknownFiles;
  private @Nullable Identity identity;

  private DataDirectory(
      Path data,
      Path log,
      List<FileChannel> locks,
      FileDisk logDisk,
      FileDisk dataDisk,
      List<Path> unknownFiles,
      @Nullable Identity identity) {
    this.data = data;
    this.log = log;
    this.locks = locks;
    this.logDisk = logDisk;
    this.dataDisk = dataDisk;
    this.unknownFiles = unknownFiles;
    this.identity = identity;
  }

  /**
   * Opens the directory, or makes it, and locks it against a second process. A directory that is
   * refused is left as it was, but for a file {@code LOCK} in one of ours.
   *
   * @param log the separate place for the log, or null
   * @throws DirectoryRefusedException if another process holds it, if another program or a newer
   *     release wrote it, or if its parts do not belong together
   * @throws DiskFaultException if the disk fails
   */
  public static DataDirectory open(Path data, @Nullable Path log)
      throws DirectoryRefusedException, DiskFaultException {
    return open(data, log, true);
  }

  /**
   * Opens the directory, or makes it, and locks it against a second process, as above.
   *
   * @param syncing false makes every sync do nothing (P20). The caller then writes an identity that
   *     is {@linkplain Identity#markUnsafe marked}, which a start with syncs refuses from then on
   */
  public static DataDirectory open(Path data, @Nullable Path log, boolean syncing)
      throws DirectoryRefusedException, DiskFaultException {
    var logPath = log == null ? data : log;
    var separate = !logPath.toAbsolutePath().equals(data.toAbsolutePath());
    var unknown = new ArrayList<Path>();
    try {
      refuseForeign(data, !separate, unknown);
      if (separate) {
        refuseForeign(logPath, true, unknown);
        refuseMisplacedLog(data, logPath);
      }
      makeDirectory(data);
      if (separate) {
        makeDirectory(logPath);
      }
    } catch (IOException e) {
      throw fault(data, e);
    }
    var locks = new ArrayList<FileChannel>();
    try {
      lock(data, locks);
      if (separate) {
        lock(logPath, locks);
      }
      return openLocked(data, logPath, locks, unknown, syncing);
    } catch (DirectoryRefusedException | DiskFaultException e) {
      locks.forEach(DataDirectory::closeQuietly);
      throw e;
    }
  }

  private static DataDirectory openLocked(
      Path data, Path logPath, List<FileChannel> locks, List<Path> unknown, boolean syncing)
      throws DirectoryRefusedException, DiskFaultException {
    var logDisk = new FileDisk(logPath, "kvorum-journal", syncing);
    var dataDisk = new FileDisk(data, "kvorum-snapshot", syncing);
    try {
      var found = IdentityFile.read(logDisk);
      switch (found) {
        case IdentityFile.Found.Missing() -> {
          if (FoundingMark.isIn(data)) {
            FoundingMark.clear(data, logPath);
          } else if (dataDisk.exists(STATE) || !dataDisk.list("snapshots").isEmpty()) {
            throw new DirectoryRefusedException(
                "%s holds a state but no identity: was --wal-dir forgotten?".formatted(data));
          }
        }
        case IdentityFile.Found.Newer(var format) ->
            throw new DirectoryRefusedException(
                "%s was written by a newer release (format %d, this one knows up to %d); it was left"
                        .formatted(data, format, IdentityFile.FORMAT)
                    + " untouched");
        case IdentityFile.Found.Damaged() ->
            throw new DirectoryRefusedException(
                "%s: all three copies of identity are damaged; restore a backup".formatted(data));
        case IdentityFile.Found.Known(var known) -> {
          if (known.unsafe() && syncing) {
            throw new DirectoryRefusedException(
                "%s was once written with --unsafe-no-fsync and may lack what was acknowledged; start"
                        .formatted(data)
                    + " it with that flag again, or restore a backup");
          }
        }
      }
      return new DataDirectory(
          data, logPath, locks, logDisk, dataDisk, unknown, IdentityFile.orNull(found));
    } catch (DirectoryRefusedException | DiskFaultException e) {
      logDisk.close();
      dataDisk.close();
      throw e;
    } catch (IOException e) {
      logDisk.close();
      dataDisk.close();
      throw fault(data, e);
    }
  }

  /** Refuses a directory with content that is not ours; collects what is strange in one of ours. */
  private static void refuseForeign(Path directory, boolean holdsLog, List<Path> unknown)
      throws IOException, DirectoryRefusedException {
    if (!Files.exists(directory)) {
      return;
    }
    if (!Files.isDirectory(directory)) {
      throw new DirectoryRefusedException("%s is not a directory".formatted(directory));
    }
    var names = new ArrayList<String>();
    try (var entries = Files.list(directory)) {
      entries.map(entry -> String.valueOf(entry.getFileName())).sorted().forEach(names::add);
    }
    if (names.contains("member") && !names.contains("identity")) {
      throw new DirectoryRefusedException(
          "%s holds a directory member/, as etcd makes it; it was left untouched. Kvorum needs a"
                  .formatted(directory)
              + " directory of its own");
    }
    var strange = new ArrayList<String>();
    for (var name : names) {
      var ours = DATA_NAMES.contains(name) || (holdsLog && LOG_NAMES.contains(name));
      if (!ours && !name.equals(LOST_AND_FOUND)) {
        strange.add(name);
      }
    }
    var isOurs = names.contains(LOCK);
    if (!isOurs && !strange.isEmpty()) {
      throw new DirectoryRefusedException(
          "%s is not empty and was not made by Kvorum (it holds %s); it was left untouched"
              .formatted(directory, strange.getFirst()));
    }
    strange.forEach(name -> unknown.add(directory.resolve(name)));
  }

  /** With a separate log directory, the data directory must not hold a log as well. */
  private static void refuseMisplacedLog(Path data, Path log) throws DirectoryRefusedException {
    if (Files.exists(data.resolve("identity"))) {
      throw new DirectoryRefusedException(
          "%s holds a log of its own; it cannot be used with the log directory %s"
              .formatted(data, log));
    }
    var logIsNew = !Files.exists(log.resolve("identity"));
    if (logIsNew && Files.exists(data.resolve(STATE)) && !FoundingMark.isIn(data)) {
      throw new DirectoryRefusedException(
          "%s holds a state, but the log directory %s is empty: is it the right one?"
              .formatted(data, log));
    }
  }

  private static void makeDirectory(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      return;
    }
    var parent = directory.toAbsolutePath().getParent();
    if (parent != null && !Files.isDirectory(parent)) {
      makeDirectory(parent);
    }
    try {
      Files.createDirectory(directory, attributes(directory, "rwx------"));
    } catch (FileAlreadyExistsException _) {
      return;
    }
    if (parent != null) {
      try (var channel = FileChannel.open(parent, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  static FileAttribute<?>[] attributes(Path path, String mode) {
    return path.getFileSystem().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode))
        }
        : new FileAttribute<?>[0];
  }

  private static void lock(Path directory, List<FileChannel> locks)
      throws DirectoryRefusedException, DiskFaultException {
    var path = directory.resolve(LOCK);
    try {
      var channel =
          FileChannel.open(
              path,
              Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
              attributes(path, "rw-------"));
      locks.add(channel);
      FileLock lock = null;
      try {
        lock = channel.tryLock();
      } catch (OverlappingFileLockException _) {
        // Another server in this very process holds it.
      }
      if (lock == null) {
        throw new DirectoryRefusedException(
            "%s is in use by another process, which holds %s".formatted(directory, path));
      }
    } catch (IOException e) {
      throw fault(path, e);
    }
  }

  private static DiskFaultException fault(Path path, IOException cause) {
    return new DiskFaultException(DiskFault.ofWrite(path.toString(), cause));
  }

  /** Who the directory belongs to; null while it is new. */
  public @Nullable Identity identity() {
    return identity;
  }

  /**
   * Marks a new directory as unfinished, before anything else is written to it. If the identity is
   * never written, the next opening clears the directory.
   */
  public void beginFounding() throws DiskFaultException {
    try {
      FoundingMark.set(data);
    } catch (IOException e) {
      throw fault(data, e);
    }
  }

  /**
   * Makes the identity durable, in all its copies. For a new directory this is the last step, after
   * the vote files and the journal are in place.
   */
  public void writeIdentity(Identity newIdentity) throws DiskFaultException {
    IdentityFile.write(logDisk, newIdentity);
    identity = newIdentity;
    try {
      FoundingMark.remove(data);
    } catch (IOException e) {
      throw fault(data, e);
    }
  }

  /** The disk of the vote files and the journal, with a thread of its own. */
  public FileDisk logDisk() {
    return logDisk;
  }

  /** The disk of the snapshots, with a thread of its own. */
  public FileDisk dataDisk() {
    return dataDisk;
  }

  /** The directory as it was opened. */
  public Path data() {
    return data;
  }

  /** Where the log is: the same directory unless a separate one was given. */
  public Path log() {
    return log;
  }

  /** The directories that take a {@link FailureMark}: any of them may be on the disk that fails. */
  public Set<Path> roots() {
    return new LinkedHashSet<>(List.of(data, log));
  }

  /** Where the state store keeps its files. Not made by this class. */
  public Path state() {
    return data.resolve(STATE);
  }

  /**
   * Moves the state store's directory to quarantine, durably, so that a new one can be built. The
   * store must be closed. Of those set aside before only the newest is kept.
   *
   * @return where it lies now, or null if there was none
   */
  public @Nullable Path setStateAside() throws DiskFaultException {
    if (!dataDisk.exists(STATE)) {
      return null;
    }
    var before = statesSetAside();
    deleteAll(before.subList(0, Math.max(0, before.size() - (STATES_KEPT - 1))));
    var number = before.isEmpty() ? 1 : number(before.getLast()) + 1;
    var target = QUARANTINE + "/" + STATE + "-" + number;
    dataDisk.perform(
        List.of(
            new DiskOperation.MakeDirectory(QUARANTINE),
            new DiskOperation.Rename(STATE, target),
            new DiskOperation.SyncDirectory(QUARANTINE),
            new DiskOperation.SyncDirectory("")));
    return data.resolve(target);
  }

  /**
   * Deletes every store that was set aside, because the space is needed. Nothing is lost: whatever
   * they held is in a snapshot or in the log.
   *
   * @return false if there was none
   */
  public boolean deleteStatesSetAside() throws DiskFaultException {
    var all = statesSetAside();
    deleteAll(all);
    return !all.isEmpty();
  }

  /** The paths of the stores that were set aside, oldest first. */
  private List<String> statesSetAside() throws DiskFaultException {
    return dataDisk.list(QUARANTINE).stream()
        .filter(name -> name.matches(STATE + "-\\d{1,9}"))
        .map(name -> QUARANTINE + "/" + name)
        .sorted(Comparator.comparingInt(DataDirectory::number))
        .toList();
  }

  private static int number(String stateSetAside) {
    return Integer.parseInt(stateSetAside.substring(stateSetAside.lastIndexOf('-') + 1));
  }

  private void deleteAll(List<String> directories) throws DiskFaultException {
    for (var directory : directories) {
      try {
        FoundingMark.delete(data.resolve(directory));
      } catch (IOException e) {
        throw fault(data.resolve(directory), e);
      }
    }
  }

  /**
   * An empty place in which to rebuild the state store; what an earlier attempt left there is gone.
   * It becomes the state store by {@link #adoptRebuiltState}, so that {@link #state()} never holds
   * a half of one.
   */
  public Path freshStateToRebuild() throws DiskFaultException {
    deleteAll(List.of(UNFINISHED_STATE));
    return data.resolve(UNFINISHED_STATE);
  }

  /** The rebuilt store, synced and closed, becomes the state store, durably. */
  public void adoptRebuiltState() throws DiskFaultException {
    dataDisk.perform(
        List.of(
            new DiskOperation.Rename(UNFINISHED_STATE, STATE),
            new DiskOperation.SyncDirectory("")));
  }

  /** Files that this program did not put here; they are reported and never touched (P16). */
  public List<Path> unknownFiles() {
    return List.copyOf(unknownFiles);
  }

  /** Closes both disks and gives the locks back. */
  @Override
  public void close() {
    logDisk.close();
    dataDisk.close();
    locks.forEach(DataDirectory::closeQuietly);
  }

  private static void closeQuietly(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException _) {
      // The lock goes with the process at the latest.
    }
  }
}
