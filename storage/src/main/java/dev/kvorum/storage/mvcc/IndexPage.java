package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Revision;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A page of the index's B+tree. A page is written in place while it belongs to the writer's present
 * epoch, that is, while no published view can reach it; afterwards it is frozen, and a change
 * copies it first. So one copy of each touched page is the price of a published view, not of a put.
 */
abstract sealed class IndexPage permits IndexLeaf, IndexBranch {
  /** Keys of a leaf, or children of a branch. */
  static final int CAPACITY = 64;

  /** A page below this size is joined with a neighbour when a compaction has shrunk it. */
  static final int SMALL = CAPACITY / 4;

  /** The writer's epoch in which this page was made. */
  final long epoch;

  /** Used slots. */
  int size;

  /** Keys below this page that live at present. */
  long live;

  /** No record below this page has a higher main revision. */
  long newest;

  IndexPage(long epoch) {
    this.epoch = epoch;
  }

  abstract @Nullable IndexEntry find(Bytes key, long revision);

  /** Counts keys in {@code [from, to)} that live at the revision; null bounds are open. */
  abstract long count(@Nullable Bytes from, @Nullable Bytes to, long revision);

  /** Visits the same keys in order; returns false once the visitor has enough. */
  abstract boolean scan(
      @Nullable Bytes from, @Nullable Bytes to, long revision, IndexView.Visitor visitor);

  /**
   * Adds a record; returns the page that stands for this one now, its split-off in the addition.
   */
  abstract IndexPage add(Addition addition);

  /** Compacts one leaf; returns the page that stands for this one now, null for an empty one. */
  abstract @Nullable IndexPage compact(CompactionPass pass);

  /** Throws unless everything below is in order and within {@code [from, to)}. */
  abstract void invariant(@Nullable Bytes from, @Nullable Bytes to);

  /** Takes over all of the right neighbour, which is of the same kind and fits in. */
  abstract IndexPage join(byte[] separator, IndexPage right, long epoch);

  /** True when the whole page answers for the revision without a look inside. */
  final boolean isSettledAt(long revision) {
    return newest <= revision;
  }

  static int compare(byte[] left, Bytes right) {
    return Arrays.compareUnsigned(
        left, 0, left.length, right.sharedArray(), right.offset(), right.offset() + right.size());
  }

  /** One record on its way down the tree, and what came of it on the way up. Reused. */
  static final class Addition {
    long epoch;
    Bytes key = Bytes.EMPTY;
    Revision revision = new Revision(0, 0);
    long createRevision;
    long version;
    boolean tombstone;
    int recordSize;

    /** The right half of a page that was split on the way, with the first key that is in it. */
    @Nullable IndexPage splitOff;

    byte[] splitKey = {};

    /** How the number of live keys changed. */
    int liveDelta;
  }

  /** One slice of a compaction. */
  static final class CompactionPass {
    final long epoch;
    final long revision;
    final @Nullable Bytes from;
    final Consumer<KeyIndex.Removed> removed;

    /** Where the next slice begins, null behind the last leaf. */
    byte @Nullable [] next;

    int visitedKeys;

    CompactionPass(
        long epoch, long revision, @Nullable Bytes from, Consumer<KeyIndex.Removed> removed) {
      this.epoch = epoch;
      this.revision = revision;
      this.from = from;
      this.removed = removed;
    }
  }
}
