package dev.kvorum.storage.index;

import dev.kvorum.storage.model.Bytes;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The shape of the B+tree: which pages there are, the way down to a leaf, and what a changed leaf
 * does to the pages around and above it. What a leaf's cells tell is {@link IndexTree}'s affair.
 *
 * <p>A page of the present epoch is changed in place, because no view can show it; another one is
 * copied first and retired. A change of a leaf changes the sums in all branches above it, so the
 * whole path is made writable.
 *
 * <p>Every change begins with a way down, {@link #seek}, {@link #seekLive} or {@link
 * #seekWritable}, which sets the path. A change that splits or joins pages leaves the path behind.
 */
final class PageTree {
  /** Enough for more keys than there can be pages. */
  static final int MAX_HEIGHT = 40;

  /** The epoch in which a tree begins. */
  static final long FIRST_EPOCH = 1;

  /** A page below this size is joined with a neighbour when a compaction has shrunk it. */
  private static final int SMALL_BYTES = Blocks.PAGE_BYTES / 4;

  /** What a joined page has at most, so that it does not have to be split again at once. */
  private static final int JOINED_BYTES = Blocks.PAGE_BYTES * 3 / 4;

  /** A page that was split off on its way into the branch above. */
  private record SplitOff(Separator separator, int page, long live, long newest) {}

  private final Blocks blocks;
  private final Retired retired;
  private final RecordCursor cursor = new RecordCursor();

  /** Takes the cells of the page that is written next. */
  final PageBuilder builder = new PageBuilder();

  /** The pages from the root down, by level, and the slot that leads further down. */
  private final int[] pathPages = new int[MAX_HEIGHT];

  private final int[] pathSlots = new int[MAX_HEIGHT];

  /** Where the parts end that the builder's cells are cut into. */
  private final List<Integer> partEnds = new ArrayList<>();

  private long epoch = FIRST_EPOCH;
  private int root;
  private int height;

  /** A leaf without a key. */
  PageTree(Blocks blocks, Retired retired) {
    this.blocks = blocks;
    this.retired = retired;
    plantRoot();
  }

  /** A tree of pages of the first epoch, which the blocks hold already. */
  PageTree(Blocks blocks, Retired retired, int root, int height) {
    this.blocks = blocks;
    this.retired = retired;
    this.root = root;
    this.height = height;
  }

  private void plantRoot() {
    root = newPage();
    height = 1;
    Page.format(memory(root), offset(root), 0, epoch);
  }

  Slabs slabs() {
    return blocks.slabs();
  }

  int root() {
    return root;
  }

  /** Levels; 1 is a leaf alone. */
  int height() {
    return height;
  }

  /** Freezes all pages; returns the epoch that ended. */
  long nextEpoch() {
    return epoch++;
  }

  ByteBuffer memory(int page) {
    return blocks.slabs().memory(page);
  }

  int offset(int page) {
    return blocks.slabs().offset(page);
  }

  private int newPage() {
    return blocks.allocate(Blocks.PAGE);
  }

  private void retire(int page) {
    if (Page.epoch(memory(page), offset(page)) == epoch) {
      blocks.free(page, Blocks.PAGE);
    } else {
      retired.add(page, Blocks.PAGE);
    }
  }

  private int writable(int page) {
    if (Page.epoch(memory(page), offset(page)) == epoch) {
      return page;
    }
    var copy = newPage();
    Page.copy(memory(page), offset(page), memory(copy), offset(copy));
    Page.setEpoch(memory(copy), offset(copy), epoch);
    retired.add(page, Blocks.PAGE);
    return copy;
  }

  /** Goes down to the leaf for the key and makes the path writable. */
  void seekWritable(Bytes key) {
    root = writable(root);
    var page = root;
    for (var level = height - 1; level > 0; level--) {
      var memory = memory(page);
      var at = offset(page);
      var slot = Page.childSlot(slabs(), memory, at, key);
      pathPages[level] = page;
      pathSlots[level] = slot;
      var child = Page.child(memory, at, slot);
      page = writable(child);
      if (page != child) {
        Page.setChild(memory, at, slot, page);
      }
    }
    pathPages[0] = page;
  }

  /** Goes down to the leaf for the key, or to the first leaf. */
  void seek(@Nullable Bytes key) {
    var page = root;
    for (var level = height - 1; level > 0; level--) {
      var memory = memory(page);
      var at = offset(page);
      var slot = key == null ? 0 : Page.childSlot(slabs(), memory, at, key);
      pathPages[level] = page;
      pathSlots[level] = slot;
      page = Page.child(memory, at, slot);
    }
    pathPages[0] = page;
  }

  /**
   * Goes down to the first leaf that has a live key and may hold the key or one behind it. Whole
   * parts of the tree in which nothing lives are passed over.
   *
   * @return false if there is no such leaf
   */
  boolean seekLive(Bytes key) {
    var level = height - 1;
    var page = root;
    while (level > 0) {
      pathPages[level] = page;
      // In a page behind the key's way this is the first child.
      var slot = liveSlot(page, Page.childSlot(slabs(), memory(page), offset(page), key));
      while (slot < 0) {
        level++;
        if (level == height) {
          return false;
        }
        page = pathPages[level];
        slot = liveSlot(page, pathSlots[level] + 1);
      }
      pathSlots[level] = slot;
      page = Page.child(memory(page), offset(page), slot);
      level--;
    }
    pathPages[0] = page;
    return true;
  }

  /** The first slot of a branch from that one on below which a key lives, or -1. */
  private int liveSlot(int page, int from) {
    var memory = memory(page);
    var at = offset(page);
    var count = Page.count(memory, at);
    for (var slot = from; slot < count; slot++) {
      if (Page.live(memory, at, slot) > 0) {
        return slot;
      }
    }
    return -1;
  }

  /** The leaf at the end of the path. */
  int leaf() {
    return pathPages[0];
  }

  /** The lowest key that the leaf behind the path's can hold, or null if there is none. */
  @Nullable Bytes behindLeaf() {
    for (var level = 1; level < height; level++) {
      var memory = memory(pathPages[level]);
      var at = offset(pathPages[level]);
      var next = pathSlots[level] + 1;
      if (next < Page.count(memory, at)) {
        return Page.key(slabs(), memory, at, next);
      }
    }
    return null;
  }

  /** Makes the pages of the path writable, whose leaf may be another one then. */
  void makePathWritable() {
    for (var level = height - 1; level >= 0; level--) {
      var page = writable(pathPages[level]);
      if (level == height - 1) {
        root = page;
      } else {
        setChild(level + 1, page);
      }
      pathPages[level] = page;
    }
  }

  private void setChild(int level, int child) {
    var parent = pathPages[level];
    Page.setChild(memory(parent), offset(parent), pathSlots[level], child);
  }

  /**
   * The path's leaf, which is writable, was changed in place.
   *
   * @param liveDelta by which the number of its live keys changed
   * @param newest main revision of its newest record, or less
   */
  void leafChanged(long liveDelta, long newest) {
    addUp(1, liveDelta, newest);
  }

  /** Adds to the sums of the path's branches from the level on. */
  private void addUp(int from, long liveDelta, long newest) {
    for (var level = from; level < height; level++) {
      var memory = memory(pathPages[level]);
      var at = offset(pathPages[level]);
      var slot = pathSlots[level];
      Page.setSums(
          memory,
          at,
          slot,
          Page.live(memory, at, slot) + liveDelta,
          Math.max(Page.newest(memory, at, slot), newest));
    }
  }

  /**
   * Gives the path's leaf, which is writable, the builder's cells. Those that do not fit get leaves
   * of their own.
   *
   * @param appended whether the last cell is new
   * @param liveDelta by which the number of live keys changes
   * @param newest main revision of the newest record of these cells, or less
   */
  void storeLeaf(boolean appended, long liveDelta, long newest) {
    store(0, pathPages[0], appended, liveDelta, newest);
  }

  /**
   * Writes the builder's cells into the page, which is on the path, and into as many more as they
   * need; those get their places in the branch above.
   */
  private void store(int level, int page, boolean appended, long liveDelta, long newest) {
    partEnds.clear();
    cut(0, builder.count(), appended);
    if (partEnds.size() == 1) {
      builder.write(memory(page), offset(page), epoch, 0, builder.count());
      addUp(level + 1, liveDelta, newest);
      return;
    }
    var splitOff = new ArrayList<SplitOff>();
    for (var part = 1; part < partEnds.size(); part++) {
      var separator = new Separator();
      var begin = partEnds.get(part - 1);
      if (level == 0) {
        builder.makeSeparator(begin, separator, blocks);
      } else {
        builder.takeSeparator(begin, separator);
      }
      var next = newPage();
      builder.write(memory(next), offset(next), epoch, begin, partEnds.get(part));
      splitOff.add(new SplitOff(separator, next, liveOf(next), newestOf(next)));
    }
    builder.write(memory(page), offset(page), epoch, 0, partEnds.getFirst());
    insertAbove(level + 1, page, splitOff, liveDelta, newest);
  }

  private void cut(int from, int to, boolean appended) {
    if (builder.size(from, to) <= Blocks.PAGE_BYTES) {
      partEnds.add(to);
      return;
    }
    var middle = builder.middle(from, to, appended);
    cut(from, middle, false);
    cut(middle, to, false);
  }

  private void insertAbove(
      int level, int page, List<SplitOff> splitOff, long liveDelta, long newest) {
    builder.begin(level);
    int parent;
    int slot;
    boolean appended;
    if (level == height) {
      parent = newPage();
      Page.format(memory(parent), offset(parent), level, epoch);
      builder.insertChild(0, new Separator(), page, liveOf(page), newestOf(page));
      slot = 0;
      appended = true;
      root = parent;
      height++;
      pathPages[level] = parent;
      pathSlots[level] = 0;
    } else {
      parent = pathPages[level];
      slot = pathSlots[level];
      var memory = memory(parent);
      var at = offset(parent);
      appended = slot + 1 == Page.count(memory, at) && splitOff.size() == 1;
      Page.setSums(memory, at, slot, liveOf(page), newestOf(page));
      builder.addAll(memory, at);
    }
    for (var part : splitOff) {
      slot++;
      builder.insertChild(slot, part.separator, part.page, part.live, part.newest);
    }
    store(level, parent, appended, liveDelta, newest);
  }

  private long liveOf(int page) {
    var memory = memory(page);
    var at = offset(page);
    var isLeaf = Page.level(memory, at) == 0;
    var sum = 0L;
    for (var slot = Page.count(memory, at) - 1; slot >= 0; slot--) {
      sum +=
          !isLeaf ? Page.live(memory, at, slot) : KeyHistory.isTombstone(memory, at, slot) ? 0 : 1;
    }
    return sum;
  }

  private long newestOf(int page) {
    var memory = memory(page);
    var at = offset(page);
    var isLeaf = Page.level(memory, at) == 0;
    var max = 0L;
    for (var slot = Page.count(memory, at) - 1; slot >= 0; slot--) {
      if (isLeaf) {
        cursor.start(slabs(), memory, at, slot);
      }
      max = Math.max(max, isLeaf ? cursor.main : Page.newest(memory, at, slot));
    }
    return max;
  }

  /**
   * Gives the path's leaf, which is writable, the builder's cells, which a compaction has made
   * fewer or shorter: pages go, and small ones are joined.
   */
  void shrinkLeaf() {
    rewrite(0);
    dropNeedlessLevels();
  }

  /** Gives the path's page of the level the builder's cells. */
  private void rewrite(int level) {
    var page = pathPages[level];
    if (builder.size(0, builder.count()) > Blocks.PAGE_BYTES) {
      // A history that is short enough now moves from a block of its own into the page.
      store(level, page, false, 0, 0);
      return;
    }
    if (builder.count() > 0) {
      builder.write(memory(page), offset(page), epoch, 0, builder.count());
      if (level + 1 < height) {
        joinIfSmall(level);
      }
      return;
    }
    retire(page);
    if (level + 1 == height) {
      plantRoot();
      return;
    }
    var parent = pathPages[level + 1];
    var memory = memory(parent);
    var at = offset(parent);
    var slot = pathSlots[level + 1];
    // The first cell's key means nothing, so with it goes the key of the one that becomes first.
    var keyless = slot == 0 ? 1 : slot;
    if (keyless < Page.count(memory, at)) {
      retireTail(memory, at, keyless);
    }
    removeChild(level + 1, slot);
  }

  /** Retires what a cell that goes has of its key in blocks. */
  void retireTail(ByteBuffer memory, int at, int slot) {
    if (Page.isLong(memory, at, slot)) {
      var first = memory.getInt(at + Page.tail(memory, at, slot));
      LongKeys.retire(slabs(), first, retired);
    }
  }

  private void removeChild(int level, int slot) {
    var page = pathPages[level];
    builder.begin(level);
    builder.addAll(memory(page), offset(page));
    builder.remove(slot);
    rewrite(level);
  }

  /** Joins the path's page of the level with a neighbour, if both fit into one. */
  private void joinIfSmall(int level) {
    var page = pathPages[level];
    var parent = pathPages[level + 1];
    var parentMemory = memory(parent);
    var parentAt = offset(parent);
    var slot = pathSlots[level + 1];
    var left = slot > 0 ? slot - 1 : slot;
    var right = left + 1;
    if (Page.usedBytes(memory(page), offset(page)) >= SMALL_BYTES
        || right == Page.count(parentMemory, parentAt)) {
      return;
    }
    var separator = new Separator();
    builder.begin(level + 1);
    builder.addAll(parentMemory, parentAt);
    builder.takeSeparator(right, separator);
    var leftPage = Page.child(parentMemory, parentAt, left);
    var rightPage = Page.child(parentMemory, parentAt, right);
    builder.begin(level);
    builder.addAll(memory(leftPage), offset(leftPage));
    var boundary = builder.count();
    builder.addAll(memory(rightPage), offset(rightPage));
    if (level > 0) {
      builder.setSeparator(boundary, separator);
    }
    if (builder.size(0, builder.count()) > JOINED_BYTES) {
      return;
    }
    var joined = writable(leftPage);
    builder.write(memory(joined), offset(joined), epoch, 0, builder.count());
    retire(rightPage);
    if (level == 0) {
      retireTail(parentMemory, parentAt, right);
    }
    Page.setChild(parentMemory, parentAt, left, joined);
    Page.setSums(
        parentMemory,
        parentAt,
        left,
        Page.live(parentMemory, parentAt, left) + Page.live(parentMemory, parentAt, right),
        Math.max(
            Page.newest(parentMemory, parentAt, left), Page.newest(parentMemory, parentAt, right)));
    pathPages[level] = joined;
    pathSlots[level + 1] = left;
    removeChild(level + 1, right);
  }

  private void dropNeedlessLevels() {
    while (height > 1 && Page.count(memory(root), offset(root)) == 1) {
      var only = Page.child(memory(root), offset(root), 0);
      retire(root);
      root = only;
      height--;
    }
  }
}
