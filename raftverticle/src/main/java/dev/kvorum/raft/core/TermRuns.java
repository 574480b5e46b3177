package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.model.InvariantViolation;
import java.util.Arrays;

/**
 * The term of every index of the log, in space that grows with the number of terms, not of entries.
 * So the log can be matched anywhere although most of its entries are not in memory.
 *
 * <p>Terms never fall along a log. A run is one term and the index at which it begins; it ends
 * before the next run. Example: base 2/10, then entries 2/11 2/12 4/13 gives the runs (10, 2) and
 * (13, 4).
 */
final class TermRuns {
  private long[] starts = new long[8];
  private long[] terms = new long[8];
  private int count;

  TermRuns(EntryId base) {
    reset(base);
  }

  /** Forgets everything but the position before the first entry. */
  void reset(EntryId base) {
    starts[0] = base.index();
    terms[0] = base.term();
    count = 1;
  }

  /** The entry right after all known ones has this term. */
  void add(long index, long term) {
    var lastTerm = terms[count - 1];
    if (term == lastTerm) {
      return;
    }
    InvariantViolation.check(term > lastTerm, "terms rise along the log");
    if (count == starts.length) {
      starts = Arrays.copyOf(starts, 2 * count);
      terms = Arrays.copyOf(terms, 2 * count);
    }
    starts[count] = index;
    terms[count] = term;
    count++;
  }

  /** Forgets what stands at or above the index, which is above the base. */
  void truncateFrom(long index) {
    while (starts[count - 1] >= index) {
      count--;
    }
  }

  /** Forgets what stands below the index, which becomes the base. */
  void compactTo(long index) {
    var run = runOf(index);
    System.arraycopy(starts, run, starts, 0, count - run);
    System.arraycopy(terms, run, terms, 0, count - run);
    count -= run;
    starts[0] = index;
  }

  /** The term at the index, which is at or above the base. */
  long termAt(long index) {
    return terms[runOf(index)];
  }

  /**
   * The largest index at or below the given one whose term is at most the given one, or the base if
   * there is none.
   */
  long lastIndexWithTermAtMost(long index, long term) {
    var run = runOf(index);
    if (terms[run] <= term) {
      return index;
    }
    while (run > 0 && terms[run] > term) {
      run--;
    }
    return terms[run] <= term ? starts[run + 1] - 1 : starts[0];
  }

  private int runOf(long index) {
    var last = count - 1;
    if (index >= starts[last]) {
      return last;
    }
    var place = Arrays.binarySearch(starts, 0, count, index);
    return place >= 0 ? place : -place - 2;
  }
}
