package dev.kvorum.storage.index;

import dev.kvorum.storage.model.Bytes;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Goes from leaf to leaf of a held view, in the order of the keys. */
final class LeafWalk {
  private final IndexView view;
  private final Slabs slabs;

  /** The pages from the root down, by level, and the slot that leads further down. */
  private final int[] pages = new int[PageTree.MAX_HEIGHT];

  private final int[] slots = new int[PageTree.MAX_HEIGHT];

  LeafWalk(IndexView view) {
    this.view = view;
    slabs = view.slabs();
  }

  /** Goes to the leaf that the key belongs into, or to the first leaf. */
  void seek(@Nullable Bytes key) {
    descend(view.root(), view.height() - 1, key);
  }

  private void descend(int top, int topLevel, @Nullable Bytes key) {
    var page = top;
    for (var level = topLevel; level > 0; level--) {
      var memory = slabs.memory(page);
      var at = view.page(memory, page, level);
      pages[level] = page;
      slots[level] = key == null ? 0 : Page.childSlot(slabs, memory, at, key);
      page = Page.child(memory, at, slots[level]);
    }
    pages[0] = page;
  }

  /**
   * Goes to the next leaf.
   *
   * @return the lowest key that may be in it; null if there is no further leaf
   */
  @Nullable Bytes next() {
    for (var level = 1; level < view.height(); level++) {
      var memory = slabs.memory(pages[level]);
      var at = slabs.offset(pages[level]);
      if (slots[level] + 1 < Page.count(memory, at)) {
        slots[level]++;
        descend(Page.child(memory, at, slots[level]), level - 1, null);
        return Page.key(slabs, memory, at, slots[level]);
      }
    }
    return null;
  }

  /** The memory that the leaf is in. */
  ByteBuffer memory() {
    return slabs.memory(pages[0]);
  }

  /** Where in it the leaf begins. */
  int at() {
    return view.page(memory(), pages[0], 0);
  }
}
