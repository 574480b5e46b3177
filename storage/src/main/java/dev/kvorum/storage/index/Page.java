package dev.kvorum.storage.index;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.kvorum.storage.model.Bytes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * What a page looks like. Leaves and branches are built alike, from cells in the order of their
 * keys; only the cells' bodies differ.
 *
 * <pre>
 *   0   level, 0 for a leaf         u8
 *   1   size of the prefix          u8
 *   2   number of cells             u16
 *   4   end of the last cell        u16
 *   6   -
 *   8   the writer's epoch          u64
 *  16   the prefix, which all heads share; then the cells without gaps
 *       ...
 *       free
 *       ...
 *       where cell 1 begins         u16
 *       where cell 0 begins         u16
 * </pre>
 *
 * <p>A cell is one byte of size, the rest of its key's head, and its body. The head is the key as
 * far as {@value #HEAD_BYTES} bytes; a key that fills its head is long, and a reference to what
 * follows ({@link LongKeys}) stands between head and body. The first cell of a branch has no key:
 * the page's own lower bound holds there.
 *
 * <p>The body of a branch's cell is the child (u32), the number of live keys below it (u48) and the
 * newest main revision below it (u48); that of a leaf's cell is {@link KeyHistory}'s affair.
 */
final class Page {
  static final int HEADER_BYTES = 16;
  static final int SLOT_BYTES = 2;
  static final int HEAD_BYTES = 192;

  /** The reference to the rest of a long key: a block and a size, u32 each. */
  static final int TAIL_BYTES = 8;

  static final int BRANCH_BODY_BYTES = 16;

  private static final int PREFIX_SIZE = 1;
  private static final int COUNT = 2;
  private static final int END = 4;
  private static final int EPOCH = 8;
  private static final int LIVE = 4;
  private static final int NEWEST = 10;

  private static final ValueLayout.OfLong ORDERED_LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final VarHandle ORDERED_KEY =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private Page() {}

  static void format(MemorySegment segment, int at, int level, long epoch) {
    segment.set(JAVA_BYTE, at, (byte) level);
    segment.set(JAVA_BYTE, at + PREFIX_SIZE, (byte) 0);
    segment.set(Blocks.SHORT, at + COUNT, (short) 0);
    segment.set(Blocks.SHORT, at + END, (short) HEADER_BYTES);
    segment.set(Blocks.SHORT, at + 6, (short) 0);
    segment.set(Blocks.LONG, at + EPOCH, epoch);
  }

  static int level(MemorySegment segment, int at) {
    return segment.get(JAVA_BYTE, at);
  }

  static int prefixSize(MemorySegment segment, int at) {
    return segment.get(JAVA_BYTE, at + PREFIX_SIZE) & 0xff;
  }

  static int count(MemorySegment segment, int at) {
    return segment.get(Blocks.SHORT, at + COUNT) & 0xffff;
  }

  static int end(MemorySegment segment, int at) {
    return segment.get(Blocks.SHORT, at + END) & 0xffff;
  }

  static long epoch(MemorySegment segment, int at) {
    return segment.get(Blocks.LONG, at + EPOCH);
  }

  static void setEpoch(MemorySegment segment, int at, long epoch) {
    segment.set(Blocks.LONG, at + EPOCH, epoch);
  }

  static int freeBytes(MemorySegment segment, int at) {
    return Blocks.PAGE_BYTES - SLOT_BYTES * count(segment, at) - end(segment, at);
  }

  /** Bytes of the page that mean something. */
  static int usedBytes(MemorySegment segment, int at) {
    return end(segment, at) + SLOT_BYTES * count(segment, at);
  }

  private static int slotAt(int at, int slot) {
    return at + Blocks.PAGE_BYTES - SLOT_BYTES * (slot + 1);
  }

  /** Where the cell begins, counted from the page's beginning. */
  static int cell(MemorySegment segment, int at, int slot) {
    return segment.get(Blocks.SHORT, slotAt(at, slot)) & 0xffff;
  }

  static int cellEnd(MemorySegment segment, int at, int slot) {
    return slot + 1 < count(segment, at) ? cell(segment, at, slot + 1) : end(segment, at);
  }

  /** The size of the key's head. */
  static int headSize(MemorySegment segment, int at, int slot) {
    return isWithoutKey(segment, at, slot)
        ? 0
        : prefixSize(segment, at) + suffixSize(segment, at, slot);
  }

  private static boolean isWithoutKey(MemorySegment segment, int at, int slot) {
    return slot == 0 && level(segment, at) > 0;
  }

  private static int suffixSize(MemorySegment segment, int at, int slot) {
    return segment.get(JAVA_BYTE, at + cell(segment, at, slot)) & 0xff;
  }

  static boolean isLong(MemorySegment segment, int at, int slot) {
    return headSize(segment, at, slot) == HEAD_BYTES;
  }

  /** Where a long key's reference stands, from the page's beginning. */
  static int tail(MemorySegment segment, int at, int slot) {
    return cell(segment, at, slot) + 1 + suffixSize(segment, at, slot);
  }

  /** Where the cell's body begins, from the page's beginning. */
  static int body(MemorySegment segment, int at, int slot) {
    return tail(segment, at, slot) + (isLong(segment, at, slot) ? TAIL_BYTES : 0);
  }

  /** Copies the key's head to {@code target[to...)}. */
  static void copyHead(MemorySegment segment, int at, int slot, byte[] target, int to) {
    if (!isWithoutKey(segment, at, slot)) {
      var prefix = prefixSize(segment, at);
      MemorySegment.copy(segment, JAVA_BYTE, at + HEADER_BYTES, target, to, prefix);
      var cell = at + cell(segment, at, slot);
      var suffix = segment.get(JAVA_BYTE, cell) & 0xff;
      MemorySegment.copy(segment, JAVA_BYTE, cell + 1, target, to + prefix, suffix);
    }
  }

  /** The whole key. */
  static Bytes key(Slabs slabs, MemorySegment segment, int at, int slot) {
    var key = new byte[keySize(segment, at, slot)];
    copyKey(slabs, segment, at, slot, key);
    return Bytes.wrap(key);
  }

  /** The size of the whole key. */
  static int keySize(MemorySegment segment, int at, int slot) {
    return headSize(segment, at, slot) + tailSize(segment, at, slot);
  }

  private static int tailSize(MemorySegment segment, int at, int slot) {
    return isLong(segment, at, slot)
        ? segment.get(Blocks.INT, at + tail(segment, at, slot) + 4)
        : 0;
  }

  /** Copies the whole key to the beginning of {@code target}. */
  static void copyKey(Slabs slabs, MemorySegment segment, int at, int slot, byte[] target) {
    copyHead(segment, at, slot, target, 0);
    var tailSize = tailSize(segment, at, slot);
    if (tailSize > 0) {
      var first = segment.get(Blocks.INT, at + tail(segment, at, slot));
      LongKeys.copy(slabs, first, tailSize, target, headSize(segment, at, slot));
    }
  }

  static int child(MemorySegment segment, int at, int slot) {
    return segment.get(Blocks.INT, at + body(segment, at, slot));
  }

  static void setChild(MemorySegment segment, int at, int slot, int child) {
    segment.set(Blocks.INT, at + body(segment, at, slot), child);
  }

  static long live(MemorySegment segment, int at, int slot) {
    return get48(segment, at + body(segment, at, slot) + LIVE);
  }

  static long newest(MemorySegment segment, int at, int slot) {
    return get48(segment, at + body(segment, at, slot) + NEWEST);
  }

  static void setSums(MemorySegment segment, int at, int slot, long live, long newest) {
    var body = at + body(segment, at, slot);
    set48(segment, body + LIVE, live);
    set48(segment, body + NEWEST, newest);
  }

  private static long get48(MemorySegment segment, int at) {
    return (segment.get(Blocks.INT, at) & 0xffff_ffffL)
        | (segment.get(Blocks.SHORT, at + 4) & 0xffffL) << 32;
  }

  private static void set48(MemorySegment segment, int at, long value) {
    segment.set(Blocks.INT, at, (int) value);
    segment.set(Blocks.SHORT, at + 4, (short) (value >>> 32));
  }

  /** The child of a branch whose bounds hold the key. */
  static int childSlot(Slabs slabs, MemorySegment segment, int at, Bytes key) {
    var slot = search(slabs, segment, at, 1, key);
    return slot >= 0 ? slot : -slot - 2;
  }

  /**
   * The slot of the key among those from {@code first} on, or minus the slot where it would be
   * inserted, minus one.
   */
  static int search(Slabs slabs, MemorySegment segment, int at, int first, Bytes key) {
    var count = count(segment, at);
    var prefix = prefixSize(segment, at);
    var array = key.sharedArray();
    var from = key.offset();
    var size = Math.min(key.size(), HEAD_BYTES);
    if (prefix > 0) {
      var common = Math.min(prefix, size);
      var order = compare(segment, at + HEADER_BYTES, common, array, from, common);
      if (order != 0 || size < prefix) {
        return order < 0 ? -count - 1 : -first - 1;
      }
    }
    var low = first;
    var high = count - 1;
    while (low <= high) {
      var middle = (low + high) >>> 1;
      var cell = at + cell(segment, at, middle);
      var suffix = segment.get(JAVA_BYTE, cell) & 0xff;
      var order = compare(segment, cell + 1, suffix, array, from + prefix, size - prefix);
      if (order == 0 && size == HEAD_BYTES) {
        order = LongKeys.compare(slabs, segment, cell + 1 + suffix, key);
      }
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

  /** Whether the slot's key is this one. */
  static boolean holds(Slabs slabs, MemorySegment segment, int at, int slot, Bytes key) {
    var size = Math.min(key.size(), HEAD_BYTES);
    if (headSize(segment, at, slot) != size) {
      return false;
    }
    var array = key.sharedArray();
    var from = key.offset();
    var prefix = prefixSize(segment, at);
    var cell = at + cell(segment, at, slot);
    var suffix = size - prefix;
    return compare(segment, cell + 1, suffix, array, from + prefix, suffix) == 0
        && compare(segment, at + HEADER_BYTES, prefix, array, from, prefix) == 0
        && (size < HEAD_BYTES || LongKeys.compare(slabs, segment, cell + 1 + suffix, key) == 0);
  }

  /** The order of bytes in a page and bytes of a key, as unsigned values. */
  static int compare(MemorySegment segment, int at, int size, byte[] key, int from, int keySize) {
    var common = Math.min(size, keySize);
    var i = 0;
    for (; i + Long.BYTES <= common; i += Long.BYTES) {
      var left = segment.get(ORDERED_LONG, at + i);
      var right = (long) ORDERED_KEY.get(key, from + i);
      if (left != right) {
        return Long.compareUnsigned(left, right);
      }
    }
    if (i < common && common >= Long.BYTES) {
      // What is left and some of what is known to be equal, at once.
      var left = segment.get(ORDERED_LONG, at + common - Long.BYTES);
      var right = (long) ORDERED_KEY.get(key, from + common - Long.BYTES);
      return left == right ? size - keySize : Long.compareUnsigned(left, right);
    }
    for (; i < common; i++) {
      var order = (segment.get(JAVA_BYTE, at + i) & 0xff) - (key[from + i] & 0xff);
      if (order != 0) {
        return order;
      }
    }
    return size - keySize;
  }

  /** Whether the key's head begins with the page's prefix. */
  static boolean hasPrefixOf(MemorySegment segment, int at, Bytes key) {
    var prefix = prefixSize(segment, at);
    return prefix <= key.size()
        && compare(segment, at + HEADER_BYTES, prefix, key.sharedArray(), key.offset(), prefix)
            == 0;
  }

  /** Puts a cell of {@code size} bytes into a page that has the room. */
  static void insert(MemorySegment segment, int at, int slot, byte[] cell, int size) {
    var count = count(segment, at);
    var end = end(segment, at);
    var target = slot < count ? cell(segment, at, slot) : end;
    move(segment, at + target, at + target + size, end - target);
    MemorySegment.copy(cell, 0, segment, JAVA_BYTE, at + target, size);
    for (var i = count; i > slot; i--) {
      segment.set(Blocks.SHORT, slotAt(at, i), (short) (cell(segment, at, i - 1) + size));
    }
    segment.set(Blocks.SHORT, slotAt(at, slot), (short) target);
    segment.set(Blocks.SHORT, at + COUNT, (short) (count + 1));
    segment.set(Blocks.SHORT, at + END, (short) (end + size));
  }

  /** Gives the cell another body, for which the page has the room. */
  static void replaceBody(MemorySegment segment, int at, int slot, byte[] body, int size) {
    var from = body(segment, at, slot);
    var to = cellEnd(segment, at, slot);
    var end = end(segment, at);
    var growth = size - (to - from);
    if (growth != 0) {
      move(segment, at + to, at + to + growth, end - to);
      var count = count(segment, at);
      for (var i = slot + 1; i < count; i++) {
        segment.set(Blocks.SHORT, slotAt(at, i), (short) (cell(segment, at, i) + growth));
      }
      segment.set(Blocks.SHORT, at + END, (short) (end + growth));
    }
    MemorySegment.copy(body, 0, segment, JAVA_BYTE, at + from, size);
  }

  /** Fills an empty page's prefix; then cells are appended. */
  static void setPrefix(MemorySegment segment, int at, byte[] prefix, int from, int size) {
    segment.set(JAVA_BYTE, at + PREFIX_SIZE, (byte) size);
    MemorySegment.copy(prefix, from, segment, JAVA_BYTE, at + HEADER_BYTES, size);
    segment.set(Blocks.SHORT, at + END, (short) (HEADER_BYTES + size));
  }

  /** Begins a cell behind the others; returns where the suffix goes, from the segment's start. */
  static int append(MemorySegment segment, int at, int suffixSize) {
    var count = count(segment, at);
    var end = end(segment, at);
    segment.set(Blocks.SHORT, slotAt(at, count), (short) end);
    segment.set(Blocks.SHORT, at + COUNT, (short) (count + 1));
    segment.set(JAVA_BYTE, at + end, (byte) suffixSize);
    return at + end + 1;
  }

  static void setEnd(MemorySegment segment, int at, int end) {
    segment.set(Blocks.SHORT, at + END, (short) end);
  }

  private static void move(MemorySegment segment, int from, int to, int size) {
    if (size > 0) {
      MemorySegment.copy(segment, from, segment, to, size);
    }
  }

  /** Copies one page over another. */
  static void copy(MemorySegment from, int fromAt, MemorySegment to, int toAt) {
    MemorySegment.copy(from, fromAt, to, toAt, Blocks.PAGE_BYTES);
  }
}
