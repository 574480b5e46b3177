package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A leaf: keys in order, each with its {@link KeyHistory}. */
final class IndexLeaf extends IndexPage {
  private final byte[][] keys;
  private final long[][] histories;

  /** The used part of each history, in longs. */
  private final int[] ends;

  IndexLeaf(long epoch) {
    this(epoch, new byte[CAPACITY][], new long[CAPACITY][], new int[CAPACITY]);
  }

  private IndexLeaf(long epoch, byte[][] keys, long[][] histories, int[] ends) {
    super(epoch);
    this.keys = keys;
    this.histories = histories;
    this.ends = ends;
  }

  @Override
  @Nullable IndexEntry find(Bytes key, long revision) {
    var slot = search(key);
    if (slot < 0) {
      return null;
    }
    var at = KeyHistory.livePosition(histories[slot], ends[slot], revision);
    return at < 0 ? null : KeyHistory.entry(keys[slot], histories[slot], at);
  }

  @Override
  long count(@Nullable Bytes from, @Nullable Bytes to, long revision) {
    var begin = lowerSlot(from);
    var end = to == null ? size : lowerSlot(to);
    if (begin == 0 && end == size && isSettledAt(revision)) {
      return live;
    }
    var count = 0;
    for (var slot = begin; slot < end; slot++) {
      if (KeyHistory.livePosition(histories[slot], ends[slot], revision) >= 0) {
        count++;
      }
    }
    return count;
  }

  @Override
  boolean scan(@Nullable Bytes from, @Nullable Bytes to, long revision, IndexView.Visitor visitor) {
    var end = to == null ? size : lowerSlot(to);
    for (var slot = lowerSlot(from); slot < end; slot++) {
      var at = KeyHistory.livePosition(histories[slot], ends[slot], revision);
      if (at >= 0 && !visitor.visit(KeyHistory.entry(keys[slot], histories[slot], at))) {
        return false;
      }
    }
    return true;
  }

  @Override
  IndexPage add(Addition addition) {
    var leaf = writable(addition.epoch);
    var slot = leaf.search(addition.key);
    if (slot >= 0) {
      leaf.append(slot, addition);
    } else {
      leaf.insert(-slot - 1, addition);
    }
    return leaf;
  }

  private void append(int slot, Addition addition) {
    var end = ends[slot];
    var wasLive = !KeyHistory.isTombstone(histories[slot], end - KeyHistory.STRIDE);
    histories[slot] =
        KeyHistory.append(
            histories[slot],
            end,
            addition.revision,
            addition.createRevision,
            addition.version,
            addition.tombstone,
            addition.recordSize);
    ends[slot] = end + KeyHistory.STRIDE;
    addition.liveDelta = (addition.tombstone ? 0 : 1) - (wasLive ? 1 : 0);
    settle(addition);
  }

  private void insert(int slot, Addition addition) {
    if (size == CAPACITY) {
      // Keys that arrive in ascending order fill their leaf to the end and open a fresh one.
      var middle = slot == size ? size : size / 2;
      var right = splitOff(middle);
      addition.splitOff = right;
      if (slot >= middle) {
        right.insertInto(slot - middle, addition);
      } else {
        insertInto(slot, addition);
      }
      addition.splitKey = right.keys[0];
    } else {
      insertInto(slot, addition);
    }
  }

  private void insertInto(int slot, Addition addition) {
    System.arraycopy(keys, slot, keys, slot + 1, size - slot);
    System.arraycopy(histories, slot, histories, slot + 1, size - slot);
    System.arraycopy(ends, slot, ends, slot + 1, size - slot);
    keys[slot] = addition.key.toArray();
    histories[slot] =
        KeyHistory.of(
            addition.revision,
            addition.createRevision,
            addition.version,
            addition.tombstone,
            addition.recordSize);
    ends[slot] = KeyHistory.STRIDE;
    size++;
    addition.liveDelta = addition.tombstone ? 0 : 1;
    settle(addition);
  }

  private void settle(Addition addition) {
    live += addition.liveDelta;
    newest = Math.max(newest, addition.revision.main());
  }

