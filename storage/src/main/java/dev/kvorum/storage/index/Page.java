package dev.kvorum.storage.index;

import dev.kvorum.storage.model.Bytes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
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

  private static final VarHandle ORDERED_KEY =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private Page() {}

  static void format(ByteBuffer memory, int at, int level, long epoch) {
    memory.put(at, (byte) level);
    memory.put(at + PREFIX_SIZE, (byte) 0);
    memory.putShort(at + COUNT, (short) 0);
    memory.putShort(at + END, (short) HEADER_BYTES);
    memory.putShort(at + 6, (short) 0);
    memory.putLong(at + EPOCH, epoch);
  }

  static int level(ByteBuffer memory, int at) {
    return memory.get(at);
  }

  static int prefixSize(ByteBuffer memory, int at) {
    return memory.get(at + PREFIX_SIZE) & 0xff;
  }

  static int count(ByteBuffer memory, int at) {
    return memory.getShort(at + COUNT) & 0xffff;
  }

  static int end(ByteBuffer memory, int at) {
    return memory.getShort(at + END) & 0xffff;
  }

  static long epoch(ByteBuffer memory, int at) {
    return memory.getLong(at + EPOCH);
  }

  static void setEpoch(ByteBuffer memory, int at, long epoch) {
    memory.putLong(at + EPOCH, epoch);
  }

  static int freeBytes(ByteBuffer memory, int at) {
    return Blocks.PAGE_BYTES - SLOT_BYTES * count(memory, at) - end(memory, at);
  }

  /** Bytes of the page that mean something. */
  static int usedBytes(ByteBuffer memory, int at) {
    return end(memory, at) + SLOT_BYTES * count(memory, at);
  }

  private static int slotAt(int at, int slot) {
    return at + Blocks.PAGE_BYTES - SLOT_BYTES * (slot + 1);
  }

  /** Where the cell begins, counted from the page's beginning. */
  static int cell(ByteBuffer memory, int at, int slot) {
    return memory.getShort(slotAt(at, slot)) & 0xffff;
  }

  static int cellEnd(ByteBuffer memory, int at, int slot) {
    return slot + 1 < count(memory, at) ? cell(memory, at, slot + 1) : end(memory, at);
  }

  /** The size of the key's head. */
  static int headSize(ByteBuffer memory, int at, int slot) {
    return isWithoutKey(memory, at, slot)
        ? 0
        : prefixSize(memory, at) + suffixSize(memory, at, slot);
  }

  private static boolean isWithoutKey(ByteBuffer memory, int at, int slot) {
    return slot == 0 && level(memory, at) > 0;
  }

  private static int suffixSize(ByteBuffer memory, int at, int slot) {
    return memory.get(at + cell(memory, at, slot)) & 0xff;
  }

  static boolean isLong(ByteBuffer memory, int at, int slot) {
    return headSize(memory, at, slot) == HEAD_BYTES;
  }

  /** Where a long key's reference stands, from the page's beginning. */
  static int tail(ByteBuffer memory, int at, int slot) {
    return cell(memory, at, slot) + 1 + suffixSize(memory, at, slot);
  }

  /** Where the cell's body begins, from the page's beginning. */
  static int body(ByteBuffer memory, int at, int slot) {
    return tail(memory, at, slot) + (isLong(memory, at, slot) ? TAIL_BYTES : 0);
  }

  /** Copies the key's head to {@code target[to...)}. */
  static void copyHead(ByteBuffer memory, int at, int slot, byte[] target, int to) {
    if (!isWithoutKey(memory, at, slot)) {
      var prefix = prefixSize(memory, at);
      memory.get(at + HEADER_BYTES, target, to, prefix);
      var cell = at + cell(memory, at, slot);
      var suffix = memory.get(cell) & 0xff;
      memory.get(cell + 1, target, to + prefix, suffix);
    }
  }

  /** The whole key. */
  static Bytes key(Slabs slabs, ByteBuffer memory, int at, int slot) {
    var key = new byte[keySize(memory, at, slot)];
    copyKey(slabs, memory, at, slot, key);
    return Bytes.wrap(key);
  }

  /** The size of the whole key. */
  static int keySize(ByteBuffer memory, int at, int slot) {
    return headSize(memory, at, slot) + tailSize(memory, at, slot);
  }

  private static int tailSize(ByteBuffer memory, int at, int slot) {
    return isLong(memory, at, slot) ? memory.getInt(at + tail(memory, at, slot) + 4) : 0;
  }

  /** Copies the whole key to the beginning of {@code target}. */
  static void copyKey(Slabs slabs, ByteBuffer memory, int at, int slot, byte[] target) {
    copyHead(memory, at, slot, target, 0);
    var tailSize = tailSize(memory, at, slot);
    if (tailSize > 0) {
      var first = memory.getInt(at + tail(memory, at, slot));
      LongKeys.copy(slabs, first, tailSize, target, headSize(memory, at, slot));
    }
  }

  static int child(ByteBuffer memory, int at, int slot) {
    return memory.getInt(at + body(memory, at, slot));
  }

  static void setChild(ByteBuffer memory, int at, int slot, int child) {
    memory.putInt(at + body(memory, at, slot), child);
  }

  static long live(ByteBuffer memory, int at, int slot) {
    return get48(memory, at + body(memory, at, slot) + LIVE);
  }

  static long newest(ByteBuffer memory, int at, int slot) {
    return get48(memory, at + body(memory, at, slot) + NEWEST);
  }

  static void setSums(ByteBuffer memory, int at, int slot, long live, long newest) {
    var body = at + body(memory, at, slot);
    set48(memory, body + LIVE, live);
    set48(memory, body + NEWEST, newest);
  }

  private static long get48(ByteBuffer memory, int at) {
    return (memory.getInt(at) & 0xffff_ffffL) | (memory.getShort(at + 4) & 0xffffL) << 32;
  }

  private static void set48(ByteBuffer memory, int at, long value) {
    memory.putInt(at, (int) value);
    memory.putShort(at + 4, (short) (value >>> 32));
  }

  /** The child of a branch whose bounds hold the key. */
  static int childSlot(Slabs slabs, ByteBuffer memory, int at, Bytes key) {
    var slot = search(slabs, memory, at, 1, key);
    return slot >= 0 ? slot : -slot - 2;
  }

  /**
   * The slot of the key among those from {@code first} on, or minus the slot where it would be
   * inserted, minus one.
   */
  static int search(Slabs slabs, ByteBuffer memory, int at, int first, Bytes key) {
    var count = count(memory, at);
    var prefix = prefixSize(memory, at);
    var array = key.sharedArray();
    var from = key.offset();
    var size = Math.min(key.size(), HEAD_BYTES);
    if (prefix > 0) {
      var common = Math.min(prefix, size);
      var order = compare(memory, at + HEADER_BYTES, common, array, from, common);
      if (order != 0 || size < prefix) {
        return order < 0 ? -count - 1 : -first - 1;
      }
    }
    var low = first;
    var high = count - 1;
    while (low <= high) {
      var middle = (low + high) >>> 1;
      var cell = at + cell(memory, at, middle);
      var suffix = memory.get(cell) & 0xff;
      var order = compare(memory, cell + 1, suffix, array, from + prefix, size - prefix);
      if (order == 0 && size == HEAD_BYTES) {
        order = LongKeys.compare(slabs, memory, cell + 1 + suffix, key);
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
  static boolean holds(Slabs slabs, ByteBuffer memory, int at, int slot, Bytes key) {
    var size = Math.min(key.size(), HEAD_BYTES);
    if (headSize(memory, at, slot) != size) {
      return false;
    }
    var array = key.sharedArray();
    var from = key.offset();
    var prefix = prefixSize(memory, at);
    var cell = at + cell(memory, at, slot);
    var suffix = size - prefix;
    return compare(memory, cell + 1, suffix, array, from + prefix, suffix) == 0
        && compare(memory, at + HEADER_BYTES, prefix, array, from, prefix) == 0
        && (size < HEAD_BYTES || LongKeys.compare(slabs, memory, cell + 1 + suffix, key) == 0);
  }

  /** The order of bytes in a page and bytes of a key, as unsigned values. */
  static int compare(ByteBuffer memory, int at, int size, byte[] key, int from, int keySize) {
    var common = Math.min(size, keySize);
    var i = 0;
    for (; i + Long.BYTES <= common; i += Long.BYTES) {
      var left = Long.reverseBytes(memory.getLong(at + i));
      var right = (long) ORDERED_KEY.get(key, from + i);
      if (left != right) {
        return Long.compareUnsigned(left, right);
      }
    }
    if (i < common && common >= Long.BYTES) {
      // What is left and some of what is known to be equal, at once.
      var left = Long.reverseBytes(memory.getLong(at + common - Long.BYTES));
      var right = (long) ORDERED_KEY.get(key, from + common - Long.BYTES);
      return left == right ? size - keySize : Long.compareUnsigned(left, right);
    }
    for (; i < common; i++) {
      var order = (memory.get(at + i) & 0xff) - (key[from + i] & 0xff);
      if (order != 0) {
        return order;
      }
    }
    return size - keySize;
  }

  /** Whether the key's head begins with the page's prefix. */
  static boolean hasPrefixOf(ByteBuffer memory, int at, Bytes key) {
    var prefix = prefixSize(memory, at);
    return prefix <= key.size()
        && compare(memory, at + HEADER_BYTES, prefix, key.sharedArray(), key.offset(), prefix) == 0;
  }

  /** Puts a cell of {@code size} bytes into a page that has the room. */
  static void insert(ByteBuffer memory, int at, int slot, byte[] cell, int size) {
    var count = count(memory, at);
    var end = end(memory, at);
    var target = slot < count ? cell(memory, at, slot) : end;
    move(memory, at + target, at + target + size, end - target);
    memory.put(at + target, cell, 0, size);
    for (var i = count; i > slot; i--) {
      memory.putShort(slotAt(at, i), (short) (cell(memory, at, i - 1) + size));
    }
    memory.putShort(slotAt(at, slot), (short) target);
    memory.putShort(at + COUNT, (short) (count + 1));
    memory.putShort(at + END, (short) (end + size));
  }

  /** Gives the cell another body, for which the page has the room. */
  static void replaceBody(ByteBuffer memory, int at, int slot, byte[] body, int size) {
    var from = body(memory, at, slot);
    var to = cellEnd(memory, at, slot);
    var end = end(memory, at);
    var growth = size - (to - from);
    if (growth != 0) {
      move(memory, at + to, at + to + growth, end - to);
      var count = count(memory, at);
      for (var i = slot + 1; i < count; i++) {
        memory.putShort(slotAt(at, i), (short) (cell(memory, at, i) + growth));
      }
      memory.putShort(at + END, (short) (end + growth));
    }
    memory.put(at + from, body, 0, size);
  }

  /** Fills an empty page's prefix; then cells are appended. */
  static void setPrefix(ByteBuffer memory, int at, byte[] prefix, int from, int size) {
    memory.put(at + PREFIX_SIZE, (byte) size);
    memory.put(at + HEADER_BYTES, prefix, from, size);
    memory.putShort(at + END, (short) (HEADER_BYTES + size));
  }

  /** Begins a cell behind the others; returns where the suffix goes, from the memory's start. */
  static int append(ByteBuffer memory, int at, int suffixSize) {
    var count = count(memory, at);
    var end = end(memory, at);
    memory.putShort(slotAt(at, count), (short) end);
    memory.putShort(at + COUNT, (short) (count + 1));
    memory.put(at + end, (byte) suffixSize);
    return at + end + 1;
  }

  static void setEnd(ByteBuffer memory, int at, int end) {
    memory.putShort(at + END, (short) end);
  }

  private static void move(ByteBuffer memory, int from, int to, int size) {
    if (size > 0) {
      memory.put(to, memory, from, size);
    }
  }

  /** Copies one page over another. */
  static void copy(ByteBuffer from, int fromAt, ByteBuffer to, int toAt) {
    to.put(toAt, from, fromAt, Blocks.PAGE_BYTES);
  }
}
