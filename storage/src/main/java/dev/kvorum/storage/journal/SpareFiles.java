package dev.kvorum.storage.journal;

import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskOperation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The files that wait to become segments, and the ballast (P1, P15).
 *
 * <p>A file is filled with zeros once, slice by slice, each slice synced, so that writing a batch
 * into it later changes no metadata and its sync has nothing else to write. It gets its name when
 * it is filled; what has a name ending in {@code .tmp} was not. A released segment is renamed to a
 * spare and used again without being cleared: its sectors carry the old segment number. The ballast
 * only has to own its space, so where the file system can reserve that, nothing is written.
 *
 * <p>This class says what to do next and is told when it is done; {@link Journal} brings it to the
 * disk.
 */
final class SpareFiles {
  private static final String PREFIX = "spare-";
  private static final String UNFINISHED = ".tmp";
  private static final String BALLAST = "ballast";

  /** So much more than a slice of a segment is one of the ballast, which is rarely written. */
  private static final int BALLAST_SLICES = 4;

  /** A filled file. */
  record Spare(String path, int sectorCount) {}

  /** A file that is being filled. */
  static final class Filling {
    private final String path;
    private final String directory;
    private long bytes;
    private long done;

    private Filling(String path, String directory, long bytes) {
      this.path = path;
      this.directory = directory;
      this.bytes = bytes;
    }

    /** How much of the file is filled, in {@code [0, 1]}. */
    double fraction() {
      return (double) done / bytes;
    }
  }

  private final JournalOptions options;
  private final List<Spare> spares = new ArrayList<>();
  private @Nullable Filling nextSegment;
  private @Nullable Filling ballast;
  private boolean ballastThere;
  private long lastNumber;

  private SpareFiles(JournalOptions options) {
    this.options = options;
  }

  /** Finds the spare files; unfinished ones are deleted, which only this class can have made. */
  static SpareFiles open(Disk disk, JournalOptions options) throws DiskFaultException {
    var found = new SpareFiles(options);
    var obsolete = new ArrayList<DiskOperation>();
    for (var name : disk.list(SegmentFile.DIRECTORY)) {
      var path = SegmentFile.DIRECTORY + "/" + name;
      if (name.matches(PREFIX + "\\d+" + UNFINISHED.replace(".", "\\."))) {
        obsolete.add(new DiskOperation.Delete(path));
      } else if (name.matches(PREFIX + "\\d+")) {
        found.lastNumber =
            Math.max(found.lastNumber, Long.parseLong(name.substring(PREFIX.length())));
        found.spares.add(new Spare(path, (int) (disk.size(path) / Sector.BYTES)));
      }
    }
    if (disk.exists(BALLAST + UNFINISHED)) {
      obsolete.add(new DiskOperation.Delete(BALLAST + UNFINISHED));
    }
    found.ballastThere = disk.exists(BALLAST);
    if (!obsolete.isEmpty()) {
      disk.perform(obsolete);
    }
    return found;
  }

  /** The size of the ballast, and of what is there of one that is being filled. */
  static long ballastBytes(Disk disk) throws DiskFaultException {
    var bytes = 0L;
    for (var path : List.of(BALLAST, BALLAST + UNFINISHED)) {
      if (disk.exists(path)) {
        bytes += disk.size(path);
      }
    }
    return bytes;
  }

  /**
   * Deletes the ballast, durably; false if there was none. For a start that finds no space before
   * there is a journal that could do it.
   */
  static boolean giveUpBallast(Disk disk) throws DiskFaultException {
    if (ballastBytes(disk) == 0) {
      return false;
    }
    disk.perform(
        List.of(
            new DiskOperation.Delete(BALLAST + UNFINISHED),
            new DiskOperation.Delete(BALLAST),
            new DiskOperation.SyncDirectory("")));
    return true;
  }

  /** The smallest spare file with this many sectors, or null. */
  @Nullable Spare fitting(int sectors) {
    Spare best = null;
    for (var spare : spares) {
      if (spare.sectorCount >= sectors && (best == null || spare.sectorCount < best.sectorCount)) {
        best = spare;
      }
    }
    return best;
  }

  /** The spare file has become a segment. */
  void taken(Spare spare) {
    spares.remove(spare);
  }

