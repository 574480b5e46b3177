package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.index.KeyIndex;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.Revision;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Records that a compaction has taken out of the index and that the backend still has: collected in
 * the order of keys, handed out in the order of revisions, which is the backend's.
 *
 * <p>The order decides what the removal costs. Neighbours in the order of keys are anywhere in the
 * backend: to take 20,000 of a million records out of it in that order is to write nearly every
 * page of its tree anew. In the order of revisions each page is touched once, and most are gone
 * after it.
 *
 * <p>It also decides what a crash leaves. Of each key the oldest records go first, so that the
 * backend always has the end of its history: a tombstone never goes before what it hides.
 *
 * <p>Collected are sorted runs of few records, which are merged when they are handed out, so that
 * no step takes long. A record takes 16 bytes.
 */
final class Removals implements KeyIndex.RemovedVisitor {
  /** Records of a run; to sort them takes some tenths of a millisecond. */
  private static final int RUN_RECORDS = 1_024;

  private record Removed(Revision revision, boolean tombstone, int recordSize) {}

  /** Sorted records without an object for each, taken from the front. */
  private static final class Run {
    private final long[] mains;
    private final int[] subs;

    /** The size of a record; of a tombstone the complement of its size. */
    private final int[] sizes;

    /** The lowest record that is left. */
    private int first;

    Run(List<Removed> sorted) {
      mains = new long[sorted.size()];
      subs = new int[sorted.size()];
      sizes = new int[sorted.size()];
      for (var i = 0; i < sorted.size(); i++) {
        var removed = sorted.get(i);
        mains[i] = removed.revision.main();
        subs[i] = Math.toIntExact(removed.revision.sub());
        sizes[i] = removed.tombstone ? ~removed.recordSize : removed.recordSize;
      }
    }

    boolean isEmpty() {
      return first == mains.length;
    }

    int compareTo(Run other) {
      var byMain = Long.compare(mains[first], other.mains[other.first]);
      return byMain != 0 ? byMain : Integer.compare(subs[first], other.subs[other.first]);
    }

    void take(KeyIndex.RemovedVisitor taken) {
      var size = sizes[first];
      var revision = new Revision(mains[first], subs[first]);
      first++;
      taken.visit(revision, size < 0, size < 0 ? ~size : size);
    }
  }

  /** The run that is being collected, in the order of arrival. */
  private final List<Removed> arriving = new ArrayList<>();

  /** Runs with something left, the one with the lowest record first. */
  private final PriorityQueue<Run> runs = new PriorityQueue<>(Run::compareTo);

  private int count;

  /** Takes a record in. */
  @Override
  public void visit(Revision revision, boolean tombstone, int recordSize) {
    InvariantViolation.check(recordSize >= 0, "a record has a size");
    arriving.add(new Removed(revision, tombstone, recordSize));
    count++;
    if (arriving.size() == RUN_RECORDS) {
      endRun();
    }
  }

  private void endRun() {
    arriving.sort(Comparator.comparing(Removed::revision));
    runs.add(new Run(arriving));
    arriving.clear();
  }

  /** How many records were taken in and not handed out yet. */
  int count() {
    return count;
  }

  /** Hands out the lowest records, up to so many of them, in ascending order. */
  void take(int maxRecords, KeyIndex.RemovedVisitor taken) {
    if (!arriving.isEmpty()) {
      endRun();
    }
    var left = Math.min(maxRecords, count);
    count -= left;
    while (left > 0) {
      var lowest = runs.remove();
      var next = runs.peek();
      do {
        lowest.take(taken);
        left--;
      } while (left > 0 && !lowest.isEmpty() && (next == null || lowest.compareTo(next) < 0));
      if (!lowest.isEmpty()) {
        runs.add(lowest);
      }
    }
  }
}
