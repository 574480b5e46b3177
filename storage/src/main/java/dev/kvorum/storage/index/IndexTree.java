package dev.kvorum.storage.index;

import dev.kvorum.storage.index.KeyHistory.Compacted;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The writer's side of the index: puts records into the leaves of a {@link PageTree} and takes them
 * out again.
 */
final class IndexTree {
  private final Blocks blocks;
  private final KeyHistory history;
  private final PageTree pages;
  private final byte[] cell =
      new byte[1 + Page.HEAD_BYTES + Page.TAIL_BYTES + KeyHistory.MAX_BODY_BYTES];

  /** Slots of the cells that a delete takes, in their order; as many as a page can have. */
  private final int[] doomed = new int[Blocks.PAGE_BYTES / Page.SLOT_BYTES];

  /** The key that a visitor is shown. */
  private byte[] toldKey = new byte[Page.HEAD_BYTES];

  /** What a delete replaces. */
  private final RecordCursor replaced = new RecordCursor();

  private long live;
  private long newest;

  /** Keys in the leaf that the last {@link #compactLeaf} looked at. */
  private int visitedKeys;

  IndexTree(Blocks blocks, Retired retired) {
    this.blocks = blocks;
    history = new KeyHistory(blocks, retired);
    pages = new PageTree(blocks, retired);
  }

  /** A tree of pages of the first epoch, which the blocks hold already. */
  IndexTree(Blocks blocks, Retired retired, IndexSummary summary) {
    this.blocks = blocks;
    history = new KeyHistory(blocks, retired);
    pages = new PageTree(blocks, retired, summary.root(), summary.height());
    live = summary.live();
    newest = summary.newest();
  }

  Slabs slabs() {
    return blocks.slabs();
  }

  int root() {
    return pages.root();
  }

  /** Levels; 1 is a leaf alone. */
  int height() {
    return pages.height();
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
    return pages.nextEpoch();
  }

  /** Notes a record; records of one key ascend by revision. */
  void add(Bytes key, NewRecord next) {
    pages.seekWritable(key);
    newest = Math.max(newest, next.main);
    var memory = pages.memory(pages.leaf());
    var at = pages.offset(pages.leaf());
    var slot = Page.search(slabs(), memory, at, 0, key);
    live += slot >= 0 ? append(memory, at, slot, next) : insert(memory, at, -slot - 1, key, next);
  }

  /** Returns how the number of live keys changes. */
  private int append(ByteBuffer memory, int at, int slot, NewRecord next) {
    var wasLive = !KeyHistory.isTombstone(memory, at, slot);
    var delta = (next.tombstone ? 0 : 1) - (wasLive ? 1 : 0);
    history.append(memory, at, slot, next);
    var growth = history.bodySize - (Page.cellEnd(memory, at, slot) - Page.body(memory, at, slot));
    if (growth <= Page.freeBytes(memory, at)) {
      Page.replaceBody(memory, at, slot, history.body, history.bodySize);
      pages.leafChanged(delta, next.main);
    } else {
      pages.builder.begin(0);
      pages.builder.addAll(memory, at);
      pages.builder.setBody(slot, history.body, history.bodySize);
      pages.storeLeaf(false, delta, next.main);
    }
    return delta;
  }

  /** Returns how the number of live keys changes. */
  private int insert(ByteBuffer memory, int at, int slot, Bytes key, NewRecord next) {
    history.begin(next);
    var tail = LongKeys.store(blocks, key);
    var delta = next.tombstone ? 0 : 1;
    if (Page.hasPrefixOf(memory, at, key)) {
      var size = makeCell(key, Page.prefixSize(memory, at), tail);
      if (size + Page.SLOT_BYTES <= Page.freeBytes(memory, at)) {
        Page.insert(memory, at, slot, cell, size);
        pages.leafChanged(delta, next.main);
        return delta;
      }
    }
    var isLast = slot == Page.count(memory, at);
    pages.builder.begin(0);
    pages.builder.addAll(memory, at);
    pages.builder.insert(slot, key, tail, history.body, history.bodySize);
    pages.storeLeaf(isLast, delta, next.main);
    return delta;
  }

  private int makeCell(Bytes key, int prefix, long tail) {
    var head = Math.min(key.size(), Page.HEAD_BYTES);
    cell[0] = (byte) (head - prefix);
    System.arraycopy(key.sharedArray(), key.offset() + prefix, cell, 1, head - prefix);
    var end = 1 + head - prefix;
    if (head == Page.HEAD_BYTES) {
      ByteBuffer.wrap(cell).order(ByteOrder.LITTLE_ENDIAN).putLong(end, tail);
      end += Page.TAIL_BYTES;
    }
    System.arraycopy(history.body, 0, cell, end, history.bodySize);
    return end + history.bodySize;
  }

  /**
   * Deletes live keys of one leaf that are in {@code [from, to)}: those that come first.
   *
   * @param tombstone of the first; its sub revision is counted up
   * @return where a further call begins, or null when no key of the interval can be alive
   */
  @Nullable Bytes deleteInLeaf(
      Bytes from,
      @Nullable Bytes to,
      int maxKeys,
      NewRecord tombstone,
      KeyIndex.DeleteVisitor visitor) {
    if (!pages.seekLive(from)) {
      return null;
    }
    var memory = pages.memory(pages.leaf());
    var at = pages.offset(pages.leaf());
    var count = Page.count(memory, at);
    var end = to == null ? count : lowerSlot(memory, at, to);
    var slot = lowerSlot(memory, at, from);
    var found = 0;
    for (; slot < end && found < maxKeys; slot++) {
      if (!KeyHistory.isTombstone(memory, at, slot)) {
        doomed[found++] = slot;
      }
    }
    var rest =
        slot < end ? Page.key(slabs(), memory, at, slot) : end == count ? pages.behindLeaf() : null;
    bury(found, tombstone, visitor);
    return rest != null && (to == null || rest.compareTo(to) < 0) ? rest : null;
  }

