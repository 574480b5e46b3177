package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.KeyRange;
import org.jspecify.annotations.Nullable;

/**
 * The key index as it was at one moment. A view that {@link KeyIndex#publish} gave out never
 * changes and is read by any thread without locks.
 *
 * <p>Every method takes the main revision at which to look. A revision above the newest one is the
 * present; one below the last compaction gives no meaningful answer, and who asks checks that
 * first.
 */
public final class IndexView {
  private final IndexPage root;

  IndexView(IndexPage root) {
    this.root = root;
  }

  /**
   * Claims the view, so that no page that it shows is used for anything else before {@link
   * #release}. False when the view is superseded and nobody holds it any more; a newer one is
   * published then. Any thread may call.
   */
  public boolean tryHold() {
    return true;
  }

  /** Gives a claim back that {@link #tryHold} gave; any thread may call. */
  public void release() {}

  /** Sees live keys in ascending order; returns whether it wants the next. */
  @FunctionalInterface
  public interface Visitor {
    boolean visit(IndexEntry entry);
  }

  /** The key's state at the revision, or null when it does not live then. */
  public @Nullable IndexEntry find(Bytes key, long revision) {
    return root.find(key, revision);
  }

  /**
   * How many keys of the interval live at the revision. Parts of the index without a change after
   * the revision are counted as a whole, so at the present revision nothing is walked.
   */
  public long count(KeyRange range, long revision) {
    return range.isEmpty() ? 0 : root.count(lowerBound(range), range.to(), revision);
  }

  /**
   * Visits the keys of the interval that live at the revision, in order, until the visitor has
   * enough. Parts that hold only deleted keys are passed over as a whole.
   */
  public void scan(KeyRange range, long revision, Visitor visitor) {
    if (!range.isEmpty()) {
      root.scan(lowerBound(range), range.to(), revision, visitor);
    }
  }

  /** The lowest key is empty, and an open lower end lets whole pages be counted at once. */
  private static @Nullable Bytes lowerBound(KeyRange range) {
    return range.from().isEmpty() ? null : range.from();
  }
}
