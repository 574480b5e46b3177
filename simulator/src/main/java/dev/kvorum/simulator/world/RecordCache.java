package dev.kvorum.simulator.world;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.verticles.stage.RecordPort;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The records that a member has in memory: those that its backend does not show yet, and a few
 * others. Never iterated in the map's order.
 */
final class RecordCache implements RecordPort {
  private final Map<Revision, Bytes> records = new HashMap<>();

  /** Those that the backend shows, oldest first. */
  private final ArrayDeque<Revision> stored = new ArrayDeque<>();

  private final long fullBytes;
  private final int storedLimit;
  private long unstoredBytes;

  RecordCache(long fullBytes, int storedLimit) {
    this.fullBytes = fullBytes;
    this.storedLimit = storedLimit;
  }

  @Override
  public @Nullable Bytes find(Revision revision) {
    return records.get(revision);
  }

  @Override
  public boolean isFull() {
    return unstoredBytes >= fullBytes;
  }

  @Override
  public boolean isFilling() {
    return unstoredBytes >= fullBytes / 4;
  }

  @Override
  public void add(Revision revision, Bytes serialized) {
    records.put(revision, serialized);
    unstoredBytes += serialized.size();
  }

  /** The backend shows these from now on. */
  void flushed(List<Revision> revisions) {
    for (var revision : revisions) {
      var record = records.get(revision);
      if (record != null) {
        unstoredBytes -= record.size();
        keep(revision);
      }
    }
  }

  /** A record was read from the backend. */
  void loaded(Revision revision, Bytes serialized) {
    if (storedLimit > 0 && records.putIfAbsent(revision, serialized) == null) {
      keep(revision);
    }
  }

  private void keep(Revision revision) {
    stored.addLast(revision);
    if (stored.size() > storedLimit) {
      records.remove(stored.removeFirst());
    }
  }
}
