package dev.kvorum.verticles.stage;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Revision;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Records in memory, of which a test takes some away as a full cache would. */
final class StageMemory implements RecordPort {
  private final Map<Revision, Bytes> records = new HashMap<>();

  /** What was ever added, which a backend would still have. */
  private final Map<Revision, Bytes> all = new HashMap<>();

  boolean full;
  boolean filling;
  boolean forgetsWhatItShows;

  @Override
  public @Nullable Bytes find(Revision revision) {
    return forgetsWhatItShows ? records.remove(revision) : records.get(revision);
  }

  @Override
  public boolean isFull() {
    return full;
  }

  @Override
  public boolean isFilling() {
    return filling;
  }

  @Override
  public void add(Revision revision, Bytes serialized) {
    records.put(revision, serialized);
    all.put(revision, serialized);
  }

  /** Forgets a record that it has, and returns it. */
  Bytes forget(Revision revision) {
    var gone = records.remove(revision);
    if (gone == null) {
      throw new AssertionError("no record " + revision);
    }
    return gone;
  }

  void forgetAll() {
    records.clear();
  }

  Map<Revision, Bytes> stored(List<Revision> revisions) {
    var found = new HashMap<Revision, Bytes>();
    for (var revision : revisions) {
      found.put(revision, all.getOrDefault(revision, Bytes.EMPTY));
    }
    return found;
  }
}
