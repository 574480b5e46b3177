package dev.kvorum.storage.index;

import dev.kvorum.storage.model.InvariantViolation;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Memory in blocks of {@value #UNIT_BYTES} bytes times a power of two, up to a page. A block is
 * named by a number: the slab it is in and its place there, counted in units; 0 names none.
 *
 * <p>Blocks smaller than a page are cut from pages and do not grow together again; what one key's
 * history gives back is used by another's.
 */
final class Blocks {
  static final int UNIT_BYTES = 64;

  /** The class of a page; a block of class {@code c} has {@code UNIT_BYTES << c} bytes. */
  static final int PAGE = 4;

  static final int PAGE_BYTES = UNIT_BYTES << PAGE;

  /** The first byte of a block that nobody uses: neither a page's level nor a block's class. */
  static final byte FREE_MARK = (byte) 0xf7;

  private static final int NEXT_FREE = 4;

  /** By so much the numbers of neighbouring pages differ. */
  static final int PAGE_UNITS = PAGE_BYTES / UNIT_BYTES;

  private final IndexMemory memory;

  /** Replaced with every slab that is added, so a reader keeps those that it was given. */
  private Slabs slabs;

  /** The first unit of the newest slab that was never used. */
  private int nextUnit;

  private final int[] firstFree = new int[PAGE + 1];
  private long usedBytes;

  Blocks(IndexMemory memory) {
    this.memory = memory;
    var units = memory.slabBytes() / UNIT_BYTES;
    InvariantViolation.check(Integer.bitCount(units) == 1, "a slab's size is a power of two");
    slabs = new Slabs(new ByteBuffer[0], Integer.numberOfTrailingZeros(units));
    nextUnit = units;
  }

  static int bytes(int sizeClass) {
    return UNIT_BYTES << sizeClass;
  }

  /** The smallest class that holds so many bytes, or that of a page. */
  static int classOf(int bytes) {
    var sizeClass = 0;
    while (sizeClass < PAGE && bytes(sizeClass) < bytes) {
      sizeClass++;
    }
    return sizeClass;
  }

  /** What a reader needs to find the blocks that exist now. */
  Slabs slabs() {
    return slabs;
  }

  /** A block of that class, with whatever was in it before. */
  int allocate(int sizeClass) {
    usedBytes += bytes(sizeClass);
    if (firstFree[sizeClass] == 0) {
      if (sizeClass == PAGE) {
        return freshPage();
      }
      cutPage(sizeClass);
    }
    var block = firstFree[sizeClass];
    var memory = slabs.memory(block);
    var at = slabs.offset(block);
    InvariantViolation.check(memory.get(at) == FREE_MARK, "a free block stays free");
    firstFree[sizeClass] = memory.getInt(at + NEXT_FREE);
    memory.put(at, (byte) 0);
    return block;
  }

  private int freshPage() {
    if (nextUnit > slabs.mask()) {
      // Block 0 is nobody's.
      nextUnit = slabs.count() == 0 ? PAGE_UNITS : 0;
      slabs = slabs.with(memory.newSlab());
    }
    var block = slabs.firstBlock(slabs.count() - 1) + nextUnit;
    nextUnit += PAGE_UNITS;
    return block;
  }

  private void cutPage(int sizeClass) {
    var page = firstFree[PAGE] == 0 ? freshPage() : takeFreePage();
    var units = 1 << sizeClass;
    for (var unit = PAGE_UNITS - units; unit >= 0; unit -= units) {
      link(page + unit, sizeClass);
    }
  }

  private int takeFreePage() {
    var page = firstFree[PAGE];
    firstFree[PAGE] = slabs.memory(page).getInt(slabs.offset(page) + NEXT_FREE);
    return page;
  }

  /** Makes the block free; nobody may be able to see it any more. */
  void free(int block, int sizeClass) {
    InvariantViolation.check(
        slabs.memory(block).get(slabs.offset(block)) != FREE_MARK, "a block is freed once");
    usedBytes -= bytes(sizeClass);
    link(block, sizeClass);
  }

  private void link(int block, int sizeClass) {
    markFree(slabs.memory(block), slabs.offset(block), firstFree[sizeClass]);
    firstFree[sizeClass] = block;
  }

  /** Makes the block that begins there a free one, with the next free one of its class, or 0. */
  static void markFree(ByteBuffer memory, int at, int next) {
    memory.put(at, FREE_MARK);
    memory.putInt(at + NEXT_FREE, next);
  }

  /** Takes memory for the page of that number, of an index that is put together from its pages. */
  void adopt(int page) {
    while (page >= slabs.firstBlock(slabs.count())) {
      slabs = slabs.with(memory.newSlab());
    }
  }

  /**
   * Ends what {@link #adopt} began: the pages are numbered without gaps.
   *
   * @param free by class: the first block of a chain of free ones, 0 for none
   */
  void adopted(int pages, long bytesInUse, List<Integer> free) {
    nextUnit = (pages + 1) * PAGE_UNITS - slabs.firstBlock(slabs.count() - 1);
    usedBytes = bytesInUse;
    for (var sizeClass = 0; sizeClass < PAGE; sizeClass++) {
      firstFree[sizeClass] = free.get(sizeClass);
    }
  }

  /** Bytes taken from the system. */
  long allocatedBytes() {
    return (long) slabs.count() * memory.slabBytes();
  }

  /** Bytes of the blocks in use. */
  long usedBytes() {
    return usedBytes;
  }
}
