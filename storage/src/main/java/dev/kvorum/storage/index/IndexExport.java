package dev.kvorum.storage.index;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Copies an index, slice by slice, in the order of the keys. Every page gets a new number, and what
 * refers to it is changed in the copy: so nothing that other views use, or nobody, comes along, and
 * {@link IndexImport} puts the pages where their numbers say without looking into them.
 *
 * <p>Each slice is copied from a view of its own, which is held no longer than that: a view that is
 * held while all is copied would keep every page that is replaced meanwhile. So the copy is of no
 * one moment. What it has of a key is what the key's slice showed, and slices come in the order of
 * their views: all records up to the first view's revision are in it, none above the last one's,
 * and of those between {@link KeyIndex#reaches} tells. Between the first view and the last no
 * compaction may take anything out of the index. A tombstone that a view still hides the lack of
 * counts as one that came later.
 *
 * <p>Leaves are copied, and the branches above them made anew, because a view's branches know of
 * leaves that the view after it has split or joined. A page is given out when everything below it
 * was: the root comes last. Blocks smaller than a page are packed into pages of their class, of
 * which the last is given out at the end, its rest chained as free blocks.
 *
 * @param <E> what the sink throws
 */
public final class IndexExport<E extends Exception> {
  /** Takes the copies. */
  @FunctionalInterface
  public interface Sink<E extends Exception> {
    /**
     * Takes {@code [0, size)} of the bytes, which are a page as {@link IndexImport} wants it; they
     * change after the call.
     */
    void take(ByteBuffer bytes, int size) throws E;
  }

  /** No page that a sink takes is larger. */
  public static final int MAX_BYTES = PageRecord.MAX_BYTES;

  /** Stands for an older block that is given back: nobody follows it, but it is not 0. */
  private static final int GONE = 1;

  private static final int NEXT_BLOCK = 4;

  /** A branch is filled so far: the first leaves that are split below it find room in it. */
  private static final int FILLED_BYTES = Blocks.PAGE_BYTES * 7 / 8;

  /** A page of small blocks that is being filled. */
  private static final class Open {
    private final ByteBuffer page = newPage();
    private int number;
    private int usedBytes = Blocks.PAGE_BYTES;
  }

  /** A branch that is being filled: its cells, and what their sums are. */
  private static final class Branch {
    private final PageBuilder cells = new PageBuilder();
    private int lastChild;
    private long live;
    private long newest;

    Branch(int level) {
      begin(level);
    }

    void begin(int level) {
      cells.begin(level);
      live = 0;
      newest = 0;
    }

    boolean add(Separator separator, int child, long childLive, long childNewest) {
      var slot = cells.count();
      cells.insertChild(slot, separator, child, childLive, childNewest);
      if (slot > 0 && cells.size(0, slot + 1) > FILLED_BYTES) {
        cells.remove(slot);
        return false;
      }
      lastChild = child;
      live += childLive;
      newest = Math.max(newest, childNewest);
      return true;
    }
  }

  private final Sink<E> sink;
  private final RecordCursor cursor = new RecordCursor();
  private final ByteBuffer record = IndexMemory.allocate(PageRecord.MAX_BYTES);
  private final ByteBuffer wholeBlock = newPage();
  private final ByteBuffer treePage = newPage();

  /** The branches on the right edge of the copy, from the one above the leaves upwards. */
  private final List<Branch> branches = new ArrayList<>();

  private final @Nullable Open[] open = new @Nullable Open[Blocks.PAGE];

  /** The blocks of one chain, the first of them first. */
  private int[] chain = new int[16];

  private int chainLength;

  /** The block that {@link #newBlock} made last: its number, and where it is filled. */
  private int blockNumber;

  private ByteBuffer block = Slabs.NO_MEMORY;
  private int blockAt;

  /** The memory of the slice's view. */
  private Slabs slabs = Slabs.NONE;

  /** The lowest key that the next slice may copy, null before the first. */
  private @Nullable Bytes from;

  private int givenBytes;
  private int pages;
  private long usedBytes;

  /** A copy whose pages go to the sink. Used by one thread at a time. */
  public IndexExport(Sink<E> sink) {
    this.sink = sink;
  }

  private static ByteBuffer newPage() {
    return IndexMemory.allocate(Blocks.PAGE_BYTES);
  }

  /**
   * Copies the next leaves of the view, until the sink has taken so many bytes or more.
   *
   * @param view not older than that of the slice before; the caller holds it until this returns
   * @return whether there is a further slice
   */
  public boolean copy(IndexView view, int enoughBytes) throws E {
    view.checkHeld();
    slabs = view.slabs();
    givenBytes = 0;
    var walk = new LeafWalk(view);
    var bound = from;
    walk.seek(bound);
    do {
      leaf(walk.memory(), walk.at(), bound);
      bound = walk.next();
    } while (bound != null && givenBytes < enoughBytes);
    from = bound;
    slabs = Slabs.NONE;
    return bound != null;
  }

  /** What {@link IndexImport} has to know, when {@link #copy} has copied the last slice. */
  public IndexSummary finish() throws E {
    var level = 1;
    while (level < branches.size() || branches.get(level - 1).cells.count() > 1) {
      close(level);
      level++;
    }
    var top = branches.get(level - 1);
    var free = new ArrayList<Integer>();
    for (var sizeClass = 0; sizeClass < Blocks.PAGE; sizeClass++) {
      var last = open[sizeClass];
      free.add(last == null ? 0 : close(last, sizeClass));
    }
    return new IndexSummary(top.lastChild, level, top.live, top.newest, pages, usedBytes, free);
  }

  /**
   * Copies the leaf.
   *
   * @param bound the lowest key that may be in it, null for the first leaf. Leaves are split and
   *     not joined meanwhile, so the leaf that begins there still does
   */
  private void leaf(ByteBuffer memory, int at, @Nullable Bytes bound) throws E {
    var slot = bound == null ? 0 : Page.search(slabs, memory, at, 0, bound);
    InvariantViolation.check(slot == 0 || slot == -1, "a slice begins where a leaf does");
    Page.copy(memory, at, treePage, 0);
    Page.setEpoch(treePage, 0, PageTree.FIRST_EPOCH);
    var count = Page.count(treePage, 0);
    var live = 0L;
    var newest = 0L;
    for (slot = 0; slot < count; slot++) {
      if (Page.isLong(treePage, 0, slot)) {
        var tail = Page.tail(treePage, 0, slot);
        treePage.putInt(tail, longKey(treePage.getInt(tail)));
      }
      cursor.start(slabs, treePage, 0, slot);
      live += cursor.tombstone ? 0 : 1;
      newest = Math.max(newest, cursor.main);
      if (KeyHistory.isInBlocks(treePage, 0, slot)) {
        treePage.putInt(cursor.referenceAt(), history(cursor.dropped()));
      }
    }
    addChild(1, separator(bound), giveTreePage(), live, newest);
  }

  private Separator separator(@Nullable Bytes bound) throws E {
    var separator = new Separator();
    if (bound != null) {
      separator.size = Math.min(bound.size(), Page.HEAD_BYTES);
      System.arraycopy(bound.sharedArray(), bound.offset(), separator.head, 0, separator.size);
      separator.tail = tail(bound);
    }
    return separator;
  }

  /** Stores what does not fit into the head of the key. */
  private long tail(Bytes key) throws E {
    var size = key.size() - Page.HEAD_BYTES;
    if (size <= 0) {
      return 0;
    }
    var next = 0;
    for (var end = size; end > 0; ) {
      var part = LongKeys.lastPart(end);
      end -= part;
      var sizeClass = LongKeys.classOf(part);
      newBlock(sizeClass);
      var keyFrom = key.offset() + Page.HEAD_BYTES + end;
      LongKeys.write(block, blockAt, sizeClass, key.sharedArray(), keyFrom, part, next);
      next = giveBlock(sizeClass);
    }
    return LongKeys.reference(next, size);
  }

  /** Gives out what {@link #treePage} has become; returns its number. */
  private int giveTreePage() throws E {
    var number = nextNumber();
    usedBytes += Blocks.PAGE_BYTES;
    give(number, true, treePage);
    return number;
  }

  /** Puts a page, everything below which is given out, under the branch on its right edge. */
  private void addChild(int level, Separator separator, int child, long live, long newest)
      throws E {
    if (branches.size() < level) {
      branches.add(new Branch(level));
    }
    var branch = branches.get(level - 1);
    if (!branch.add(separator, child, live, newest)) {
      close(level);
      var isAdded = branch.add(separator, child, live, newest);
      InvariantViolation.check(isAdded, "a branch has room for its first child");
    }
  }

  /** Gives the branch out, and begins the one to the right of it. */
  private void close(int level) throws E {
    var branch = branches.get(level - 1);
    branch.cells.write(treePage, 0, PageTree.FIRST_EPOCH, 0, branch.cells.count());
    var separator = new Separator();
    branch.cells.takeSeparator(0, separator);
    addChild(level + 1, separator, giveTreePage(), branch.live, branch.newest);
    branch.begin(level);
  }

  /** Copies the blocks behind the cursor's cell; returns the new number of the first. */
  private int history(long dropped) throws E {
    chainLength = 0;
    var older = cursor.firstBlock();
    var isFollowed = true;
    while (isFollowed) {
      addToChain(older);
      var memory = slabs.memory(older);
      var at = slabs.offset(older);
      older = KeyHistory.olderBlock(memory, at);
      isFollowed = older != 0 && KeyHistory.baseOrdinal(memory, at) > dropped;
    }
    // What the writer puts before the offset, now or later, is not in this view.
    var first = chain[0];
    var payload = KeyHistory.payload(slabs.memory(first), slabs.offset(first));
    return moveChain(older == 0 ? 0 : GONE, payload, cursor.firstOffset());
  }

  private int longKey(int first) throws E {
    chainLength = 0;
    for (var block = first; block != 0; ) {
      addToChain(block);
      block = slabs.memory(block).getInt(slabs.offset(block) + NEXT_BLOCK);
    }
    return moveChain(0, 0, 0);
  }

  private void addToChain(int block) {
    if (chainLength == chain.length) {
      chain = Arrays.copyOf(chain, 2 * chainLength);
    }
    chain[chainLength++] = block;
  }

  /** Copies the chain, from its end, so that each block knows the number of the one behind it. */
  private int moveChain(int behindLast, int clearFrom, int clearTo) throws E {
    var next = behindLast;
    for (var i = chainLength - 1; i >= 0; i--) {
      next = i == 0 ? move(chain[i], next, clearFrom, clearTo) : move(chain[i], next, 0, 0);
    }
    return next;
  }

  private int move(int from, int next, int clearFrom, int clearTo) throws E {
    var memory = slabs.memory(from);
    var at = slabs.offset(from);
    var sizeClass = memory.get(at);
    InvariantViolation.check(
        sizeClass >= 0 && sizeClass <= Blocks.PAGE, "a block that a view shows is in use");
    newBlock(sizeClass);
    block.put(blockAt, memory, at, Blocks.bytes(sizeClass));
    block.putInt(blockAt + NEXT_BLOCK, next);
    clear(block, blockAt + clearFrom, clearTo - clearFrom);
    return giveBlock(sizeClass);
  }

  /** Makes {@link #block} a new one, to be filled and given. */
  private void newBlock(int sizeClass) throws E {
    if (sizeClass == Blocks.PAGE) {
      blockNumber = nextNumber();
      block = wholeBlock;
      blockAt = 0;
    } else {
      var page = openPage(sizeClass);
      block = page.page;
      blockAt = page.usedBytes;
      blockNumber = page.number + blockAt / Blocks.UNIT_BYTES;
      page.usedBytes += Blocks.bytes(sizeClass);
    }
    usedBytes += Blocks.bytes(sizeClass);
  }

  /** Gives the block out, if it is a page; returns its number. */
  private int giveBlock(int sizeClass) throws E {
    if (sizeClass == Blocks.PAGE) {
      give(blockNumber, false, wholeBlock);
    }
    return blockNumber;
  }

  private static void clear(ByteBuffer memory, int at, int size) {
    for (var i = at; i < at + size; i++) {
      memory.put(i, (byte) 0);
    }
  }

  /** A page of the class with room for one block. */
  private Open openPage(int sizeClass) throws E {
    var page = open[sizeClass];
    if (page == null) {
      page = new Open();
      open[sizeClass] = page;
    }
    if (page.usedBytes == Blocks.PAGE_BYTES) {
      if (page.number != 0) {
        give(page.number, false, page.page);
      }
      page.number = nextNumber();
      page.usedBytes = 0;
    }
    return page;
  }

  /** Gives the class's last page out; returns the first of its free blocks, or 0. */
  private int close(Open last, int sizeClass) throws E {
    var free = 0;
    var size = Blocks.bytes(sizeClass);
    for (var at = Blocks.PAGE_BYTES - size; at >= last.usedBytes; at -= size) {
      clear(last.page, at, size);
      Blocks.markFree(last.page, at, free);
      free = last.number + at / Blocks.UNIT_BYTES;
    }
    give(last.number, false, last.page);
    return free;
  }

  private int nextNumber() {
    return ++pages * Blocks.PAGE_UNITS;
  }

  private void give(int number, boolean isTreePage, ByteBuffer page) throws E {
    var size = PageRecord.pack(number, isTreePage, page, record);
    givenBytes += size;
    sink.take(record, size);
  }
}
