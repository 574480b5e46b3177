package dev.kvorum.storage.journal.disk;

import dev.kvorum.storage.model.Bytes;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Files in memory on a disk that can be cut off at any moment and can fail on command.
 *
 * <p>Each file has the content that a reader sees and the content that is durable, and a list of
 * the sectors written since its last sync; the directory likewise has its names, its durable names,
 * and the changes since its last sync. {@link #crash} lets a {@link Survival} decide, sector by
 * sector and name by name, what of the un-synced reached the disk. So a file may be there whole
 * without its name, a name without content, the third sector of a write without the first.
 *
 * <p>Submitted work waits until {@link #step} performs it, one operation at a time, which is where
 * a test crashes between any two of them. Used by one thread.
 */
public final class FaultyDisk implements Disk {
  private static final int SECTOR_BYTES = 512;

  /** Decides at a crash what of the un-synced is on the disk. */
  public interface Survival {
    /** What became of one sector that was written and not synced. */
    enum Sector {
      KEPT,
      GONE,
      /** The first half is the new one, the second half is what was there before. */
      SHORN
    }

    /**
     * One sector.
     *
     * @param order its place among all un-synced sector writes of the disk, oldest first
     * @param count how many there are
     */
    Sector sector(int order, int count);

    /** Whether a change of a directory survives; {@code order} and {@code count} as for sectors. */
    boolean name(int order, int count);

    /**
     * Whether the new size of a file survives; without it everything behind the old one is gone.
     */
    boolean size();
  }

  /** A file's content, whatever it is called. */
  private static final class Content {
    byte[] live = {};
    byte[] durable = {};
    final List<SectorWrite> unsynced = new ArrayList<>();
  }

  private record SectorWrite(long sequence, int at, Bytes bytes) {}

  private record Submitted(List<DiskOperation> operations, Completion completion) {}

  /** A change of a directory that is not synced. */
  private sealed interface NameChange {
    String directory();

    void applyTo(NavigableMap<String, Content> names);
  }

  private record Put(String path, Content content) implements NameChange {
    @Override
    public String directory() {
      return directoryOf(path);
    }

    @Override
    public void applyTo(NavigableMap<String, Content> names) {
      names.put(path, content);
    }
  }

  private record Moved(String path, String target, Content content) implements NameChange {
    @Override
    public String directory() {
      return directoryOf(path);
    }

    @Override
    public void applyTo(NavigableMap<String, Content> names) {
      names.remove(path);
      names.put(target, content);
    }
  }

  private record Gone(String path) implements NameChange {
    @Override
    public String directory() {
      return directoryOf(path);
    }

    @Override
    public void applyTo(NavigableMap<String, Content> names) {
      names.remove(path);
    }
  }

  private final NavigableMap<String, Content> names = new TreeMap<>();
  private final NavigableMap<String, Content> durableNames = new TreeMap<>();
  private final List<NameChange> unsyncedNames = new ArrayList<>();
  private final ArrayDeque<Submitted> submitted = new ArrayDeque<>();
  private int positionInFirst;
  private long sequence;
  private long performed;
  private long spaceBytes = Long.MAX_VALUE;
  private boolean lying;
  private Predicate<DiskOperation> failing = _ -> false;

  /** How many operations were performed, submitted ones and others. */
  public long performed() {
    return performed;
  }

  /** From now on operations that the predicate picks fail, and change nothing. */
  public void failOn(Predicate<DiskOperation> predicate) {
    failing = predicate;
  }

  /** How many bytes all files together may have. */
  public void limitSpace(long bytes) {
    spaceBytes = bytes;
  }

  /** From now on syncs succeed without making anything durable. */
  public void lie() {
    lying = true;
  }

  /** A disk with the same files, all durable: what a copy made now would hold. */
  public FaultyDisk copy() {
    var copy = new FaultyDisk();
    names.forEach((path, content) -> copy.put(path, content.live));
    return copy;
  }

  /** Puts a durable file in place. */
  public void put(String path, byte[] bytes) {
    var content = new Content();
    content.live = bytes.clone();
    content.durable = bytes.clone();
    names.put(path, content);
    durableNames.put(path, content);
  }

  /** A copy of what a reader sees. */
  public byte[] content(String path) {
    var content = names.get(path);
    return content == null ? new byte[0] : content.live.clone();
  }

  /** The disk as it is found after the power was cut now; this one stays as it is. */
  public FaultyDisk crash(Survival survival) {
    var survived = new TreeMap<String, Content>(durableNames);
    var order = 0;
    for (var change : unsyncedNames) {
      if (survival.name(order++, unsyncedNames.size())) {
        change.applyTo(survived);
      }
    }
    var writes = new TreeMap<Long, SectorWrite>();
    var owners = new TreeMap<Long, Content>();
    var images = new IdentityHashMap<Content, byte[]>();
    for (var content : contents()) {
      images.put(content, content.durable.clone());
      for (var write : content.unsynced) {
        writes.put(write.sequence, write);
        owners.put(write.sequence, content);
      }
    }
    var sizeKept = survival.size();
    order = 0;
    for (var write : writes.values()) {
      var content = Objects.requireNonNull(owners.get(write.sequence));
      var image = Objects.requireNonNull(images.get(content));
      var fate = survival.sector(order++, writes.size());
      images.put(content, persist(image, write, fate, sizeKept));
    }
    var found = new FaultyDisk();
    survived.forEach(
        (path, content) -> found.put(path, Objects.requireNonNull(images.get(content))));
    return found;
  }

  /** Every file that has, had, or may get a name. */
  private List<Content> contents() {
    var all = new ArrayList<Content>(names.values());
    all.addAll(durableNames.values());
    for (var change : unsyncedNames) {
      switch (change) {
        case Put(_, var content) -> all.add(content);
        case Moved(_, _, var content) -> all.add(content);
        case Gone _ -> {}
      }
    }
    return all;
  }

  private static byte[] persist(
      byte[] image, SectorWrite write, Survival.Sector fate, boolean sizeKept) {
    var end = write.at + write.bytes.size();
    var grows = end > image.length;
    if (fate == Survival.Sector.GONE || (grows && !sizeKept)) {
      return image;
    }
    var grown = grows ? Arrays.copyOf(image, end) : image;
    var size = fate == Survival.Sector.SHORN ? write.bytes.size() / 2 : write.bytes.size();
    write.bytes.slice(0, size).copyTo(grown, write.at);
    return grown;
  }

  @Override
  public void submit(List<DiskOperation> operations, Completion completion) {
    // The caller's memory is its own again after the completion, so a crash needs a copy.
    var copies = new ArrayList<DiskOperation>();
    for (var operation : operations) {
      copies.add(
          operation instanceof DiskOperation.Write(var path, var offset, var content)
              ? new DiskOperation.Write(
                  path,
                  offset,
                  ByteBuffer.allocate(content.remaining()).put(content.duplicate()).flip())
              : operation);
    }
    submitted.add(new Submitted(copies, completion));
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
      var kind =
          operation instanceof DiskOperation.Sync
                  || operation instanceof DiskOperation.SyncDirectory
              ? DiskFault.Kind.SYNC
              : DiskFault.Kind.WRITE;
      return new DiskFault(kind, operation.path(), "fault on command");
    }
    switch (operation) {
      case DiskOperation.MakeDirectory _ -> {}
      case DiskOperation.Create(var path) -> {
        if (names.containsKey(path)) {
          return new DiskFault(DiskFault.Kind.WRITE, path, "file exists");
        }
        var content = new Content();
        names.put(path, content);
        unsyncedNames.add(new Put(path, content));
      }
      case DiskOperation.WriteZeros(var path, var offset, var length) -> {
        return write(path, offset, ByteBuffer.allocate(Math.toIntExact(length)));
      }
      case DiskOperation.Write(var path, var offset, var content) -> {
        return write(path, offset, content.duplicate());
      }
      case DiskOperation.Sync(var path) -> {
        var content = names.get(path);
        if (content == null) {
          return new DiskFault(DiskFault.Kind.SYNC, path, "no such file");
        }
        if (!lying) {
          content.durable = content.live.clone();
          content.unsynced.clear();
        }
      }
      case DiskOperation.SyncDirectory(var path) -> {
        if (!lying) {
          syncDirectory(path);
        }
      }
      case DiskOperation.Rename(var path, var target) -> {
        var content = names.remove(path);
        if (content == null) {
          return new DiskFault(DiskFault.Kind.WRITE, path, "no such file");
        }
        names.put(target, content);
        unsyncedNames.add(new Moved(path, target, content));
      }
      case DiskOperation.Delete(var path) -> {
        if (names.remove(path) != null) {
          unsyncedNames.add(new Gone(path));
        }
      }
    }
    return null;
  }

  private @Nullable DiskFault write(String path, long offset, ByteBuffer source) {
    var content = names.get(path);
    if (content == null) {
      return new DiskFault(DiskFault.Kind.WRITE, path, "no such file");
    }
    var from = Math.toIntExact(offset);
    var end = from + source.remaining();
    if (end > content.live.length) {
      var used = 0L;
      for (var each : names.values()) {
        used += each.live.length;
      }
      if (used + end - content.live.length > spaceBytes) {
        return new DiskFault(DiskFault.Kind.NO_SPACE, path, "no space on command");
      }
      content.live = Arrays.copyOf(content.live, end);
    }
    source.get(content.live, from, end - from);
    for (var at = from; at < end; ) {
      var next = Math.min(end, (at / SECTOR_BYTES + 1) * SECTOR_BYTES);
      content.unsynced.add(
          new SectorWrite(sequence++, at, Bytes.wrap(Arrays.copyOfRange(content.live, at, next))));
      at = next;
    }
    return null;
  }

  private void syncDirectory(String path) {
    var rest = new ArrayList<NameChange>();
    for (var change : unsyncedNames) {
      if (change.directory().equals(path)) {
        change.applyTo(durableNames);
      } else {
        rest.add(change);
      }
    }
    unsyncedNames.clear();
    unsyncedNames.addAll(rest);
  }

  private static String directoryOf(String path) {
    var slash = path.lastIndexOf('/');
    return slash < 0 ? "" : path.substring(0, slash);
  }

  @Override
  public int read(String path, long offset, ByteBuffer target) throws DiskFaultException {
    var content = names.get(path);
    if (content == null) {
      throw new DiskFaultException(new DiskFault(DiskFault.Kind.READ, path, "no such file"));
    }
    var size = Math.clamp(content.live.length - offset, 0, target.remaining());
    target.put(content.live, (int) Math.min(offset, content.live.length), size);
    return size;
  }

  @Override
  public List<String> list(String directory) {
    return MemoryDisk.names(names, directory);
  }

  @Override
  public boolean exists(String path) {
    return names.containsKey(path) || !list(path).isEmpty();
  }

  @Override
  public long size(String path) {
    var content = names.get(path);
    return content == null ? 0 : content.live.length;
  }

  @Override
  public long usableBytes() {
    return spaceBytes;
  }

  @Override
  public void close() {
    // Nothing is held.
  }
}
