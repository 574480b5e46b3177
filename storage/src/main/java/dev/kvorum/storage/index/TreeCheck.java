package dev.kvorum.storage.index;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import org.jspecify.annotations.Nullable;

/** Looks at every page and every record of a tree. */
final class TreeCheck {
  /** What was found below a page; {@code bytes} are those of all blocks. */
  record Found(long live, long newest, long bytes) {
    Found plus(Found other) {
      return new Found(live + other.live, Math.max(newest, other.newest), bytes + other.bytes);
    }
  }

  private final Slabs slabs;

  TreeCheck(Slabs slabs) {
    this.slabs = slabs;
  }

  /** Throws unless all is in order, and all keys are in {@code [from, to)}. */
  Found check(int page, int level, @Nullable Bytes from, @Nullable Bytes to) {
    var memory = slabs.memory(page);
    var at = slabs.offset(page);
    InvariantViolation.check(Page.level(memory, at) == level, "a page has the level of its place");
    var count = Page.count(memory, at);
    InvariantViolation.check(Page.freeBytes(memory, at) >= 0, "a page is not overfull");
    var found = new Found(0, 0, Blocks.PAGE_BYTES);
    Bytes last = null;
    for (var slot = 0; slot < count; slot++) {
      var hasKey = level == 0 || slot > 0;
      var key = hasKey ? Page.key(slabs, memory, at, slot) : null;
      if (key != null) {
        InvariantViolation.check(last == null || last.compareTo(key) < 0, "keys ascend in a page");
        InvariantViolation.check(
            (from == null || from.compareTo(key) <= 0) && (to == null || key.compareTo(to) < 0),
            "a page's keys are within its bounds");
        last = key;
        found = found.plus(tail(key));
      }
      if (level == 0) {
        found = found.plus(records(page, slot));
      } else {
        var lower = slot == 0 ? from : key;
        var upper = slot + 1 < count ? Page.key(slabs, memory, at, slot + 1) : to;
        var child = Page.child(memory, at, slot);
        var below = check(child, level - 1, lower, upper);
        InvariantViolation.check(
            Page.count(slabs.memory(child), slabs.offset(child)) > 0,
            "a page below a branch is not empty");
        InvariantViolation.check(
            below.live == Page.live(memory, at, slot), "a branch counts the live keys below it");
        InvariantViolation.check(
            below.newest <= Page.newest(memory, at, slot), "no page is newer than its branch says");
        found = found.plus(below);
      }
    }
    return found;
  }

  private static Found tail(Bytes key) {
    return new Found(0, 0, LongKeys.blockBytes(key.size() - Page.HEAD_BYTES));
  }

  private Found records(int leaf, int slot) {
    var cursor = new RecordCursor();
    cursor.start(slabs, slabs.memory(leaf), slabs.offset(leaf), slot);
    var isLive = !cursor.tombstone;
    var newest = cursor.main;
    var bytes = 0L;
    var block = 0;
    do {
      if (cursor.block() != block) {
        block = cursor.block();
        bytes += KeyHistory.blockBytes(slabs.memory(block), slabs.offset(block));
      }
      InvariantViolation.check(
          cursor.main >= cursor.createRevision && cursor.main <= newest,
          "records descend from the newest, and none is older than its key's creation");
    } while (cursor.older());
    return new Found(isLive ? 1 : 0, newest, bytes);
  }
}
