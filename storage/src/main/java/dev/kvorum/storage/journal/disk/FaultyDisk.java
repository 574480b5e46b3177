package dev.kvorum.storage.journal.disk;

import dev.kvorum.storage.model.InvariantViolation;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Files in memory on a disk that can be cut off at any moment and can fail in every way that disks
 * do. Deterministic: no thread, no clock, and what it draws comes from the seed. Used by one
 * thread.
 *
 * <p>Each file has the content that a reader finds, the content on the medium, and the sectors
 * written since its last sync ({@link FileImage}); the directories likewise have their names, their
 * durable names, and the changes since their last sync. {@link #crash} lets a {@link Survival}
 * decide what of the un-synced reached the medium. So a file may be there whole without its name, a
 * name without content, the third sector of a write without the first. {@link CrashPolicy} has the
 * survivals worth trying.
 *
 * <p>Submitted work waits until {@link #step} performs it, one operation at a time; a test or a
 * simulator crashes between any two of them, and decides how long each takes. A {@link FaultPlan}
 * decides what goes wrong with it. Damage to what lies on the medium is done by {@link #damage} and
 * its like.
 *
 * <p>An operation costs as much as the sectors that it touches; a crash costs a few bytes for each
 * sector of each file, and copies no content.
 */
public final class FaultyDisk implements Disk {
  /** The unit in which writes survive. */
  public static final int SECTOR_BYTES = FileImage.SECTOR_BYTES;

  private record Submitted(List<DiskOperation> operations, Completion completion) {}

  private final SplittableRandom random;
  private final NavigableMap<String, FileImage> names = new TreeMap<>();
  private final NavigableMap<String, FileImage> durableNames = new TreeMap<>();
  private final List<NameChange> unsyncedNames = new ArrayList<>();
  private final ArrayDeque<Submitted> submitted = new ArrayDeque<>();
  private final Map<FaultKind, Long> happened = new EnumMap<>(FaultKind.class);
  private int positionInFirst;
  private long sequence;
  private long performed;
  private long usedBytes;
  private long spaceBytes = Long.MAX_VALUE;
  private boolean lying;
  private boolean readsPastCache = true;
  private FaultPlan plan = FaultPlan.NONE;
  private Predicate<DiskOperation> failing = _ -> false;

  /** A disk whose faults draw from seed 0. */
  public FaultyDisk() {
    this(0);
  }

  /**
   * @param seed what is drawn from when a fault has a choice: which sector, which bit, which noise
   */
  public FaultyDisk(long seed) {
    random = new SplittableRandom(seed);
  }

  // What happens to it.

  /** From now on this decides what goes wrong. */
  public void plan(FaultPlan newPlan) {
    plan = newPlan;
  }

  /**
   * From now on operations that the predicate picks fail and change nothing: not even what a crash
   * would decide about.
   */
  public void failOn(Predicate<DiskOperation> predicate) {
    failing = predicate;
  }

  /** How many bytes all files together may have. */
  public void limitSpace(long bytes) {
    spaceBytes = bytes;
  }

  /** From now on syncs succeed without making anything durable, or no longer do. */
  public void lie(boolean lies) {
    lying = lies;
  }

  /** Whether there are reads past the cache, as with O_DIRECT. */
  public void readsPastCache(boolean possible) {
    readsPastCache = possible;
  }

  /** Whether there are reads past the cache. */
  public boolean readsPastCache() {
    return readsPastCache;
  }

  /** Readers find what is on the medium; writes that no sync has failed for are still there. */
  public void dropCache() {
    usedBytes = 0;
    for (var image : names.values()) {
      image.dropCache();
      usedBytes += image.size();
    }
  }

  /**
   * Damages a sector on the medium, for readers as well.
   *
   * @param kind {@link FaultKind#FLIPPED_BIT}, {@link FaultKind#ZEROED_SECTOR}, {@link
   *     FaultKind#GARBLED_SECTOR} or {@link FaultKind#STALE_READ}, which brings the content before
   *     the last write back for good
   * @param sector the number of the sector in the file
   */
  public void damage(FaultKind kind, String path, int sector) {
    var image = InvariantViolation.present(names.get(path), "only a file can be damaged");
    image.damage(sector, spoiled(kind, image, sector));
    happened.merge(kind, 1L, Long::sum);
  }

  /** Exchanges two sectors on the medium. */
  public void exchange(String path, int sector, String otherPath, int otherSector) {
    var one = InvariantViolation.present(names.get(path), "only a file can be damaged");
    var other = InvariantViolation.present(names.get(otherPath), "only a file can be damaged");
    var kept = one.sector((long) sector * SECTOR_BYTES, false);
    one.damage(sector, other.sector((long) otherSector * SECTOR_BYTES, false));
    other.damage(otherSector, kept);
  }

  /** Shortens a file on the medium. */
  public void truncate(String path, long bytes) {
    var image = InvariantViolation.present(names.get(path), "only a file can be damaged");
    usedBytes -= Math.max(0, image.size() - bytes);
    image.truncate(Math.min(bytes, image.size()));
  }

  private byte[] spoiled(FaultKind kind, FileImage image, int sector) {
    var content = image.sector((long) sector * SECTOR_BYTES, kind == FaultKind.STALE_READ);
    switch (kind) {
      case FLIPPED_BIT -> content[random.nextInt(SECTOR_BYTES)] ^= (byte) (1 << random.nextInt(8));
      case ZEROED_SECTOR -> content = new byte[SECTOR_BYTES];
      case GARBLED_SECTOR -> random.nextBytes(content);
      case STALE_READ -> {}
      case WRITE_ERROR,
          READ_ERROR,
          SYNC_ERROR_PAGES_CLEAN,
          SYNC_ERROR_OLD_CONTENT,
          NO_SPACE,
          LOST_WRITE,
          MISDIRECTED_WRITE,
          MISDIRECTED_READ,
          LYING_SYNC,
          SHORT_READ ->
          throw new IllegalArgumentException(kind + " damages no sector");
    }
    return content;
  }

  /** A disk with the same files, all durable: what a copy made now would hold. */
  public FaultyDisk copy() {
    var copy = new FaultyDisk();
    names.forEach((path, image) -> copy.adopt(path, copyOf(image)));
    copy.spaceBytes = spaceBytes;
    return copy;
  }

  private static FileImage copyOf(FileImage image) {
    return image == NameChange.DIRECTORY ? image : image.copy();
  }

  private void adopt(String path, FileImage image) {
    names.put(path, image);
    durableNames.put(path, image);
    usedBytes += image.size();
  }

  /** Puts a durable file in place. */
  public void put(String path, byte[] bytes) {
    var directory = NameChange.directoryOf(path);
    if (!directory.isEmpty()) {
      adopt(directory, NameChange.DIRECTORY);
    }
    var replaced = names.get(path);
    usedBytes -= replaced == null ? 0 : replaced.size();
    adopt(path, FileImage.of(bytes));
  }

  /** The disk as it is found after the power was cut now; this one stays as it is. */
  public FaultyDisk crash(Survival survival) {
    var survived = new TreeMap<String, FileImage>(durableNames);
    var order = 0;
    for (var change : unsyncedNames) {
      if (survival.name(order++, unsyncedNames.size())) {
        change.applyTo(survived);
      }
    }
    var found = new IdentityHashMap<FileImage, FileImage>();
    for (var image : survived.values()) {
      found.put(image, image == NameChange.DIRECTORY ? image : image.found(survival.size()));
    }
    persist(survival, found);
    var disk = new FaultyDisk();
    disk.spaceBytes = spaceBytes;
    survived.forEach(
        (path, image) -> {
          var directory = NameChange.directoryOf(path);
          if (directory.isEmpty() || survived.containsKey(directory)) {
            disk.adopt(path, Objects.requireNonNull(found.get(image)));
          }
        });
    return disk;
  }

  private void persist(Survival survival, IdentityHashMap<FileImage, FileImage> found) {
    var writes = unsyncedWrites();
    var fates = new Survival.Sector[writes.size()];
    for (var i = 0; i < fates.length; i++) {
      fates[i] = survival.sector(i, fates.length);
    }
    for (var i = 0; i < fates.length; i++) {
      var next = survival.reversed() ? fates.length - 1 - i : i;
      var image = found.get(writes.get(next).file);
      if (image != null) {
        image.keep(writes.get(next), fates[next], survival.size());
      }
    }
  }

  /** Every un-synced sector of the disk, oldest write first. */
  private List<FileImage.SectorWrite> unsyncedWrites() {
    var writes = new ArrayList<FileImage.SectorWrite>();
    var seen = new IdentityHashMap<FileImage, Boolean>();
    for (var image : names.values()) {
      collect(image, seen, writes);
    }
    for (var image : durableNames.values()) {
      collect(image, seen, writes);
    }
    for (var change : unsyncedNames) {
      switch (change) {
        case NameChange.Put(_, var image) -> collect(image, seen, writes);
        case NameChange.Moved(_, _, var image) -> collect(image, seen, writes);
        case NameChange.Gone _ -> {}
      }
    }
    writes.sort(Comparator.comparingLong(write -> write.sequence));
    return writes;
  }

  private static void collect(
      FileImage image,
      IdentityHashMap<FileImage, Boolean> seen,
      List<FileImage.SectorWrite> writes) {
    if (!image.unsynced().isEmpty() && seen.put(image, true) == null) {
      writes.addAll(image.unsynced());
    }
  }

  // What may be asked of it.

  /** How many operations were performed, submitted ones and others. */
  public long performed() {
    return performed;
  }

  /** How often something of this kind went wrong. */
  public long happened(FaultKind kind) {
    return happened.getOrDefault(kind, 0L);
  }

  /** How many sector writes a crash now would decide about. */
  public int unsyncedSectors() {
    return unsyncedWrites().size();
  }

  /** How many changes of directories a crash now would decide about. */
  public int unsyncedNames() {
    return unsyncedNames.size();
  }

  /**
   * Whether these bytes of the file would be found, under its name and as a reader finds them now,
   * if the power was cut and nothing survived that no sync has made durable.
   *
   * @param from the first byte
   * @param to the byte behind the last one
   */
  public boolean survivesPowerCut(String path, long from, long to) {
    var image = names.get(path);
    return image != null && durableNames.get(path) == image && image.isOnMedium(from, to);
  }

  /** The paths of all files, sorted. */
  public List<String> files() {
    return names.entrySet().stream()
        .filter(name -> name.getValue() != NameChange.DIRECTORY)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** A copy of what a reader finds; empty if there is no such file. */
  public byte[] content(String path) {
    var image = names.get(path);
    if (image == null) {
      return new byte[0];
    }
    var content = ByteBuffer.allocate(Math.toIntExact(image.size()));
    image.read(0, content);
    return content.array();
  }

  // The port.

  @Override
  public void submit(List<DiskOperation> operations, Completion completion) {
    submitted.add(new Submitted(operations, completion));
  }

  /** The operation that {@link #step} would perform, or null if none waits or a list is empty. */
  public @Nullable DiskOperation next() {
    var first = submitted.peek();
    return first == null || first.operations.isEmpty()
        ? null
        : first.operations.get(positionInFirst);
  }

  /** Performs the next operation that was submitted; false if there is none. */
  public boolean step() {
    var first = submitted.peek();
    if (first == null) {
      return false;
    }
    var fault =
        positionInFirst < first.operations.size()
            ? performOne(first.operations.get(positionInFirst))
            : null;
    if (fault != null || positionInFirst + 1 >= first.operations.size()) {
      DiskResult result =
          fault == null ? new DiskResult.Done() : new DiskResult.Failed(positionInFirst, fault);
      submitted.remove();
      positionInFirst = 0;
      first.completion.completed(result);
    } else {
      positionInFirst++;
    }
    return true;
  }

  /**
   * Who submitted has died: what was performed of its operations stays, the rest never happens. A
   * process takes its system calls with it, so the next one never meets them.
   */
  public void forgetSubmitted() {
    submitted.clear();
    positionInFirst = 0;
  }

  @Override
  public void perform(List<DiskOperation> operations) throws DiskFaultException {
    for (var operation : operations) {
      var fault = performOne(operation);
      if (fault != null) {
        throw new DiskFaultException(fault);
      }
    }
  }

  private @Nullable DiskFault performOne(DiskOperation operation) {
    performed++;
    if (failing.test(operation)) {
      var syncs =
          operation instanceof DiskOperation.Sync
              || operation instanceof DiskOperation.SyncDirectory;
      return new DiskFault(
          syncs ? DiskFault.Kind.SYNC : DiskFault.Kind.WRITE, operation.path(), "fault on command");
    }
    var planned = plan.operation(operation);
    var kind = planned != null && planned.appliesTo(operation) ? planned : null;
    if (kind != null) {
      happened.merge(kind, 1L, Long::sum);
    }
    return switch (operation) {
      case DiskOperation.MakeDirectory(var path) -> makeDirectory(path, kind);
      case DiskOperation.Create(var path) -> create(path, kind);
      case DiskOperation.WriteZeros(var path, var offset, var length) ->
          write(path, offset, length, null, kind);
      case DiskOperation.Reserve(var path, var offset, var length) ->
          write(path, offset, length, null, kind);
      case DiskOperation.Write(var path, var offset, var content) ->
          write(path, offset, content.remaining(), content.duplicate(), kind);
      case DiskOperation.Sync(var path) -> sync(path, kind);
      case DiskOperation.SyncDirectory(var path) -> syncDirectory(path, kind);
      case DiskOperation.Rename(var path, var target) -> rename(path, target, kind);
      case DiskOperation.Delete(var path) -> delete(path, kind);
    };
  }

  /** The fault that a call meets which fails as a whole, or null if it does not fail. */
  private static @Nullable DiskFault failure(String path, @Nullable FaultKind kind) {
    if (kind == FaultKind.WRITE_ERROR) {
      return new DiskFault(DiskFault.Kind.WRITE, path, "fault on command");
    }
    if (kind == FaultKind.NO_SPACE) {
      return new DiskFault(DiskFault.Kind.NO_SPACE, path, "no space on command");
    }
    return null;
  }

  private @Nullable DiskFault makeDirectory(String path, @Nullable FaultKind kind) {
    var fault = failure(path, kind);
    if (fault == null && !names.containsKey(path)) {
      change(new NameChange.Put(path, NameChange.DIRECTORY));
    }
    return fault;
  }

  private @Nullable DiskFault create(String path, @Nullable FaultKind kind) {
    var fault = failure(path, kind);
    if (fault != null) {
      return fault;
    }
    if (names.containsKey(path)) {
      return new DiskFault(DiskFault.Kind.WRITE, path, "file exists");
    }
    if (!hasDirectory(path)) {
      return new DiskFault(DiskFault.Kind.WRITE, path, "no such directory");
    }
    change(new NameChange.Put(path, new FileImage()));
    return null;
  }

  private boolean hasDirectory(String path) {
    var directory = NameChange.directoryOf(path);
    return directory.isEmpty() || names.get(directory) == NameChange.DIRECTORY;
  }

  private void change(NameChange change) {
    change.applyTo(names);
    unsyncedNames.add(change);
  }

  /**
   * @param content what to write, null for zeros
   */
  private @Nullable DiskFault write(
      String path,
      long offset,
      long length,
      @Nullable ByteBuffer content,
      @Nullable FaultKind kind) {
    var image = names.get(path);
    if (image == null || image == NameChange.DIRECTORY) {
      return new DiskFault(DiskFault.Kind.WRITE, path, "no such file");
    }
    var fault = failure(path, kind);
    var grows = Math.max(0, offset + length - image.size());
    if (fault == null && grows > spaceBytes - usedBytes) {
      happened.merge(FaultKind.NO_SPACE, 1L, Long::sum);
      fault = failure(path, FaultKind.NO_SPACE);
    }
    var first = sequence;
    if (fault == null) {
      usedBytes += grows;
      sequence =
          content == null
              ? image.writeZeros(first, offset, length)
              : image.write(first, offset, content);
    } else if (kind == FaultKind.WRITE_ERROR && content != null && grows == 0) {
      // A part of it may be there: nobody says which.
      var part = random.nextInt((int) length / SECTOR_BYTES + 1) * SECTOR_BYTES;
      sequence = image.write(first, offset, content.limit(content.position() + part));
    }
    if (kind == FaultKind.LOST_WRITE) {
      image.lose(first);
    } else if (kind == FaultKind.MISDIRECTED_WRITE) {
      image.misdirect(first, 1 + random.nextInt(64));
    }
    return fault;
  }

  private @Nullable DiskFault sync(String path, @Nullable FaultKind kind) {
    var image = names.get(path);
    if (image == null || image == NameChange.DIRECTORY) {
      return new DiskFault(DiskFault.Kind.SYNC, path, "no such file");
    }
    if (kind == FaultKind.SYNC_ERROR_PAGES_CLEAN) {
      image.failSyncWithCleanPages(random);
    } else if (kind == FaultKind.SYNC_ERROR_OLD_CONTENT) {
      usedBytes -= image.size();
      image.failSyncWithOldContent();
      usedBytes += image.size();
    } else {
      if (!lying && kind != FaultKind.LYING_SYNC) {
        image.sync();
      }
      return null;
    }
    return new DiskFault(DiskFault.Kind.SYNC, path, "fault on command");
  }

  private @Nullable DiskFault syncDirectory(String path, @Nullable FaultKind kind) {
    if (kind == FaultKind.SYNC_ERROR_PAGES_CLEAN) {
      return new DiskFault(DiskFault.Kind.SYNC, path, "fault on command");
    }
    if (!path.isEmpty() && names.get(path) != NameChange.DIRECTORY) {
      return new DiskFault(DiskFault.Kind.SYNC, path, "no such directory");
    }
    if (!lying && kind != FaultKind.LYING_SYNC && !unsyncedNames.isEmpty()) {
      unsyncedNames.removeIf(
          change -> {
            var concerned = change.directory().equals(path);
            if (concerned) {
              change.applyTo(durableNames);
            }
            return concerned;
          });
    }
    return null;
  }

  private @Nullable DiskFault rename(String path, String target, @Nullable FaultKind kind) {
    var fault = failure(path, kind);
    if (fault != null) {
      return fault;
    }
    var image = names.get(path);
    if (image == null || !hasDirectory(target)) {
      return new DiskFault(DiskFault.Kind.WRITE, path, "no such file or directory");
    }
    var replaced = names.get(target);
    usedBytes -= replaced == null ? 0 : replaced.size();
    change(new NameChange.Moved(path, target, image));
    return null;
  }

  private @Nullable DiskFault delete(String path, @Nullable FaultKind kind) {
    var fault = failure(path, kind);
    var image = names.get(path);
    if (fault == null && image != null) {
      usedBytes -= image.size();
      change(new NameChange.Gone(path));
    }
    return fault;
  }

  @Override
  public int read(String path, long offset, ByteBuffer target) throws DiskFaultException {
    var image = names.get(path);
    if (image == null || image == NameChange.DIRECTORY) {
      throw new DiskFaultException(new DiskFault(DiskFault.Kind.READ, path, "no such file"));
    }
    var planned = plan.read(path, offset, target.remaining());
    var kind = planned != null && planned.appliesToReads() ? planned : null;
    if (kind == null) {
      return image.read(offset, target);
    }
    happened.merge(kind, 1L, Long::sum);
    return switch (kind) {
      case READ_ERROR ->
          throw new DiskFaultException(
              new DiskFault(DiskFault.Kind.READ, path, "fault on command"));
      case SHORT_READ -> {
        var part = target.slice();
        part.limit(random.nextInt(target.remaining() + 1));
        var size = image.read(offset, part);
        target.position(target.position() + size);
        yield size;
      }
      case MISDIRECTED_READ -> {
        var shift = SECTOR_BYTES * (1L + random.nextInt(64));
        yield image.read(offset >= shift ? offset - shift : offset + shift, target);
      }
      default -> readSpoiled(kind, image, offset, target);
    };
  }

  /** Reads with one of the sectors, or a bit in it, not as it should be. */
  private int readSpoiled(FaultKind kind, FileImage image, long offset, ByteBuffer target) {
    var start = target.position();
    var size = image.read(offset, target);
    if (size > 0) {
      var at = offset + random.nextInt(size);
      var sector = Math.toIntExact(at / SECTOR_BYTES);
      var bad = spoiled(kind, image, sector);
      var from = Math.max(offset, (long) sector * SECTOR_BYTES);
      var to = Math.min(offset + size, (sector + 1L) * SECTOR_BYTES);
      target.put(
          start + (int) (from - offset), bad, (int) (from % SECTOR_BYTES), (int) (to - from));
    }
    return size;
  }

  @Override
  public @Nullable Disk pastCache(String path) {
    return readsPastCache ? new PastCache(this) : null;
  }

  /** The same disk, read past the cache. */
  private static final class PastCache extends ForwardingDisk {
    private final FaultyDisk disk;

    PastCache(FaultyDisk disk) {
      super(disk);
      this.disk = disk;
    }

    @Override
    public int read(String path, long offset, ByteBuffer target) throws DiskFaultException {
      var image = disk.names.get(path);
      if (image == null) {
        throw new DiskFaultException(new DiskFault(DiskFault.Kind.READ, path, "no such file"));
      }
      return image.pastCache().read(offset, target);
    }
  }

  @Override
  public List<String> list(String directory) {
    return MemoryDisk.names(names, directory);
  }

  @Override
  public boolean exists(String path) {
    return names.containsKey(path);
  }

  @Override
  public long size(String path) {
    var image = names.get(path);
    return image == null ? 0 : image.size();
  }

  @Override
  public long usableBytes() {
    return spaceBytes - usedBytes;
  }

  @Override
  public void close() {
    // Nothing is held.
  }
}
