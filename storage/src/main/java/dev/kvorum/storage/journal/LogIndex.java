package dev.kvorum.storage.journal;

import dev.kvorum.storage.model.InvariantViolation;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the durable entries lie, and their terms, without holding them.
 *
 * <p>Batches are appended in the order in which they were written. One that begins at or below the
 * last index overwrites: the older entries from there on are forgotten, though they stay in their
 * sectors. What is left is a list of extents, each a run of batches that follow each other on the
 * disk and whose entries follow each other in the log, cut off where the log went another way:
 *
 * <pre>
 * written           batch 1: 1..4   batch 2: 5..9   batch 3: 7..8
 * extents           [1..6 at batch 1]   [7..8 at batch 3]
 * </pre>
 *
 * An extent ends after 64 KiB, so that reading begins near the index asked for.
 */
final class LogIndex {
  private static final int EXTENT_SECTORS = 128;

  /**
   * Entries {@code [firstIndex, lastIndex]}, found by reading batches from {@code sector} on. The
   * batches may hold entries above {@code lastIndex}: those are forgotten ones.
   */
  record Extent(long firstIndex, long lastIndex, long segment, int sector, int sectorCount) {}

  /** From {@code firstIndex} on entries are of {@code term}. */
  private record TermRun(long firstIndex, long term) {}

  private EntryId base;
  private EntryId last;
  private final List<TermRun> terms = new ArrayList<>();
  private final List<Extent> extents = new ArrayList<>();

  LogIndex(EntryId base) {
    this.base = base;
    this.last = base;
  }

  LogIndex copy() {
    var copy = new LogIndex(base);
    copy.last = last;
    copy.terms.addAll(terms);
    copy.extents.addAll(extents);
    return copy;
  }

  EntryId base() {
    return base;
  }

  EntryId last() {
    return last;
  }

  /** Whether the log has, or is based on, this position. */
  boolean contains(EntryId position) {
    return position.index() >= base.index()
        && position.index() <= last.index()
        && termAt(position.index()) == position.term();
  }

  /** The term of the entry at the index, in {@code [base.index, last.index]}. */
  long termAt(long index) {
    InvariantViolation.check(
        index >= base.index() && index <= last.index(), "the index is in the log");
    for (var i = terms.size() - 1; i >= 0; i--) {
      if (terms.get(i).firstIndex <= index) {
        return terms.get(i).term;
      }
    }
    return base.term();
  }

  /** Forgets everything: the log begins behind the position. */
  void reset(EntryId position) {
    terms.clear();
    extents.clear();
    base = position;
    last = position;
  }

  /** Forgets every entry behind the position, which the log contains. */
  void cut(EntryId position) {
    InvariantViolation.check(contains(position), "a log is cut at one of its entries");
    while (!terms.isEmpty() && terms.getLast().firstIndex > position.index()) {
      terms.removeLast();
    }
    while (!extents.isEmpty() && extents.getLast().firstIndex > position.index()) {
      extents.removeLast();
    }
    if (!extents.isEmpty() && extents.getLast().lastIndex > position.index()) {
      var cut = extents.removeLast();
      extents.add(
          new Extent(cut.firstIndex, position.index(), cut.segment, cut.sector, cut.sectorCount));
    }
    last = position;
  }

  /** Notes the place of a batch whose entries are about to be {@linkplain #add added}. */
  void begin(long firstIndex, long segment, int sector, int sectorCount) {
    InvariantViolation.check(
        firstIndex > base.index() && firstIndex <= last.index() + 1,
        "a batch begins inside the log or right behind it");
    if (firstIndex <= last.index()) {
      // Never joined with the extent before: that one's batches hold entries forgotten by now.
      cut(new EntryId(termAt(firstIndex - 1), firstIndex - 1));
    } else if (!extents.isEmpty()) {
      var extent = extents.getLast();
      var follows =
          extent.segment == segment
              && extent.sector + extent.sectorCount == sector
              && extent.lastIndex == firstIndex - 1;
      if (follows && extent.sectorCount + sectorCount <= EXTENT_SECTORS) {
        extents.removeLast();
        extents.add(
            new Extent(
                extent.firstIndex,
                extent.lastIndex,
                segment,
                extent.sector,
                extent.sectorCount + sectorCount));
        return;
      }
    }
    extents.add(new Extent(firstIndex, firstIndex - 1, segment, sector, sectorCount));
  }

  /** Adds the next entry of the batch that was begun. */
  void add(EntryId entry) {
    InvariantViolation.check(entry.index() == last.index() + 1, "entries follow each other");
    InvariantViolation.check(entry.term() >= last.term(), "terms never fall along the log");
    if (entry.term() != last.term()) {
      terms.add(new TermRun(entry.index(), entry.term()));
    }
    last = entry;
  }

  /** All entries of the batch that was begun are added. */
  void end() {
    var extent = extents.removeLast();
    extents.add(
        new Extent(
            extent.firstIndex, last.index(), extent.segment, extent.sector, extent.sectorCount));
  }

  /** The extents that hold the entries {@code [from, to)}, which are in the log. */
  List<Extent> extents(long from, long to) {
    InvariantViolation.check(
        from > base.index() && to <= last.index() + 1 && from <= to, "the range is in the log");
    var found = new ArrayList<Extent>();
    for (var i = firstExtentReaching(from);
        i < extents.size() && extents.get(i).firstIndex < to;
        i++) {
      found.add(extents.get(i));
    }
    return found;
  }

  /** The position of the first extent that ends at the index or above it. */
  private int firstExtentReaching(long index) {
    var low = 0;
    var high = extents.size();
    while (low < high) {
      var middle = (low + high) >>> 1;
      if (extents.get(middle).lastIndex < index) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Whether the oldest segment holds nothing at the index or above it. */
  boolean liesBelow(long oldestSegment, long index) {
    var position = firstExtentReaching(index);
    return position == extents.size() || extents.get(position).segment != oldestSegment;
  }

  /** Whether any entry lies in the segment. */
  boolean liesIn(long segment) {
    return extents.stream().anyMatch(extent -> extent.segment == segment);
  }

  /** Forgets the entries in a segment that is released; it holds the oldest ones. */
  void forget(long segment) {
    var count = 0;
    while (count < extents.size() && extents.get(count).segment == segment) {
      count++;
    }
    if (count == 0) {
      return;
    }
    var index = extents.get(count - 1).lastIndex;
    base = new EntryId(termAt(index), index);
    extents.subList(0, count).clear();
    while (!terms.isEmpty() && terms.getFirst().firstIndex <= index) {
      terms.removeFirst();
    }
  }
}