  /** Whether a released segment of this size is worth keeping, and not one too many. */
  boolean wants(int sectorCount) {
    return spares.size() < options.spareSegments()
        && (long) sectorCount * Sector.BYTES * 4 >= options.segmentBytes();
  }

  /** A name for a released segment. */
  Spare adopt(int sectorCount) {
    lastNumber++;
    return new Spare(SegmentFile.DIRECTORY + "/" + PREFIX + lastNumber, sectorCount);
  }

  /** The released segment has got its name. */
  void adopted(Spare spare) {
    spares.add(spare);
  }

  boolean isEmpty() {
    return spares.isEmpty();
  }

  boolean hasBallast() {
    return ballastThere;
  }

  /** The file for the next segment: four times as large as the current one, if it begins now. */
  Filling nextSegment(int currentSectors) {
    var filling = nextSegment;
    if (filling == null) {
      var bytes =
          Math.clamp(
              4L * currentSectors * Sector.BYTES,
              options.firstSegmentBytes(),
              options.segmentBytes());
      lastNumber++;
      filling =
          new Filling(
              SegmentFile.DIRECTORY + "/" + PREFIX + lastNumber, SegmentFile.DIRECTORY, bytes);
      nextSegment = filling;
    }
    return filling;
  }

  /** The ballast, which is not there yet. */
  Filling ballast() {
    var filling = ballast;
    if (filling == null) {
      filling = new Filling(BALLAST, "", options.ballastBytes());
      ballast = filling;
    }
    return filling;
  }

  /**
   * The file for the next segment when a batch waits for it with this many sectors: what is filled
   * becomes a segment of the size that it has, if that is enough; otherwise filling goes on until
   * it is.
   */
  Filling urgentSegment(int sectors) {
    var filling = nextSegment(0);
    var least = Math.max((long) sectors * Sector.BYTES, options.firstSegmentBytes());
    filling.bytes = Math.max(least, filling.done);
    return filling;
  }

  /** The next slice of the file, with its name if it is the last one. */
  List<DiskOperation> slice(Filling filling) {
    var operations = new ArrayList<DiskOperation>();
    var unfinished = filling.path + UNFINISHED;
    if (filling.done == 0) {
      operations.add(new DiskOperation.Delete(unfinished));
      operations.add(new DiskOperation.Create(unfinished));
    }
    var length = nextSlice(filling);
    if (length > 0) {
      operations.add(
          filling == ballast
              ? new DiskOperation.Reserve(unfinished, filling.done, length)
              : new DiskOperation.WriteZeros(unfinished, filling.done, length));
      operations.add(new DiskOperation.Sync(unfinished));
    }
    if (filling.done + length == filling.bytes) {
      operations.add(new DiskOperation.Rename(unfinished, filling.path));
      operations.add(new DiskOperation.SyncDirectory(filling.directory));
    }
    return operations;
  }

  private long nextSlice(Filling filling) {
    var slice = (long) options.sliceBytes() * (filling == ballast ? BALLAST_SLICES : 1);
    return Math.min(slice, filling.bytes - filling.done);
  }

  /** The slice is on the disk; true if the file is complete. */
  boolean sliced(Filling filling) {
    filling.done += nextSlice(filling);
    if (filling.done < filling.bytes) {
      return false;
    }
    if (filling == ballast) {
      ballast = null;
      ballastThere = true;
    } else {
      nextSegment = null;
      spares.add(new Spare(filling.path, (int) (filling.bytes / Sector.BYTES)));
    }
    return true;
  }

  /** There is no space: what gives back that of unfinished files and of the ballast. */
  List<DiskOperation> giveUp() {
    var operations = new ArrayList<DiskOperation>();
    if (nextSegment != null) {
      operations.add(new DiskOperation.Delete(nextSegment.path + UNFINISHED));
      nextSegment = null;
    }
    operations.add(new DiskOperation.Delete(BALLAST + UNFINISHED));
    operations.add(new DiskOperation.Delete(BALLAST));
    ballast = null;
    ballastThere = false;
    operations.add(new DiskOperation.SyncDirectory(SegmentFile.DIRECTORY));
    operations.add(new DiskOperation.SyncDirectory(""));
    return operations;
  }
}
