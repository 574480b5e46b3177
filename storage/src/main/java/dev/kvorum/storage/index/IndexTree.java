package dev.kvorum.storage.index;

import dev.kvorum.storage.index.KeyHistory.Compacted;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The writer's side of the B+tree. A page of the present epoch is changed in place, because no view
 * can show it; another one is copied first and retired. A change of a leaf changes the sums in all
 * branches above it, so the whole path is made writable on the way down.
 */
final class IndexTree {
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
  private final KeyHistory history;
  private final RecordCursor cursor = new RecordCursor();
  private final PageBuilder builder = new PageBuilder();
  private final byte[] cell =
      new byte[1 + Page.HEAD_BYTES + Page.TAIL_BYTES + KeyHistory.MAX_BODY_BYTES];

  /** The writable pages from the root down, by level, and the slot that leads further down. */
  private final int[] pathPages = new int[MAX_HEIGHT];

  private final int[] pathSlots = new int[MAX_HEIGHT];

  /** Where the parts end that the builder's cells are cut into. */
  private final List<Integer> partEnds = new ArrayList<>();

  private long epoch = FIRST_EPOCH;
  private int root;
  private int height;
  private long live;
  private long newest;

  /** The main revision of the record that is being added. */
  private long addedMain;

  /** Keys in the leaf that the last {@link #compactLeaf} looked at. */
  private int visitedKeys;

  IndexTree(Blocks blocks, Retired retired) {
    this.blocks = blocks;
    this.retired = retired;
    history = new KeyHistory(blocks, retired);
    plantRoot();
  }

  /** A tree of pages of the first epoch, which the blocks hold already. */
  IndexTree(Blocks blocks, Retired retired, IndexSummary summary) {
    this.blocks = blocks;
    this.retired = retired;
    history = new KeyHistory(blocks, retired);
    root = summary.root();
    height = summary.height();
    live = summary.live();
    newest = summary.newest();
  }

