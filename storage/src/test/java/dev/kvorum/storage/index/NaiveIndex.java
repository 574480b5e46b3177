package dev.kvorum.storage.index;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.Revision;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What the index is to know, in the plainest way: a sorted map of lists. */
final class NaiveIndex {
  /** A record; create revision and version are 0 for a tombstone. */
  record Rec(Revision revision, long createRevision, long version, int recordSize) {
    boolean tombstone() {
      return version == 0;
    }
  }

  private final TreeMap<Bytes, List<Rec>> keys = new TreeMap<>();

  void add(Bytes key, Rec next) {
    keys.computeIfAbsent(key, _ -> new ArrayList<>()).add(next);
  }

  /** The newest record of the key, or null. */
  @Nullable Rec newest(Bytes key) {
    var records = keys.get(key);
    return records == null ? null : records.getLast();
  }

  /** A record and whose it is. */
  record Of(Bytes key, Rec rec) {}

  /** All records above the main revision, in the order of their revisions. */
  List<Of> newerThan(long main) {
    var found = new ArrayList<Of>();
    keys.forEach(
        (key, records) ->
            records.stream()
                .filter(rec -> rec.revision.main() > main)
                .forEach(rec -> found.add(new Of(key, rec))));
    found.sort(Comparator.comparing(each -> each.rec.revision));
    return found;
  }

  /** What this knows now, on memory of its own. */
  NaiveIndex copy() {
    var copy = new NaiveIndex();
    keys.forEach((key, records) -> copy.keys.put(key, new ArrayList<>(records)));
    return copy;
  }

  @Nullable IndexEntry find(Bytes key, long revision) {
    var records = keys.get(key);
    return records == null ? null : find(key, records, revision);
  }

  private static @Nullable IndexEntry find(Bytes key, List<Rec> records, long revision) {
    Rec found = null;
    for (var candidate : records) {
      found = candidate.revision.main() <= revision ? candidate : found;
    }
    return found == null || found.tombstone()
        ? null
        : new IndexEntry(
            key, found.revision, found.createRevision, found.version, found.recordSize);
  }

  List<IndexEntry> scan(KeyRange range, long revision) {
    var found = new ArrayList<IndexEntry>();
    keys.forEach(
        (key, records) -> {
          var entry = range.contains(key) ? find(key, records, revision) : null;
          if (entry != null) {
            found.add(entry);
          }
        });
    return found;
  }

  /** Compacts as contract S7.2 says; returns the removed records in the order of their keys. */
  List<Rec> compact(long revision) {
    var removed = new ArrayList<Rec>();
    for (var records : keys.values()) {
      var newest = -1;
      for (var i = 0; i < records.size(); i++) {
        newest = records.get(i).revision.main() <= revision ? i : newest;
      }
      if (newest >= 0) {
        var record = records.get(newest);
        var goes = record.tombstone() && record.revision.main() != revision;
        var doomed = records.subList(0, goes ? newest + 1 : newest);
        removed.addAll(doomed);
        doomed.clear();
      }
    }
    keys.values().removeIf(List::isEmpty);
    return removed;
  }
}
