package dev.kvorum.storage.index;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The cells of a page, or of more than one, spread out in an array: for everything that cannot be
 * done inside of a page, such as splitting and joining. Reused.
 */
final class PageBuilder {
  private int level;
  private int count;

  /** Where each cell's head begins and how long it is; its tail reference; its body. */
  private int[] headAt = new int[128];

  private int[] headSize = new int[128];
  private long[] tail = new long[128];
  private int[] bodyAt = new int[128];
  private int[] bodySize = new int[128];

  private byte[] bytes = new byte[16 << 10];
  private int used;

  void begin(int ofLevel) {
    level = ofLevel;
    count = 0;
    used = 0;
  }

  int count() {
    return count;
  }

  /** Appends all cells of the page. */
  void addAll(ByteBuffer memory, int at) {
    var cells = Page.count(memory, at);
    for (var slot = 0; slot < cells; slot++) {
      add(memory, at, slot);
    }
  }

  /** Appends a copy of the cell. */
  void add(ByteBuffer memory, int at, int slot) {
    var body = Page.body(memory, at, slot);
    var size = Page.cellEnd(memory, at, slot) - body;
    addKey(memory, at, slot);
    ensure(size);
    memory.get(at + body, bytes, used, size);
    endBody(count - 1, size);
  }

  /** Appends a cell with the key of that one and another body. */
  void add(ByteBuffer memory, int at, int slot, byte[] body, int size) {
    addKey(memory, at, slot);
    ensure(size);
    System.arraycopy(body, 0, bytes, used, size);
    endBody(count - 1, size);
  }

  private void addKey(ByteBuffer memory, int at, int slot) {
    var head = Page.headSize(memory, at, slot);
    var reference =
        Page.isLong(memory, at, slot) ? memory.getLong(at + Page.tail(memory, at, slot)) : 0;
    open(count);
    ensure(head);
    Page.copyHead(memory, at, slot, bytes, used);
    endHead(count - 1, head, reference);
  }

  /** Inserts a cell whose key is {@code key}, with its tail stored already if it is long. */
  void insert(int slot, Bytes key, long tailReference, byte[] body, int size) {
    var head = Math.min(key.size(), Page.HEAD_BYTES);
    open(slot);
    ensure(head + size);
    System.arraycopy(key.sharedArray(), key.offset(), bytes, used, head);
    endHead(slot, head, tailReference);
    System.arraycopy(body, 0, bytes, used, size);
    endBody(slot, size);
  }

  /** Inserts a branch's cell; the separator is where {@link Separator} has it. */
  void insertChild(int slot, Separator separator, int child, long live, long newest) {
    open(slot);
    ensure(separator.size + Page.BRANCH_BODY_BYTES);
    System.arraycopy(separator.head, 0, bytes, used, separator.size);
    endHead(slot, separator.size, separator.tail);
    putNumber(used, child, 4);
    putNumber(used + 4, live, 6);
    putNumber(used + 10, newest, 6);
    endBody(slot, Page.BRANCH_BODY_BYTES);
  }

  private void putNumber(int at, long value, int size) {
    for (var i = 0; i < size; i++) {
      bytes[at + i] = (byte) (value >>> (Byte.SIZE * i));
    }
  }

  void setBody(int slot, byte[] body, int size) {
    ensure(size);
    System.arraycopy(body, 0, bytes, used, size);
    endBody(slot, size);
  }

  void setSeparator(int slot, Separator separator) {
    ensure(separator.size);
    System.arraycopy(separator.head, 0, bytes, used, separator.size);
    endHead(slot, separator.size, separator.tail);
  }

  void remove(int slot) {
    shift(slot + 1, slot);
    count--;
  }

  private void open(int slot) {
    if (count == headAt.length) {
      headAt = Arrays.copyOf(headAt, 2 * count);
      headSize = Arrays.copyOf(headSize, 2 * count);
      tail = Arrays.copyOf(tail, 2 * count);
      bodyAt = Arrays.copyOf(bodyAt, 2 * count);
      bodySize = Arrays.copyOf(bodySize, 2 * count);
    }
    shift(slot, slot + 1);
    count++;
  }