  private void plantRoot() {
    root = newPage();
    height = 1;
    Page.format(segment(root), offset(root), 0, epoch);
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

  /** Keys that live at present. */
  long live() {
    return live;
  }

  /** No record has a higher main revision. */
  long newest() {
    return newest;
  }

  /** Freezes all pages; returns the epoch that ended. */
  long nextEpoch() {
    return epoch++;
  }

  private MemorySegment segment(int page) {
    return blocks.slabs().segment(page);
  }

  private int offset(int page) {
    return blocks.slabs().offset(page);
  }

  private int newPage() {
    return blocks.allocate(Blocks.PAGE);
  }

  private void retire(int page) {
    if (Page.epoch(segment(page), offset(page)) == epoch) {
      blocks.free(page, Blocks.PAGE);
    } else {
      retired.add(page, Blocks.PAGE);
    }
  }

  private int writable(int page) {
    if (Page.epoch(segment(page), offset(page)) == epoch) {
      return page;
    }
    var copy = newPage();
    Page.copy(segment(page), offset(page), segment(copy), offset(copy));
    Page.setEpoch(segment(copy), offset(copy), epoch);
    retired.add(page, Blocks.PAGE);
    return copy;
  }

  /** Notes a record; records of one key ascend by revision. */
  void add(Bytes key, NewRecord next) {
    var page = writableLeaf(key);
    begin(next);
    var slot = Page.search(slabs(), segment(page), offset(page), 0, key);
    live += slot >= 0 ? append(page, slot, next) : insert(page, -slot - 1, key, next);
  }

  /**
   * Notes a tombstone if the key lives. One way down for what would be two, a look and a change.
   *
   * @param replaced stands at the record that was the newest, if the key lives
   * @return whether it lives; otherwise nothing is noted
   */
  boolean delete(Bytes key, NewRecord tombstone, RecordCursor replaced) {
    var page = writableLeaf(key);
    var segment = segment(page);
    var at = offset(page);
    var slot = Page.search(slabs(), segment, at, 0, key);
    if (slot < 0 || KeyHistory.isTombstone(segment, at, slot)) {
      return false;
    }
    replaced.start(slabs(), segment, at, slot);
    begin(tombstone);
    live += append(page, slot, tombstone);
    return true;
  }

  private void begin(NewRecord next) {
    addedMain = next.main;
    newest = Math.max(newest, next.main);
  }

  /** The leaf for the key, and the path to it, writable. */
  private int writableLeaf(Bytes key) {
    root = writable(root);
    var page = root;
    for (var level = height - 1; level > 0; level--) {
      var segment = segment(page);
      var at = offset(page);
      var slot = Page.childSlot(slabs(), segment, at, key);
      pathPages[level] = page;
      pathSlots[level] = slot;
      var child = Page.child(segment, at, slot);
      page = writable(child);
      if (page != child) {
        Page.setChild(segment, at, slot, page);
      }
    }
    pathPages[0] = page;
    return page;
  }

  /** Returns how the number of live keys changes. */
  private int append(int page, int slot, NewRecord next) {
    var segment = segment(page);
    var at = offset(page);
    var wasLive = !KeyHistory.isTombstone(segment, at, slot);
    var delta = (next.tombstone ? 0 : 1) - (wasLive ? 1 : 0);
    history.append(segment, at, slot, next);
    var growth =
        history.bodySize - (Page.cellEnd(segment, at, slot) - Page.body(segment, at, slot));
    if (growth <= Page.freeBytes(segment, at)) {
      Page.replaceBody(segment, at, slot, history.body, history.bodySize);
      addUp(1, delta);
    } else {
      builder.begin(0);
      builder.addAll(segment, at);
      builder.setBody(slot, history.body, history.bodySize);
      store(0, page, false, delta);
    }
    return delta;
  }

  /** Returns how the number of live keys changes. */
  private int insert(int page, int slot, Bytes key, NewRecord next) {
    var segment = segment(page);
    var at = offset(page);
    history.begin(next);
    var tail = LongKeys.store(blocks, key);
    var delta = next.tombstone ? 0 : 1;
    if (Page.hasPrefixOf(segment, at, key)) {
      var size = makeCell(key, Page.prefixSize(segment, at), tail);
      if (size + Page.SLOT_BYTES <= Page.freeBytes(segment, at)) {
        Page.insert(segment, at, slot, cell, size);
        addUp(1, delta);
        return delta;
      }
    }
    var isLast = slot == Page.count(segment, at);
    builder.begin(0);
    builder.addAll(segment, at);
    builder.insert(slot, key, tail, history.body, history.bodySize);
    store(0, page, isLast, delta);
    return delta;
  }

  private int makeCell(Bytes key, int prefix, long tail) {
    var head = Math.min(key.size(), Page.HEAD_BYTES);
    cell[0] = (byte) (head - prefix);
    System.arraycopy(key.sharedArray(), key.offset() + prefix, cell, 1, head - prefix);
    var end = 1 + head - prefix;
    if (head == Page.HEAD_BYTES) {
      MemorySegment.ofArray(cell).set(Blocks.LONG, end, tail);
      end += Page.TAIL_BYTES;
    }
    System.arraycopy(history.body, 0, cell, end, history.bodySize);
    return end + history.bodySize;
  }

  /** Adds to the sums of the path's branches from the level on. */
  private void addUp(int from, long liveDelta) {
    for (var level = from; level < height; level++) {
      var segment = segment(pathPages[level]);
      var at = offset(pathPages[level]);
      var slot = pathSlots[level];
      Page.setSums(
          segment,
          at,
          slot,
          Page.live(segment, at, slot) + liveDelta,
          Math.max(Page.newest(segment, at, slot), addedMain));
    }
  }

  /**
   * Writes the builder's cells into the page, which is on the path, and into as many more as they
   * need; those get their places in the branch above.
   *
   * @param appended whether the last cell is new
   * @param liveDelta by which the live keys of the whole path change
   */
  private void store(int level, int page, boolean appended, long liveDelta) {
    partEnds.clear();
    cut(0, builder.count(), appended);
    if (partEnds.size() == 1) {
      builder.write(segment(page), offset(page), epoch, 0, builder.count());
      addUp(level + 1, liveDelta);
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
      builder.write(segment(next), offset(next), epoch, begin, partEnds.get(part));
      splitOff.add(new SplitOff(separator, next, liveOf(next), newestOf(next)));
    }
    builder.write(segment(page), offset(page), epoch, 0, partEnds.getFirst());
    insertAbove(level + 1, page, splitOff, liveDelta);
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

  private void insertAbove(int level, int page, List<SplitOff> splitOff, long liveDelta) {
    builder.begin(level);
    int parent;
    int slot;
    boolean appended;
    if (level == height) {
      parent = newPage();
      Page.format(segment(parent), offset(parent), level, epoch);
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
      var segment = segment(parent);
      var at = offset(parent);
      appended = slot + 1 == Page.count(segment, at) && splitOff.size() == 1;
      Page.setSums(segment, at, slot, liveOf(page), newestOf(page));
      builder.addAll(segment, at);
    }
    for (var part : splitOff) {
      slot++;
      builder.insertChild(slot, part.separator, part.page, part.live, part.newest);
    }
    store(level, parent, appended, liveDelta);
  }

  private long liveOf(int page) {
    var segment = segment(page);
    var at = offset(page);
    var isLeaf = Page.level(segment, at) == 0;
    var sum = 0L;
    for (var slot = Page.count(segment, at) - 1; slot >= 0; slot--) {
      sum +=
          !isLeaf
              ? Page.live(segment, at, slot)
              : KeyHistory.isTombstone(segment, at, slot) ? 0 : 1;
    }
    return sum;
  }

  private long newestOf(int page) {
    var segment = segment(page);
    var at = offset(page);
    var isLeaf = Page.level(segment, at) == 0;
    var max = 0L;
    for (var slot = Page.count(segment, at) - 1; slot >= 0; slot--) {
      if (isLeaf) {
        cursor.start(slabs(), segment, at, slot);
      }
      max = Math.max(max, isLeaf ? cursor.main : Page.newest(segment, at, slot));
    }
    return max;
  }

  /**
   * Compacts the leaf that holds the key, or the first leaf; see {@link KeyIndex#compact}.
   *
   * @return the lowest key that the next leaf can hold, or null if it was the last
   */
  @Nullable Bytes compactLeaf(
      @Nullable Bytes from, long revision, KeyIndex.RemovedVisitor removed) {
    var next = walkTo(from);
    var leaf = pathPages[0];
    var segment = segment(leaf);
    var at = offset(leaf);
    visitedKeys = Page.count(segment, at);
    if (collectKept(segment, at, revision, removed)) {
      makePathWritable();
      rewrite(0);
      dropNeedlessLevels();
    }
    return next;
  }

  int visitedKeys() {
    return visitedKeys;
  }

  /** Notes the path to the leaf; returns what the leaf after it begins with. */
  private @Nullable Bytes walkTo(@Nullable Bytes from) {
    Bytes next = null;
    var page = root;
    for (var level = height - 1; level > 0; level--) {
      var segment = segment(page);
      var at = offset(page);
      var slot = from == null ? 0 : Page.childSlot(slabs(), segment, at, from);
      pathPages[level] = page;
      pathSlots[level] = slot;
      if (slot + 1 < Page.count(segment, at)) {
        next = Page.key(slabs(), segment, at, slot + 1);
      }
      page = Page.child(segment, at, slot);
    }
    pathPages[0] = page;
    return next;
  }

  private void makePathWritable() {
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
    Page.setChild(segment(parent), offset(parent), pathSlots[level], child);
  }

  /** Puts what a compaction leaves of the leaf into the builder; false if that is everything. */
  private boolean collectKept(
      MemorySegment segment, int at, long revision, KeyIndex.RemovedVisitor removed) {
    var count = Page.count(segment, at);
    var slot = 0;
    while (slot < count && !KeyHistory.mayShrink(segment, at, slot)) {
      slot++;
    }
    if (slot == count) {
      return false;
    }
    var isChanged = false;
    builder.begin(0);
    for (slot = 0; slot < count; slot++) {
      var compacted =
          KeyHistory.mayShrink(segment, at, slot)
              ? history.compact(segment, at, slot, revision, removed)
              : Compacted.UNCHANGED;
      isChanged |= compacted != Compacted.UNCHANGED;
      switch (compacted) {
        case UNCHANGED -> builder.add(segment, at, slot);
        case SHORTER -> builder.add(segment, at, slot, history.body, history.bodySize);
        case GONE -> retireTail(segment, at, slot);
      }
    }
    return isChanged;
  }

  private void retireTail(MemorySegment segment, int at, int slot) {
    if (Page.isLong(segment, at, slot)) {
      var first = segment.get(Blocks.INT, at + Page.tail(segment, at, slot));
      LongKeys.retire(slabs(), first, retired);
    }
  }

  /**
   * Gives the path's page of the level the builder's cells, which are as many as before or fewer.
   */
  private void rewrite(int level) {
    var page = pathPages[level];
    if (builder.size(0, builder.count()) > Blocks.PAGE_BYTES) {
      // A history that is short enough now moves from a block of its own into the page.
      store(level, page, false, 0);
      return;
    }
    if (builder.count() > 0) {
      builder.write(segment(page), offset(page), epoch, 0, builder.count());
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
    var segment = segment(parent);
    var at = offset(parent);
    var slot = pathSlots[level + 1];
    // The first cell's key means nothing, so with it goes the key of the one that becomes first.
    var keyless = slot == 0 ? 1 : slot;
    if (keyless < Page.count(segment, at)) {
      retireTail(segment, at, keyless);
    }
    removeChild(level + 1, slot);
  }

  private void removeChild(int level, int slot) {
    var page = pathPages[level];
    builder.begin(level);
    builder.addAll(segment(page), offset(page));
    builder.remove(slot);
    rewrite(level);
  }

  /** Joins the path's page of the level with a neighbour, if both fit into one. */
  private void joinIfSmall(int level) {
    var page = pathPages[level];
    var parent = pathPages[level + 1];
    var parentSegment = segment(parent);
    var parentAt = offset(parent);
    var slot = pathSlots[level + 1];
    var left = slot > 0 ? slot - 1 : slot;
    var right = left + 1;
    if (Page.usedBytes(segment(page), offset(page)) >= SMALL_BYTES
        || right == Page.count(parentSegment, parentAt)) {
      return;
    }
    var separator = new Separator();
    builder.begin(level + 1);
    builder.addAll(parentSegment, parentAt);
    builder.takeSeparator(right, separator);
    var leftPage = Page.child(parentSegment, parentAt, left);
    var rightPage = Page.child(parentSegment, parentAt, right);
    builder.begin(level);
    builder.addAll(segment(leftPage), offset(leftPage));
    var boundary = builder.count();
    builder.addAll(segment(rightPage), offset(rightPage));
    if (level > 0) {
      builder.setSeparator(boundary, separator);
    }
    if (builder.size(0, builder.count()) > JOINED_BYTES) {
      return;
    }
    var joined = writable(leftPage);
    builder.write(segment(joined), offset(joined), epoch, 0, builder.count());
    retire(rightPage);
    if (level == 0) {
      retireTail(parentSegment, parentAt, right);
    }
    Page.setChild(parentSegment, parentAt, left, joined);
    Page.setSums(
        parentSegment,
        parentAt,
        left,
        Page.live(parentSegment, parentAt, left) + Page.live(parentSegment, parentAt, right),
        Math.max(
            Page.newest(parentSegment, parentAt, left),
            Page.newest(parentSegment, parentAt, right)));
    pathPages[level] = joined;
    pathSlots[level + 1] = left;
    removeChild(level + 1, right);
  }

  private void dropNeedlessLevels() {
    while (height > 1 && Page.count(segment(root), offset(root)) == 1) {
      var only = Page.child(segment(root), offset(root), 0);
      retire(root);
      root = only;
      height--;
    }
  }

  /** Throws unless every page is in order; walks the whole index. */
  TreeCheck.Found check() {
    var found = new TreeCheck(slabs()).check(root, height - 1, null, null);
    InvariantViolation.check(found.live() == live, "the tree counts its live keys");
    InvariantViolation.check(found.newest() <= newest, "no record is newer than the tree says");
    return found;
  }
}
