package dev.kvorum.storage.index;

import dev.kvorum.storage.model.InvariantViolation;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Copies what a held view shows, page by page, in the order of the keys. Every page gets a new
 * number, and what refers to it is changed in the copy: so nothing that other views use, or nobody,
 * comes along, and {@link IndexImport} puts the pages where their numbers say without looking into
 * them.
 *
 * <p>A page is given out when everything below it was: the root comes last. Blocks smaller than a
 * page are packed into pages of their class, of which the last is given out at the end, its rest
 * chained as free blocks.
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

  /** A page of small blocks that is being filled. */
  private static final class Open {
    private final ByteBuffer page = newPage();
    private int number;
    private int usedBytes = Blocks.PAGE_BYTES;
  }

  private final IndexView view;
  private final Slabs slabs;
  private final Sink<E> sink;
  private final RecordCursor cursor = new RecordCursor();
  private final ByteBuffer record = IndexMemory.allocate(PageRecord.MAX_BYTES);
  private final ByteBuffer wholeBlock = newPage();
  private final List<ByteBuffer> pageOfLevel = new ArrayList<>();
  private final @Nullable Open[] open = new @Nullable Open[Blocks.PAGE];

  /** The blocks of one chain, the first of them first. */
  private int[] chain = new int[16];

  private int chainLength;
  private int pages;
  private long usedBytes;

  private IndexExport(IndexView view, Sink<E> sink) {
    this.view = view;
    this.slabs = view.slabs();
    this.sink = sink;
  }

  private static ByteBuffer newPage() {
    return IndexMemory.allocate(Blocks.PAGE_BYTES);
  }

  /**
   * Gives all pages of the view to the sink. The caller holds the view until it returns; any thread
   * may call.
   */
  public static <E extends Exception> IndexSummary of(IndexView view, Sink<E> sink) throws E {
    return new IndexExport<E>(view, sink).run();
  }

  private IndexSummary run() throws E {
    view.checkHeld();
    InvariantViolation.check(view.isWhole(), "pages are kept that say everything");
    var root = treePage(view.root(), view.height() - 1);
    var free = new ArrayList<Integer>();
    for (var sizeClass = 0; sizeClass < Blocks.PAGE; sizeClass++) {
      var last = open[sizeClass];
      free.add(last == null ? 0 : close(last, sizeClass));
    }
    return new IndexSummary(
        root, view.height(), view.live(), view.newest(), pages, usedBytes, free);
  }

  /** Gives out the page after everything below it; returns its new number. */
  private int treePage(int page, int level) throws E {
    var memory = slabs.memory(page);
    var from = view.page(memory, page, level);
    while (pageOfLevel.size() <= level) {
      pageOfLevel.add(newPage());
    }
    var copy = pageOfLevel.get(level);
    Page.copy(memory, from, copy, 0);
    Page.setEpoch(copy, 0, PageTree.FIRST_EPOCH);
    var count = Page.count(copy, 0);
    for (var slot = 0; slot < count; slot++) {
      if (Page.isLong(copy, 0, slot)) {
        var tail = Page.tail(copy, 0, slot);
        copy.putInt(tail, longKey(copy.getInt(tail)));
      }
      if (level > 0) {
        Page.setChild(copy, 0, slot, treePage(Page.child(copy, 0, slot), level - 1));
      } else if (KeyHistory.isInBlocks(copy, 0, slot)) {
        cursor.start(slabs, copy, 0, slot);
        copy.putInt(cursor.referenceAt(), history(cursor.dropped()));
      }
    }
    var number = nextNumber();
    usedBytes += Blocks.PAGE_BYTES;
    give(number, true, copy);
    return number;
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

  private int move(int block, int next, int clearFrom, int clearTo) throws E {
    var memory = slabs.memory(block);
    var from = slabs.offset(block);
    var sizeClass = memory.get(from);
    InvariantViolation.check(
        sizeClass >= 0 && sizeClass <= Blocks.PAGE, "a block that a view shows is in use");
    var target = wholeBlock;
    var at = 0;
    int number;
    if (sizeClass == Blocks.PAGE) {
      number = nextNumber();
    } else {
      var page = openPage(sizeClass);
      target = page.page;
      at = page.usedBytes;
      number = page.number + at / Blocks.UNIT_BYTES;
      page.usedBytes += Blocks.bytes(sizeClass);
    }
    target.put(at, memory, from, Blocks.bytes(sizeClass));
    target.putInt(at + NEXT_BLOCK, next);
    clear(target, at + clearFrom, clearTo - clearFrom);
    usedBytes += Blocks.bytes(sizeClass);
    if (sizeClass == Blocks.PAGE) {
      give(number, false, wholeBlock);
    }
    return number;
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
    sink.take(record, PageRecord.pack(number, isTreePage, page, record));
  }
}