  private void shift(int from, int to) {
    var moved = count - from;
    System.arraycopy(headAt, from, headAt, to, moved);
    System.arraycopy(headSize, from, headSize, to, moved);
    System.arraycopy(tail, from, tail, to, moved);
    System.arraycopy(bodyAt, from, bodyAt, to, moved);
    System.arraycopy(bodySize, from, bodySize, to, moved);
  }

  private void ensure(int size) {
    if (bytes.length - used < size) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, used + size));
    }
  }

  private void endHead(int slot, int size, long reference) {
    headAt[slot] = used;
    headSize[slot] = size;
    tail[slot] = reference;
    used += size;
  }

  private void endBody(int slot, int size) {
    bodyAt[slot] = used;
    bodySize[slot] = size;
    used += size;
  }

  /** What the page would hold if it had the cells {@code [from, to)}. */
  int size(int from, int to) {
    var first = firstWithKey(from);
    var prefix = prefix(first, to);
    var size = Page.HEADER_BYTES + prefix + Page.SLOT_BYTES * (to - from);
    for (var slot = from; slot < to; slot++) {
      size += 1 + bodySize[slot];
      if (slot >= first) {
        size += headSize[slot] - prefix + (isLong(slot) ? Page.TAIL_BYTES : 0);
      }
    }
    return size;
  }

  private int firstWithKey(int from) {
    return level == 0 ? from : from + 1;
  }

  private boolean isLong(int slot) {
    return headSize[slot] == Page.HEAD_BYTES;
  }

  /** What all heads share: what the first and the last do, because they are in order. */
  private int prefix(int first, int to) {
    return first >= to ? 0 : common(first, to - 1);
  }

  private int common(int left, int right) {
    var mismatch =
        Arrays.mismatch(
            bytes,
            headAt[left],
            headAt[left] + headSize[left],
            bytes,
            headAt[right],
            headAt[right] + headSize[right]);
    return mismatch < 0 ? headSize[left] : mismatch;
  }

  /**
   * Where to cut {@code [from, to)} in two: in the middle of its bytes, or before the last cell if
   * that is {@code appended}, so that keys in ascending order leave full pages behind.
   */
  int middle(int from, int to, boolean appended) {
    if (appended) {
      return to - 1;
    }
    var total = 0;
    for (var slot = from; slot < to; slot++) {
      total += headSize[slot] + bodySize[slot];
    }
    var left = 0;
    var slot = from;
    while (slot < to - 1 && 2 * left < total) {
      left += headSize[slot] + bodySize[slot];
      slot++;
    }
    return Math.max(slot, from + 1);
  }

  /** Writes the cells {@code [from, to)} into a page, over whatever is there. */
  void write(ByteBuffer memory, int at, long epoch, int from, int to) {
    InvariantViolation.check(
        size(from, to) <= Blocks.PAGE_BYTES, "a page holds what it is made for");
    Page.format(memory, at, level, epoch);
    var first = firstWithKey(from);
    var prefix = prefix(first, to);
    if (prefix > 0) {
      Page.setPrefix(memory, at, bytes, headAt[first], prefix);
    }
    for (var slot = from; slot < to; slot++) {
      var suffix = slot < first ? 0 : headSize[slot] - prefix;
      var end = Page.append(memory, at, suffix);
      memory.put(end, bytes, headAt[slot] + prefix, suffix);
      end += suffix;
      if (slot >= first && isLong(slot)) {
        memory.putLong(end, tail[slot]);
        end += Page.TAIL_BYTES;
      }
      memory.put(end, bytes, bodyAt[slot], bodySize[slot]);
      Page.setEnd(memory, at, end + bodySize[slot] - at);
    }
  }

  /** Takes the key of a branch's cell as a separator, with its tail. */
  void takeSeparator(int slot, Separator to) {
    to.size = headSize[slot];
    to.tail = tail[slot];
    System.arraycopy(bytes, headAt[slot], to.head, 0, to.size);
  }

  /** The shortest separator that is above the key before the slot and not above the slot's. */
  void makeSeparator(int slot, Separator to, Blocks blocks) {
    var common = common(slot - 1, slot);
    to.size = Math.min(common + 1, headSize[slot]);
    System.arraycopy(bytes, headAt[slot], to.head, 0, to.size);
    // Two heads of full length that are equal are told apart by what follows them.
    to.tail = common == Page.HEAD_BYTES ? LongKeys.copyOf(blocks, tail[slot]) : 0;
  }
}
