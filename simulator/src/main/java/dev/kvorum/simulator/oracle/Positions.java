package dev.kvorum.simulator.oracle;

import java.util.Arrays;

/**
 * Which moment of the store each position of the log leads to. Position 0 is the empty store,
 * position n the state after the n-th committed command. Both numbers of a moment only ever grow.
 */
final class Positions {
  private long[] revisions = new long[256];
  private long[] compactRevisions = new long[256];
  private int last;

  Positions(Moment empty) {
    revisions[0] = empty.revision();
    compactRevisions[0] = empty.compactRevision();
  }

  /** The next position leads to that moment. */
  void add(Moment moment) {
    last++;
    if (last == revisions.length) {
      revisions = Arrays.copyOf(revisions, 2 * last);
      compactRevisions = Arrays.copyOf(compactRevisions, 2 * last);
    }
    revisions[last] = moment.revision();
    compactRevisions[last] = moment.compactRevision();
  }

  int last() {
    return last;
  }

  long revision(int position) {
    return revisions[position];
  }

  long compactRevision(int position) {
    return compactRevisions[position];
  }

  Moment moment(int position) {
    return new Moment(revisions[position], compactRevisions[position]);
  }

  /** The first position at which the revision is at least this; {@code last() + 1} if none is. */
  int firstWithRevision(long revision) {
    return first(revisions, revision);
  }

  /** The first position at which the compact revision is at least this, likewise. */
  int firstWithCompactRevision(long compactRevision) {
    return first(compactRevisions, compactRevision);
  }

  private int first(long[] growing, long wanted) {
    var from = 0;
    var to = last + 1;
    while (from < to) {
      var middle = (from + to) >>> 1;
      if (growing[middle] < wanted) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return from;
  }
}
