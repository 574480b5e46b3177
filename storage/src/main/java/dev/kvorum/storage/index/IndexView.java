package dev.kvorum.storage.index;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.Revision;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The key index as it was at one moment. A view that {@link KeyIndex} gave out never changes and is
 * read by any thread without locks, as long as somebody holds it.
 *
 * <p>Every look takes the main revision at which to look. A revision above the newest one is the
 * present; one below the last compaction gives no meaningful answer, and who asks checks that
 * first.
 */
public final class IndexView {
  private static final VarHandle HOLDERS;

  static {
    try {
      HOLDERS = MethodHandles.lookup().findVarHandle(IndexView.class, "holders", int.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  /** Blocks that were given up before are not in this view; see {@link Retired}. */
  final long retiredBefore;

  /** The writer's epoch that ended with this view. */
  final long epoch;

  /** Only the writer's own view has one, which saves it from making one for each look. */
  private final @Nullable RecordCursor ownCursor;

  private Slabs slabs;
  private int root;
  private int height;
  private long live;
  private long newest;

  /** What the pages do not say yet. */
  private @Nullable Hidden hidden;

  /** Claims. From 0 it never rises again. */
  @SuppressWarnings("FieldMayBeFinal") // Changed through HOLDERS.
  private volatile int holders = 1;

  /** A view with one claim, its maker's. */
  IndexView(IndexTree tree, @Nullable Hidden hidden, long retiredBefore, long epoch) {
    this(tree, hidden, retiredBefore, epoch, null);
  }

  private IndexView(
      IndexTree tree,
      @Nullable Hidden hidden,
      long retiredBefore,
      long epoch,
      @Nullable RecordCursor ownCursor) {
    this.hidden = hidden;
    this.retiredBefore = retiredBefore;
    this.epoch = epoch;
    this.ownCursor = ownCursor;
    slabs = tree.slabs();
    root = tree.root();
    height = tree.height();
    live = tree.live();
    newest = tree.newest();
  }

  /** The writer's own view, which follows the tree. */
  static IndexView ofWriter(IndexTree tree) {
    return new IndexView(tree, null, 0, 0, new RecordCursor());
  }

  /** Follows the tree; the writer's own view only. */
  void follow(IndexTree tree, @Nullable Hidden nowHidden) {
    hidden = nowHidden;
    slabs = tree.slabs();
    root = tree.root();
    height = tree.height();
    live = tree.live();
    newest = tree.newest();
  }

  /**
   * Claims the view, so that no page that it shows is used for anything else before {@link
   * #release}. False when the view is superseded and nobody holds it any more; a newer one is
   * published then. Any thread may call.
   */
  public boolean tryHold() {
    while (true) {
      var before = holders;
      if (before == 0) {
        return false;
      }
      if (HOLDERS.compareAndSet(this, before, before + 1)) {
        return true;
      }
    }
  }

  /** Gives a claim back that {@link #tryHold} gave; any thread may call. */
  public void release() {
    var before = (int) HOLDERS.getAndAdd(this, -1);
    InvariantViolation.check(before > 0, "a claim on a view is given back once");
  }

  /** Whether somebody may still read it. */
  boolean isHeld() {
    return holders > 0;
  }

  void checkHeld() {
    InvariantViolation.check(holders > 0, "a view is held by whoever reads it");
  }

  /** Sees live keys in ascending order; returns whether it wants the next. */
  @FunctionalInterface
  public interface Visitor {
    boolean visit(IndexEntry entry);
  }

  /**
   * Sees live keys in ascending order, each until it returns; returns whether it wants the next.
   */
  @FunctionalInterface
  public interface Walker {
    boolean visit(LiveKey key);
  }

  /** The key's state at the revision, or null when it does not live then. */
  public @Nullable IndexEntry find(Bytes key, long revision) {
    checkHeld();
    var without = hidden;
    if (without != null && revision >= without.since() && without.hides(key)) {
      return null;
    }
    var cursor = cursor();
    return seek(cursor, key) && cursor.seekLive(revision) ? cursor.entry(key.compact()) : null;
  }

  /** Whether the key has a record of the revision, or a newer one, be it a put or a delete. */
  boolean reaches(Bytes key, Revision revision) {
    checkHeld();
    var cursor = cursor();
    return seek(cursor, key) && new Revision(cursor.main, cursor.sub).compareTo(revision) >= 0;
  }

  /** Lets the cursor stand at the key's newest record; false if it has none. */
  private boolean seek(RecordCursor cursor, Bytes key) {
    var page = root;
    for (var level = height - 1; level > 0; level--) {
      var memory = slabs.memory(page);
      var at = page(memory, page, level);
      page = Page.child(memory, at, Page.childSlot(slabs, memory, at, key));
    }
    var memory = slabs.memory(page);
    var at = page(memory, page, 0);
    var slot = Page.search(slabs, memory, at, 0, key);
    if (slot < 0) {
      return false;
    }
    cursor.start(slabs, memory, at, slot);
    return true;
  }

  private RecordCursor cursor() {
    var own = ownCursor;
    return own == null ? new RecordCursor() : own;
  }

  Slabs slabs() {
    return slabs;
  }

  int root() {
    return root;
  }

  /** Levels; 1 is a leaf alone. */
  int height() {
    return height;
  }

  /** Keys that live in it, the hidden ones included. */
  long live() {
    return live;
  }

  /** No record has a higher main revision. */
  long newest() {
    return newest;
  }

  /** Where the page begins in its memory. */
  int page(ByteBuffer memory, int page, int level) {
    var at = slabs.offset(page);
    InvariantViolation.check(
        Page.level(memory, at) == level, "a page that a view shows is not used for another one");
    return at;
  }

  /**
   * How many keys of the interval live at the revision. Parts of the index without a change after
   * the revision are counted as a whole, so at the present revision nothing is walked.
   */
  public long count(KeyRange range, long revision) {
    checkHeld();
    var without = hidden;
    return without == null || revision < without.since()
        ? countPages(range, revision)
        : switch (without) {
          case HiddenInterval interval ->
              interval.hidesSomeOf(range)
                  ? countPages(interval.below(range), revision)
                      + countPages(interval.above(range), revision)
                  : countPages(range, revision);
          case HiddenKeys keys -> countPages(range, revision) - keys.count(range);
        };
  }

  /** The same by what the pages say, in which hidden keys live. */
  long countPages(KeyRange range, long revision) {
    if (range.isEmpty()) {
      return 0;
    }
    var from = lowerBound(range);
    return from == null && range.to() == null && newest <= revision
        ? live
        : count(root, height - 1, from, range.to(), revision);
  }

  private long count(int page, int level, @Nullable Bytes from, @Nullable Bytes to, long revision) {
    var memory = slabs.memory(page);
    var at = page(memory, page, level);
    if (level == 0) {
      return countInLeaf(memory, at, from, to, revision);
    }
    var first = from == null ? 0 : Page.childSlot(slabs, memory, at, from);
    var last = to == null ? Page.count(memory, at) - 1 : Page.childSlot(slabs, memory, at, to);
    var count = 0L;
    for (var slot = first; slot <= last; slot++) {
      var lower = slot == first ? from : null;
      var upper = slot == last ? to : null;
      count +=
          lower == null && upper == null && Page.newest(memory, at, slot) <= revision
              ? Page.live(memory, at, slot)
              : count(Page.child(memory, at, slot), level - 1, lower, upper, revision);
    }
    return count;
  }

  private long countInLeaf(
      ByteBuffer memory, int at, @Nullable Bytes from, @Nullable Bytes to, long revision) {
    var end = to == null ? Page.count(memory, at) : lowerSlot(memory, at, to);
    var cursor = cursor();
    var count = 0;
    for (var slot = lowerSlot(memory, at, from); slot < end; slot++) {
      cursor.start(slabs, memory, at, slot);
      if (cursor.seekLive(revision)) {
        count++;
      }
    }
    return count;
  }

  private int lowerSlot(ByteBuffer memory, int at, @Nullable Bytes bound) {
    if (bound == null) {
      return 0;
    }
    var slot = Page.search(slabs, memory, at, 0, bound);
    return slot >= 0 ? slot : -slot - 1;
  }

  /**
   * Visits the keys of the interval that live at the revision, in order, until the visitor has
   * enough. Parts that hold only deleted keys are passed over as a whole.
   */
  public void scan(KeyRange range, long revision, Visitor visitor) {
    walk(range, revision, key -> visitor.visit(key.entry()));
  }

  /** The same for those who need neither the keys' bytes nor an object for each. */
  public void walk(KeyRange range, long revision, Walker walker) {
    checkHeld();
    var without = hidden;
    if (without == null || revision < without.since() || !without.hidesSomeOf(range)) {
      var _ = walkPages(range, revision, walker);
      return;
    }
    switch (without) {
      case HiddenInterval interval -> {
        if (walkPages(interval.below(range), revision, walker)) {
          var _ = walkPages(interval.above(range), revision, walker);
        }
      }
      case HiddenKeys keys -> new AroundHidden(this, keys, range, revision, walker).walk();
    }
  }

  /** The same by what the pages say, in which hidden keys live; whether the walker wants more. */
  boolean walkPages(KeyRange range, long revision, Walker walker) {
    return range.isEmpty()
        || walk(
            root,
            height - 1,
            lowerBound(range),
            range.to(),
            revision,
            new LiveKey(slabs, cursor()),
            walker);
  }

  private boolean walk(
      int page,
      int level,
      @Nullable Bytes from,
      @Nullable Bytes to,
      long revision,
      LiveKey key,
      Walker walker) {
    var memory = slabs.memory(page);
    var at = page(memory, page, level);
    if (level == 0) {
      return walkLeaf(memory, at, from, to, revision, key, walker);
    }
    var first = from == null ? 0 : Page.childSlot(slabs, memory, at, from);
    var last = to == null ? Page.count(memory, at) - 1 : Page.childSlot(slabs, memory, at, to);
    for (var slot = first; slot <= last; slot++) {
      var onlyDead = Page.live(memory, at, slot) == 0 && Page.newest(memory, at, slot) <= revision;
      if (!onlyDead
          && !walk(
              Page.child(memory, at, slot),
              level - 1,
              slot == first ? from : null,
              slot == last ? to : null,
              revision,
              key,
              walker)) {
        return false;
      }
    }
    return true;
  }

  private boolean walkLeaf(
      ByteBuffer memory,
      int at,
      @Nullable Bytes from,
      @Nullable Bytes to,
      long revision,
      LiveKey key,
      Walker walker) {
    var end = to == null ? Page.count(memory, at) : lowerSlot(memory, at, to);
    for (var slot = lowerSlot(memory, at, from); slot < end; slot++) {
      if (key.goTo(memory, at, slot, revision) && !walker.visit(key)) {
        return false;
      }
    }
    return true;
  }

  /** The lowest key is empty, and an open lower end lets whole pages be counted at once. */
  private static @Nullable Bytes lowerBound(KeyRange range) {
    return range.from().isEmpty() ? null : range.from();
  }
}