  private int lowerSlot(ByteBuffer memory, int at, Bytes bound) {
    var slot = Page.search(slabs(), memory, at, 0, bound);
    return slot >= 0 ? slot : -slot - 1;
  }

  /**
   * Deletes those that live of the keys which belong into one leaf, that of the first.
   *
   * @param keys in ascending order, from the index {@code first} on
   * @param tombstone of the first; its sub revision is counted up
   * @return the index of the first key that belongs into another leaf, or how many keys there are
   */
  int deleteInLeaf(
      List<Bytes> keys, int first, NewRecord tombstone, KeyIndex.DeleteVisitor visitor) {
    pages.seek(keys.get(first));
    var memory = pages.memory(pages.leaf());
    var at = pages.offset(pages.leaf());
    var behind = first + 1 < keys.size() ? pages.behindLeaf() : null;
    var from = 0;
    var found = 0;
    var next = first;
    do {
      var slot = Page.search(slabs(), memory, at, from, keys.get(next));
      from = slot >= 0 ? slot + 1 : -slot - 1;
      if (slot >= 0 && !KeyHistory.isTombstone(memory, at, slot)) {
        doomed[found++] = slot;
      }
      next++;
      InvariantViolation.check(
          next == keys.size() || keys.get(next - 1).compareTo(keys.get(next)) < 0,
          "keys that are deleted together ascend");
    } while (next < keys.size() && (behind == null || keys.get(next).compareTo(behind) < 0));
    bury(found, tombstone, visitor);
    return next;
  }

  /** Puts tombstones on the first {@link #doomed} cells of the path's leaf. */
  private void bury(int count, NewRecord tombstone, KeyIndex.DeleteVisitor visitor) {
    if (count == 0) {
      return;
    }
    pages.makePathWritable();
    newest = Math.max(newest, tombstone.main);
    var memory = pages.memory(pages.leaf());
    var at = pages.offset(pages.leaf());
    if (count == 1) {
      tell(memory, at, doomed[0], tombstone, visitor);
      live += append(memory, at, doomed[0], tombstone);
      tombstone.sub++;
      return;
    }
    var cells = Page.count(memory, at);
    var builder = pages.builder;
    builder.begin(0);
    var buried = 0;
    for (var slot = 0; slot < cells; slot++) {
      if (buried < count && doomed[buried] == slot) {
        tell(memory, at, slot, tombstone, visitor);
        history.append(memory, at, slot, tombstone);
        builder.add(memory, at, slot, history.body, history.bodySize);
        tombstone.sub++;
        buried++;
      } else {
        builder.add(memory, at, slot);
      }
    }
    live -= count;
    pages.storeLeaf(false, -count, tombstone.main);
  }

  /** Shows the visitor a key that goes; it knows the size of the record that says so. */
  private void tell(
      ByteBuffer memory, int at, int slot, NewRecord tombstone, KeyIndex.DeleteVisitor visitor) {
    var size = Page.keySize(memory, at, slot);
    if (size > toldKey.length) {
      toldKey = new byte[2 * size];
    }
    Page.copyKey(slabs(), memory, at, slot, toldKey);
    replaced.start(slabs(), memory, at, slot);
    tombstone.recordSize = visitor.visit(toldKey, size, replaced.main, replaced.sub);
  }

  /**
   * Compacts the leaf that holds the key, or the first leaf; see {@link KeyIndex#compact}.
   *
   * @return the lowest key that the next leaf can hold, or null if it was the last
   */
  @Nullable Bytes compactLeaf(
      @Nullable Bytes from, long revision, KeyIndex.RemovedVisitor removed) {
    pages.seek(from);
    var next = pages.behindLeaf();
    var memory = pages.memory(pages.leaf());
    var at = pages.offset(pages.leaf());
    visitedKeys = Page.count(memory, at);
    if (collectKept(memory, at, revision, removed)) {
      pages.makePathWritable();
      pages.shrinkLeaf();
    }
    return next;
  }

  int visitedKeys() {
    return visitedKeys;
  }

  /** Puts what a compaction leaves of the leaf into the builder; false if that is everything. */
  private boolean collectKept(
      ByteBuffer memory, int at, long revision, KeyIndex.RemovedVisitor removed) {
    var count = Page.count(memory, at);
    var slot = 0;
    while (slot < count && !KeyHistory.mayShrink(memory, at, slot)) {
      slot++;
    }
    if (slot == count) {
      return false;
    }
    var isChanged = false;
    var builder = pages.builder;
    builder.begin(0);
    for (slot = 0; slot < count; slot++) {
      var compacted =
          KeyHistory.mayShrink(memory, at, slot)
              ? history.compact(memory, at, slot, revision, removed)
              : Compacted.UNCHANGED;
      isChanged |= compacted != Compacted.UNCHANGED;
      switch (compacted) {
        case UNCHANGED -> builder.add(memory, at, slot);
        case SHORTER -> builder.add(memory, at, slot, history.body, history.bodySize);
        case GONE -> pages.retireTail(memory, at, slot);
      }
    }
    return isChanged;
  }

  /** Throws unless every page is in order; walks the whole index. */
  TreeCheck.Found check() {
    var found = new TreeCheck(slabs()).check(pages.root(), pages.height() - 1, null, null);
    InvariantViolation.check(found.live() == live, "the tree counts its live keys");
    InvariantViolation.check(found.newest() <= newest, "no record is newer than the tree says");
    return found;
  }
}
