package dev.kvorum.storage.index;

import java.nio.ByteBuffer;

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

  /** Packs the page at the beginning of its memory; returns the record's size. */
  static int pack(int number, boolean isTreePage, ByteBuffer page, ByteBuffer target) {
    target.putInt(0, isTreePage ? number | TREE_PAGE : number);
    if (!isTreePage) {
      target.put(NUMBER_BYTES, page, 0, Blocks.PAGE_BYTES);
      return MAX_BYTES;
    }
    var end = Page.end(page, 0);
    var slots = Page.SLOT_BYTES * Page.count(page, 0);
    target.put(NUMBER_BYTES, page, 0, end);
    target.put(NUMBER_BYTES + end, page, Blocks.PAGE_BYTES - slots, slots);
    return NUMBER_BYTES + end + slots;
  }

  static int number(ByteBuffer source, int at) {
    return source.getInt(at) & ~TREE_PAGE;
  }

  /**
   * The size of the record that begins at {@code at}.
   *
   * @param to where what is known of the source ends
   * @throws DamagedExportException if no whole record can stand there
   */
  static int size(ByteBuffer source, int at, int to) throws DamagedExportException {
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

  private static boolean isTreePage(ByteBuffer source, int at) {
    return (source.getInt(at) & TREE_PAGE) != 0;
  }

  /** Unpacks the record, whose {@link #size} was found, into a page. */
  static void unpack(ByteBuffer source, int at, ByteBuffer target, int targetAt) {
    var page = at + NUMBER_BYTES;
    if (!isTreePage(source, at)) {
      target.put(targetAt, source, page, Blocks.PAGE_BYTES);
      return;
    }
    var end = Page.end(source, page);
    var slots = Page.SLOT_BYTES * Page.count(source, page);
    target.put(targetAt, source, page, end);
    target.put(targetAt + Blocks.PAGE_BYTES - slots, source, page + end, slots);
  }
}
