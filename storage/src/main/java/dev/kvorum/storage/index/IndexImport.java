package dev.kvorum.storage.index;

import java.nio.ByteBuffer;

/**
 * Makes an index of exported pages: each is copied to where its number says, and nothing is done
 * for any key. That the bytes are those of an {@link IndexExport} is for the caller to know; here
 * only what would reach outside of the memory is refused.
 */
public final class IndexImport {
  /** Pages of small blocks are given out later than their numbers: one of each class. */
  private static final int OPEN_PAGES = Blocks.PAGE + 1;

  private final Blocks blocks;
  private int pages;
  private int highestPage;

  public IndexImport(IndexMemory memory) {
    blocks = new Blocks(memory);
  }

  /** Takes the pages that stand, one after the other, in {@code [from, to)}. */
  public void add(ByteBuffer bytes, int from, int to) throws DamagedExportException {
    for (var at = from; at < to; ) {
      var size = PageRecord.size(bytes, at, to);
      var number = PageRecord.number(bytes, at);
      var page = number / Blocks.PAGE_UNITS;
      pages++;
      if (number != page * Blocks.PAGE_UNITS || page < 1 || page > pages + OPEN_PAGES) {
        throw new DamagedExportException("a page has the number " + number);
      }
      highestPage = Math.max(highestPage, page);
      blocks.adopt(number);
      var slabs = blocks.slabs();
      PageRecord.unpack(bytes, at, slabs.memory(number), slabs.offset(number));
      at += size;
    }
  }

  /** The index of all the pages. */
  public KeyIndex finish(IndexSummary summary) throws DamagedExportException {
    if (pages != summary.pages() || highestPage != pages) {
      throw new DamagedExportException(
          "%d pages up to number %d, expected %d".formatted(pages, highestPage, summary.pages()));
    }
    checkBlock(summary.root());
    for (var free : summary.freeBlocks()) {
      if (free != 0) {
        checkBlock(free);
      }
    }
    var slabs = blocks.slabs();
    var root = summary.root();
    if (summary.freeBlocks().size() != Blocks.PAGE
        || summary.height() < 1
        || summary.height() > PageTree.MAX_HEIGHT
        || Page.level(slabs.memory(root), slabs.offset(root)) != summary.height() - 1) {
      throw new DamagedExportException("the summary is not of these pages");
    }
    blocks.adopted(pages, summary.usedBytes(), summary.freeBlocks());
    return new KeyIndex(blocks, summary);
  }

  private void checkBlock(int block) throws DamagedExportException {
    if (block < Blocks.PAGE_UNITS || block / Blocks.PAGE_UNITS > pages) {
      throw new DamagedExportException("no page has block " + block);
    }
  }
}