  private IndexLeaf splitOff(int middle) {
    var right = new IndexLeaf(epoch);
    right.takeOver(this, middle, size);
    Arrays.fill(keys, middle, size, null);
    Arrays.fill(histories, middle, size, null);
    size = middle;
    live -= right.live;
    return right;
  }

  /** Appends the slots {@code [from, to)} of another leaf. */
  private void takeOver(IndexLeaf other, int from, int to) {
    System.arraycopy(other.keys, from, keys, size, to - from);
    System.arraycopy(other.histories, from, histories, size, to - from);
    System.arraycopy(other.ends, from, ends, size, to - from);
    for (var slot = size; slot < size + to - from; slot++) {
      live += KeyHistory.isTombstone(histories[slot], ends[slot] - KeyHistory.STRIDE) ? 0 : 1;
    }
    size += to - from;
    newest = Math.max(newest, other.newest);
  }

  @Override
  @Nullable IndexPage compact(CompactionPass pass) {
    pass.visitedKeys += size;
    for (var slot = 0; slot < size; slot++) {
      if (KeyHistory.compactedStart(histories[slot], ends[slot], pass.revision) > 0) {
        return compacted(pass);
      }
    }
    return this;
  }

  private @Nullable IndexLeaf compacted(CompactionPass pass) {
    var leaf = new IndexLeaf(pass.epoch);
    leaf.live = live;
    leaf.newest = newest;
    for (var slot = 0; slot < size; slot++) {
      var history = histories[slot];
      var end = ends[slot];
      var start = KeyHistory.compactedStart(history, end, pass.revision);
      KeyHistory.forEachBefore(history, start, pass.removed);
      if (start < end) {
        leaf.keys[leaf.size] = keys[slot];
        leaf.histories[leaf.size] = start == 0 ? history : Arrays.copyOfRange(history, start, end);
        leaf.ends[leaf.size] = end - start;
        leaf.size++;
      }
    }
    return leaf.size == 0 ? null : leaf;
  }

  @Override
  IndexPage join(byte[] separator, IndexPage right, long epoch) {
    var leaf = writable(epoch);
    leaf.takeOver((IndexLeaf) right, 0, right.size);
    return leaf;
  }

  private IndexLeaf writable(long epoch) {
    if (this.epoch == epoch) {
      return this;
    }
    var copy = new IndexLeaf(epoch, keys.clone(), histories.clone(), ends.clone());
    copy.size = size;
    copy.live = live;
    copy.newest = newest;
    return copy;
  }

  private int lowerSlot(@Nullable Bytes bound) {
    if (bound == null) {
      return 0;
    }
    var slot = search(bound);
    return slot >= 0 ? slot : -slot - 1;
  }

  /** The slot of the key, or minus the slot where it would be inserted, minus one. */
  private int search(Bytes key) {
    var low = 0;
    var high = size - 1;
    while (low <= high) {
      var middle = (low + high) >>> 1;
      var order = compare(keys[middle], key);
      if (order < 0) {
        low = middle + 1;
      } else if (order > 0) {
        high = middle - 1;
      } else {
        return middle;
      }
    }
    return -low - 1;
  }

  @Override
  void invariant(@Nullable Bytes from, @Nullable Bytes to) {
    var liveKeys = 0;
    for (var slot = 0; slot < size; slot++) {
      var key = Bytes.wrap(keys[slot]);
      var last = ends[slot] - KeyHistory.STRIDE;
      InvariantViolation.check(
          slot == 0 || Bytes.wrap(keys[slot - 1]).compareTo(key) < 0, "keys of a leaf ascend");
      InvariantViolation.check(
          (from == null || from.compareTo(key) <= 0) && (to == null || key.compareTo(to) < 0),
          "a key is within its leaf's bounds");
      InvariantViolation.check(
          KeyHistory.revision(histories[slot], last).main() <= newest,
          "no record is newer than its page says");
      liveKeys += KeyHistory.isTombstone(histories[slot], last) ? 0 : 1;
    }
    InvariantViolation.check(liveKeys == live, "a leaf counts its live keys");
  }
}
