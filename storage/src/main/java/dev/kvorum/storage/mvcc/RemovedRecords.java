package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.model.Revision;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Records that a compaction gave up, collected in the order of their keys and handed out in the
 * order of their revisions, which is the order of the backend's tree. There neighbours are deleted
 * one after the other and a page of the tree is written once. In the order of keys each delete is
 * somewhere else in a tree of millions of records: many times the work, and a new copy of a page
 * for each of them.
 *
 * <p>What comes in is sorted run by run, and what goes out is the lowest of all runs, so that no
 * call takes long. Twenty bytes are kept for a record.
 */
final class RemovedRecords {
  /** A record, and the size of its serialized key-value. */
  record Removed(RecordId id, int recordSize) {}

  private static final Comparator<Removed> BY_REVISION =
      Comparator.comparing(removed -> removed.id().revision());

  /** Records in the order of their revisions, packed. */
  private static final class Run {
    private static final Comparator<Run> BY_FIRST =
        Comparator.comparingLong(Run::main).thenComparingLong(Run::sub);

    private final long[] mains;
    private final long[] subs;
    private final int[] sizes;
    private int next;

    Run(List<Removed> sorted) {
      mains = new long[sorted.size()];
      subs = new long[sorted.size()];
      sizes = new int[sorted.size()];
      for (var i = 0; i < sizes.length; i++) {
        var id = sorted.get(i).id();
        mains[i] = id.revision().main();
        subs[i] = id.tombstone() ? ~id.revision().sub() : id.revision().sub();
        sizes[i] = sorted.get(i).recordSize();
      }
    }

    long main() {
      return mains[next];
    }

    long sub() {
      return isTombstone() ? ~subs[next] : subs[next];
    }

    private boolean isTombstone() {
      return subs[next] < 0;
    }

    Removed first() {
      return new Removed(new RecordId(new Revision(main(), sub()), isTombstone()), sizes[next]);
    }

    /** Goes on to the next record; false if there is none. */
    boolean advance() {
      next++;
      return next < sizes.length;
    }
  }

  private final List<Removed> incoming = new ArrayList<>();
  private final PriorityQueue<Run> runs = new PriorityQueue<>(Run.BY_FIRST);
  private int size;

  /** How many records wait. */
  int size() {
    return size;
  }

  void add(RecordId id, int recordSize) {
    incoming.add(new Removed(id, recordSize));
    size++;
  }

  /** What was added since the last call is a run. */
  void endRun() {
    if (!incoming.isEmpty()) {
      incoming.sort(BY_REVISION);
      runs.add(new Run(incoming));
      incoming.clear();
    }
  }

  /** Takes up to so many records from what ended runs, the lowest revisions first. */
  List<Removed> take(int maxRecords) {
    var records = new ArrayList<Removed>(Math.min(maxRecords, size));
    while (records.size() < maxRecords && !runs.isEmpty()) {
      var lowest = runs.remove();
      records.add(lowest.first());
      if (lowest.advance()) {
        runs.add(lowest);
      }
    }
    size -= records.size();
    return records;
  }
}
