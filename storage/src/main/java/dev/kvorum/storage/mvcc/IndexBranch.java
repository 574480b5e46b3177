package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An inner page. Every key below child {@code i} is at or above separator {@code i} and below
 * separator {@code i + 1}; separator 0 is not used, because the page's own bounds hold there.
 */
final class IndexBranch extends IndexPage {
  private final byte[][] separators;
  private final IndexPage[] children;

  private IndexBranch(long epoch, byte[][] separators, IndexPage[] children) {
    super(epoch);
    this.separators = separators;
    this.children = children;
  }

  /** A new root above two pages. */
  static IndexBranch above(long epoch, IndexPage left, byte[] separator, IndexPage right) {
    var branch = new IndexBranch(epoch, new byte[CAPACITY][], new IndexPage[CAPACITY]);
    branch.children[0] = left;
    branch.children[1] = right;
    branch.separators[1] = separator;
    branch.size = 2;
    branch.live = left.live + right.live;
    branch.newest = Math.max(left.newest, right.newest);
    return branch;
  }

  @Override
  @Nullable IndexEntry find(Bytes key, long revision) {
    return children[childSlot(key)].find(key, revision);
  }

  @Override
  long count(@Nullable Bytes from, @Nullable Bytes to, long revision) {
    if (from == null && to == null && isSettledAt(revision)) {
      return live;
    }
    var first = from == null ? 0 : childSlot(from);
    var last = to == null ? size - 1 : childSlot(to);
    var count = 0L;
    for (var slot = first; slot <= last; slot++) {
      count +=
          children[slot].count(slot == first ? from : null, slot == last ? to : null, revision);
    }
    return count;
  }

  @Override
  boolean scan(@Nullable Bytes from, @Nullable Bytes to, long revision, IndexView.Visitor visitor) {
    var first = from == null ? 0 : childSlot(from);
    var last = to == null ? size - 1 : childSlot(to);
    for (var slot = first; slot <= last; slot++) {
      var child = children[slot];
      var onlyDead = child.live == 0 && child.isSettledAt(revision);
      if (!onlyDead
          && !child.scan(
              slot == first ? from : null, slot == last ? to : null, revision, visitor)) {
        return false;
      }
    }
    return true;
  }

  @Override
  IndexPage add(Addition addition) {
    var branch = writable(addition.epoch);
    var slot = branch.childSlot(addition.key);
    branch.children[slot] = branch.children[slot].add(addition);
    branch.live += addition.liveDelta;
    branch.newest = Math.max(branch.newest, addition.revision.main());
    var splitOff = addition.splitOff;
    if (splitOff != null) {
      addition.splitOff = null;
      branch.insert(slot + 1, splitOff, addition);
    }
    return branch;
  }

  private void insert(int slot, IndexPage child, Addition addition) {
    if (size < CAPACITY) {
      insertInto(slot, addition.splitKey, child);
      return;
    }
    // As in a leaf: growth at the end leaves full pages behind.
    var middle = slot == size ? size - 1 : size / 2;
    var right = new IndexBranch(epoch, new byte[CAPACITY][], new IndexPage[CAPACITY]);
    right.takeOver(this, middle, size);
    Arrays.fill(separators, middle, size, null);
    Arrays.fill(children, middle, size, null);
    size = middle;
    if (slot > middle) {
      right.insertInto(slot - middle, addition.splitKey, child);
    } else {
      insertInto(slot, addition.splitKey, child);
    }
    recount();
    right.recount();
    addition.splitOff = right;
    addition.splitKey = right.separators[0];
  }

  private void insertInto(int slot, byte[] separator, IndexPage child) {
    System.arraycopy(separators, slot, separators, slot + 1, size - slot);
    System.arraycopy(children, slot, children, slot + 1, size - slot);
    separators[slot] = separator;
    children[slot] = child;
    size++;
  }

  /** Appends the slots {@code [from, to)} of another branch. */
  private void takeOver(IndexBranch other, int from, int to) {
    System.arraycopy(other.separators, from, separators, size, to - from);
    System.arraycopy(other.children, from, children, size, to - from);
    size += to - from;
  }

  private void recount() {
    live = 0;
    newest = 0;
    for (var slot = 0; slot < size; slot++) {
      live += children[slot].live;
      newest = Math.max(newest, children[slot].newest);
    }
  }

  @Override
  @Nullable IndexPage compact(CompactionPass pass) {
    var slot = pass.from == null ? 0 : childSlot(pass.from);
    var before = children[slot];
    var after = before.compact(pass);
    if (pass.next == null && slot + 1 < size) {
      pass.next = separators[slot + 1];
    }
    if (after == before) {
      return this;
    }
    var branch = writable(pass.epoch);
    if (after == null) {
      branch.remove(slot);
    } else {
      branch.children[slot] = after;
      if (after.size < SMALL) {
        branch.joinSmall(slot, pass.epoch);
      }
    }
    return branch.size == 0 ? null : branch;
  }

  /** Joins the small child with a neighbour if both fit in one page with room to grow. */
  private void joinSmall(int slot, long epoch) {
    var left = slot > 0 ? slot - 1 : slot;
    if (left + 1 < size && children[left].size + children[left + 1].size <= CAPACITY / 2) {
      children[left] = children[left].join(separators[left + 1], children[left + 1], epoch);
      remove(left + 1);
    }
  }

  private void remove(int slot) {
    System.arraycopy(separators, slot + 1, separators, slot, size - slot - 1);
    System.arraycopy(children, slot + 1, children, slot, size - slot - 1);
    size--;
    Arrays.fill(separators, size, size + 1, null);
    Arrays.fill(children, size, size + 1, null);
  }

  @Override
  IndexPage join(byte[] separator, IndexPage right, long epoch) {
    var branch = writable(epoch);
    var joint = branch.size;
    branch.takeOver((IndexBranch) right, 0, right.size);
    branch.separators[joint] = separator;
    branch.recount();
    return branch;
  }

  /** The only child of a root that is not needed any more, or null. */
  @Nullable IndexPage onlyChild() {
    return size == 1 ? children[0] : null;
  }

  private IndexBranch writable(long epoch) {
    if (this.epoch == epoch) {
      return this;
    }
    var copy = new IndexBranch(epoch, separators.clone(), children.clone());
    copy.size = size;
    copy.live = live;
    copy.newest = newest;
    return copy;
  }

  /** The child whose bounds hold the key. */
  private int childSlot(Bytes key) {
    var low = 1;
    var high = size - 1;
    while (low <= high) {
      var middle = (low + high) >>> 1;
      if (compare(separators[middle], key) <= 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return high;
  }

  @Override
  void invariant(@Nullable Bytes from, @Nullable Bytes to) {
    var liveKeys = 0L;
    for (var slot = 0; slot < size; slot++) {
      var child = children[slot];
      var lower = slot == 0 ? from : Bytes.wrap(separators[slot]);
      var upper = slot + 1 == size ? to : Bytes.wrap(separators[slot + 1]);
      child.invariant(lower, upper);
      InvariantViolation.check(child.size > 0, "a page below a branch is not empty");
      InvariantViolation.check(child.newest <= newest, "no page is newer than its parent says");
      InvariantViolation.check(child.epoch <= epoch, "no page is younger than its parent");
      liveKeys += child.live;
    }
    InvariantViolation.check(liveKeys == live, "a branch counts the live keys below it");
  }
}
