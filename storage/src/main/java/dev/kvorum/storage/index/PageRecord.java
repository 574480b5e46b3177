package dev.kvorum.storage.index;

import java.lang.foreign.MemorySegment;

/**
 * A page on its way out of an index or into one, without the space between its cells and its slots.
 *
 * <pre>
 *   0   number of the page's first block; plus 1 if it is a page of the tree   u32
 *   4   a page of the tree: the header and the cells, then the slots
 *       a page of smaller blocks, or of one that is no page of the tree: all of it
 * </pre>
 */
final class PageRecord {
  static final int NUMBER_BYTES = 4;

  /** No record is larger. */
  static final int MAX_BYTES = NUMBER_BYTES + Blocks.PAGE_BYTES;

  private static final int TREE_PAGE = 1;

  private PageRecord() {}

  /** Packs the page at the segment's beginning; returns the record's size. */
  static int pack(int number, boolean isTreePage, MemorySegment page, MemorySegment target) {
    target.set(Blocks.INT, 0, isTreePage ? number | TREE_PAGE : number);
    if (!isTreePage) {
      MemorySegment.copy(page, 0, target, NUMBER_BYTES, Blocks.PAGE_BYTES);
      return MAX_BYTES;
    }
    var end = Page.end(page, 0);
    var slots = Page.SLOT_BYTES * Page.count(page, 0);
    MemorySegment.copy(page, 0, target, NUMBER_BYTES, end);
    MemorySegment.copy(page, Blocks.PAGE_BYTES - slots, target, NUMBER_BYTES + end, slots);
    return NUMBER_BYTES + end + slots;
  }

  static int number(MemorySegment source, int at) {
    return source.get(Blocks.INT, at) & ~TREE_PAGE;
  }

  /**
   * The size of the record that begins at {@code at}.
   *
   * @param to where what is known of the source ends
   * @throws DamagedExportException if no whole record can stand there
   */
  static int size(MemorySegment source, int at, int to) throws DamagedExportException {
    if (at + NUMBER_BYTES + Page.HEADER_BYTES > to) {
      throw new DamagedExportException("a page is cut off");
    }
    var size = MAX_BYTES;
    if (isTreePage(source, at)) {
      var page = at + NUMBER_BYTES;
      var used = Page.usedBytes(source, page);
      if (Page.end(source, page) < Page.HEADER_BYTES || used > Blocks.PAGE_BYTES) {
        throw new DamagedExportException("a page is overfull");
      }
      size = NUMBER_BYTES + used;
    }
    if (at + size > to) {
      throw new DamagedExportException("a page is cut off");
    }
    return size;
  }

  private static boolean isTreePage(MemorySegment source, int at) {
    return (source.get(Blocks.INT, at) & TREE_PAGE) != 0;
  }

  /** Unpacks the record, whose {@link #size} was found, into a page. */
  static void unpack(MemorySegment source, int at, MemorySegment target, int targetAt) {
    var page = at + NUMBER_BYTES;
    if (!isTreePage(source, at)) {
      MemorySegment.copy(source, page, target, targetAt, Blocks.PAGE_BYTES);
      return;
    }
    var end = Page.end(source, page);
    var slots = Page.SLOT_BYTES * Page.count(source, page);
    MemorySegment.copy(source, page, target, targetAt, end);
    MemorySegment.copy(source, page + end, target, targetAt + Blocks.PAGE_BYTES - slots, slots);
  }
}
