package dev.kvorum.storage.backend.memory;

import dev.kvorum.storage.backend.Backend;
import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * A store in memory with the same promises. Commits are numbered; a key holds a chain of the values
 * that some view may still see, newest first, and a view shows the newest that is not younger than
 * itself. The last sync counts as a view too, because a power loss brings that state back.
 *
 * <p>It stands in for the disk as well: {@link #afterCrash()} and {@link #afterPowerLoss()} return
 * what the next process would open.
 */
public final class MemoryBackend implements Backend {
  /** What a key held from a commit on; a null value says that it was deleted. */
  private static final class Version {
    final long commit;
    final @Nullable Bytes value;

    /** What it held before, or null when no view reaches back so far. */
    volatile @Nullable Version older;

    Version(long commit, @Nullable Bytes value, @Nullable Version older) {
      this.commit = commit;
      this.value = value;
      this.older = older;
    }

    static @Nullable Bytes valueAt(@Nullable Version newest, long commit) {
      var version = newest;
      while (version != null && version.commit > commit) {
        version = version.older;
      }
      return version == null ? null : version.value;
    }
  }

  /** A key whose chain got a second version, or a deletion, in the commit: to be cut later. */
  private record Superseded(long commit, Bucket bucket, Bytes key) {}

  private final EnumMap<Bucket, ConcurrentSkipListMap<Bytes, Version>> buckets =
      new EnumMap<>(Bucket.class);

  /** In the order of commits. */
  private final ArrayDeque<Superseded> superseded = new ArrayDeque<>();

  /** How many views are open, by the commit that they show. */
  private final TreeMap<Long, Integer> openViews = new TreeMap<>();

  private long lastCommit;
  private long lastSync;
  private boolean closed;

  /** An empty store. */
  public MemoryBackend() {
    for (var bucket : Bucket.values()) {
      buckets.put(bucket, new ConcurrentSkipListMap<>());
    }
  }

  @Override
  public synchronized void commit(WriteBatch batch) {
    checkOpen();
    var commit = lastCommit + 1;
    for (var change : batch.changes()) {
      var entries = entries(change.bucket());
      // A window into a request would keep the whole request alive.
      var key = change.key().compact();
      var value = change.value() == null ? null : change.value().compact();
      var newest = entries.get(key);
      if (value == null && newest == null) {
        continue;
      }
      var older = newest != null && newest.commit == commit ? newest.older : newest;
      entries.put(key, new Version(commit, value, older));
      if (older != null || value == null) {
        superseded.add(new Superseded(commit, change.bucket(), key));
      }
    }
    // Last of all: a view that opens meanwhile must not see a part of the batch.
    lastCommit = commit;
    cut();
  }

  @Override
  public synchronized void sync() {
    checkOpen();
    lastSync = lastCommit;
    cut();
  }

  @Override
  public synchronized ReadView openReadView() {
    checkOpen();
    openViews.merge(lastCommit, 1, Integer::sum);
    return new View(lastCommit);
  }

  @Override
  public long sizeOnDiskBytes() {
    return 0;
  }

  @Override
  public synchronized void close() {
    closed = true;
  }

  /** What the next process finds when this one ends in whatever way: every commit. */
  public MemoryBackend afterCrash() {
    return copyOf(lastCommit);
  }

  /** What the next process finds when the machine lost its power: the state of the last sync. */
  public MemoryBackend afterPowerLoss() {
    return copyOf(lastSync);
  }

  private synchronized MemoryBackend copyOf(long commit) {
    var batch = new WriteBatch();
    for (var bucket : Bucket.values()) {
      entries(bucket)
          .forEach(
              (key, newest) -> {
                var value = Version.valueAt(newest, commit);
                if (value != null) {
                  batch.put(bucket, key, value);
                }
              });
    }
    var copy = new MemoryBackend();
    copy.commit(batch);
    copy.sync();
    return copy;
  }

  /** Drops what neither an open view nor the last sync can see. */
  private void cut() {
    var oldestSeen = openViews.isEmpty() ? lastSync : Math.min(lastSync, openViews.firstKey());
    while (!superseded.isEmpty() && superseded.getFirst().commit() <= oldestSeen) {
      var next = superseded.removeFirst();
      var entries = entries(next.bucket());
      var newest = entries.get(next.key());
      if (newest == null) {
        continue;
      }
      if (newest.value == null && newest.commit <= oldestSeen) {
        entries.remove(next.key());
        continue;
      }
      var version = newest;
      while (version.commit > oldestSeen && version.older != null) {
        version = version.older;
      }
      version.older = null;
    }
  }

  private synchronized void viewClosed(long commit) {
    openViews.computeIfPresent(commit, (_, count) -> count == 1 ? null : count - 1);
    cut();
  }

  private ConcurrentSkipListMap<Bytes, Version> entries(Bucket bucket) {
    return InvariantViolation.present(buckets.get(bucket), "every bucket has a map");
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the state store is closed");
    }
  }

  private final class View implements ReadView {
    private final long commit;
    private boolean viewClosed;

    View(long commit) {
      this.commit = commit;
    }

    @Override
    public @Nullable Bytes get(Bucket bucket, Bytes key) {
      checkViewOpen();
      return Version.valueAt(entries(bucket).get(key), commit);
    }

    @Override
    public void scan(Bucket bucket, Bytes from, Visitor visitor) {
      checkViewOpen();
      for (var entry : entries(bucket).tailMap(from, true).entrySet()) {
        var value = Version.valueAt(entry.getValue(), commit);
        if (value != null && !visitor.visit(entry.getKey(), value)) {
          return;
        }
      }
    }

    @Override
    public void close() {
      if (!viewClosed) {
        viewClosed = true;
        viewClosed(commit);
      }
    }

    private void checkViewOpen() {
      if (viewClosed) {
        throw new IllegalStateException("the view is closed");
      }
    }
  }
}
