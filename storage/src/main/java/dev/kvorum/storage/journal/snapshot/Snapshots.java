package dev.kvorum.storage.journal.snapshot;

import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.Verdict;
import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskOperation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The directory {@code snapshots/}: files named {@code <term>-<index>.snap}, both in sixteen
 * hexadecimal digits. Every method blocks.
 */
public final class Snapshots {
  /** The directory, relative to the disk's root. */
  public static final String DIRECTORY = "snapshots";

  static final String UNFINISHED = ".tmp";
  private static final String QUARANTINE = "quarantine";
  private static final String SUFFIX = ".snap";

  private final Disk disk;

  /** Files that were never finished are deleted: nothing refers to them. */
  public Snapshots(Disk disk) throws DiskFaultException {
    this.disk = disk;
    var obsolete = new ArrayList<DiskOperation>();
    for (var name : disk.list(DIRECTORY)) {
      if (name.endsWith(SUFFIX + UNFINISHED)) {
        obsolete.add(new DiskOperation.Delete(DIRECTORY + "/" + name));
      }
    }
    disk.perform(obsolete);
  }

  static String path(EntryId position) {
    var hex = HexFormat.of();
    return DIRECTORY
        + "/"
        + hex.toHexDigits(position.term())
        + "-"
        + hex.toHexDigits(position.index())
        + SUFFIX;
  }

  /** The position that the name of a snapshot's path says. */
  public static EntryId position(String path) {
    var name = path.substring(path.length() - SUFFIX.length() - 33);
    return new EntryId(
        HexFormat.fromHexDigitsToLong(name, 0, 16), HexFormat.fromHexDigitsToLong(name, 17, 33));
  }

  /** Begins a new snapshot file. */
  public SnapshotWriter begin(SnapshotHeader header) throws DiskFaultException {
    return new SnapshotWriter(disk, header);
  }

  /** The positions of the snapshots that are there, newest first, not verified. */
  public List<EntryId> positions() throws DiskFaultException {
    return positions(disk);
  }

  private static List<EntryId> positions(Disk disk) throws DiskFaultException {
    var found = new ArrayList<EntryId>();
    for (var name : disk.list(DIRECTORY)) {
      if (name.matches("[0-7][0-9a-f]{15}-[0-7][0-9a-f]{15}\\.snap")) {
        found.add(position(name));
      }
    }
    found.sort(Comparator.comparingLong(EntryId::index).reversed());
    return found;
  }

  /** The size of the newest snapshot file, 0 if there is none. */
  public long newestBytes() throws DiskFaultException {
    var positions = positions();
    return positions.isEmpty() ? 0 : disk.size(path(positions.getFirst()));
  }

  /** Opens the snapshot; its header is verified. */
  public SnapshotReader open(EntryId position) throws DiskFaultException, SnapshotDamagedException {
    return SnapshotReader.open(disk, path(position));
  }

  /**
   * What reading every snapshot through to its end tells; changes nothing. One finding for each,
   * newest first.
   */
  public static List<Verdict> check(Disk disk) throws DiskFaultException {
    var verdicts = new ArrayList<Verdict>();
    for (var position : positions(disk)) {
      var path = path(position);
      try {
        var reader = SnapshotReader.open(disk, path);
        reader.drain();
        verdicts.add(
            reader.header().position().equals(position)
                ? Verdict.of(Verdict.Kind.SOUND, path, "revision " + reader.header().revision())
                : Verdict.of(Verdict.Kind.ROT, path, "is of another position than its name says"));
      } catch (SnapshotDamagedException e) {
        verdicts.add(Verdict.of(Verdict.Kind.ROT, path, String.valueOf(e.getMessage())));
      } catch (DiskFaultException e) {
        verdicts.add(Verdict.of(Verdict.Kind.ROT, path, e.fault().message()));
      }
    }
    return verdicts;
  }

  /**
   * The newest snapshot that is whole, read through to its end, or null if there is none. One that
   * is damaged goes to quarantine and {@code report} gets a line.
   */
  public @Nullable SnapshotHeader newestWhole(Consumer<String> report) throws DiskFaultException {
    for (var position : positions()) {
      try {
        var reader = open(position);
        reader.drain();
        if (reader.header().position().equals(position)) {
          return reader.header();
        }
        report.accept("snapshot " + path(position) + " is of another position than its name says");
      } catch (SnapshotDamagedException e) {
        report.accept(e.getMessage() + "; it was set aside");
      }
      setAside(position);
    }
    return null;
  }

  private void setAside(EntryId position) throws DiskFaultException {
    var path = path(position);
    disk.perform(
        List.of(
            new DiskOperation.MakeDirectory(QUARANTINE),
            new DiskOperation.Rename(path, QUARANTINE + path.substring(DIRECTORY.length())),
            new DiskOperation.SyncDirectory(QUARANTINE),
            new DiskOperation.SyncDirectory(DIRECTORY),
            new DiskOperation.SyncDirectory("")));
  }

  /**
   * Deletes every snapshot below the position. Legal only when the mark of that position is durable
   * and its file was read back whole (P11).
   */
  public void deleteBelow(EntryId position) throws DiskFaultException {
    var operations = new ArrayList<DiskOperation>();
    for (var each : positions()) {
      if (each.index() < position.index()) {
        operations.add(new DiskOperation.Delete(path(each)));
      }
    }
    if (!operations.isEmpty()) {
      operations.add(new DiskOperation.SyncDirectory(DIRECTORY));
      disk.perform(operations);
    }
  }
}
