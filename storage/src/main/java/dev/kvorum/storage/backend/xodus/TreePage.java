package dev.kvorum.storage.backend.xodus;

import dev.kvorum.storage.model.Bytes;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A page of the engine's tree. Xodus 2.0 writes it as
 *
 * <pre>
 * 2 * number of keys   a number of the engine's
 * size of an address   one byte
 * addresses            of the leaves with the keys, which ascend; big-endian
 * size of an address   one byte, and
 * addresses            of the pages below, in which these keys are the lowest; not in a bottom page
 * </pre>
 *
 * <p>Pages never change, so threads share them.
 */
final class TreePage {
  /** No record's key begins with this number; of one that does it is not known. */
  static final long UNKNOWN = Long.MIN_VALUE;

  private final byte[] bytes;
  private final int size;
  private final int leavesAt;
  private final int childrenAt;

  /** Keys of a page with children that somebody has looked at; threads may find them anew. */
  private final @Nullable Bytes[] keys;

  /**
   * The numbers that these keys begin with, or {@link #UNKNOWN}: a search among them touches a few
   * lines of memory and no object. A thread may see one of them without its key.
   */
  private final long[] firsts;

  private TreePage(byte[] bytes, boolean isBottom) {
    this.bytes = bytes;
    size = (int) EngineNumber.value(bytes, 0) >> 1;
    leavesAt = EngineNumber.size(bytes, 0);
    childrenAt = isBottom || size == 0 ? bytes.length : leavesAt + 1 + size * bytes[leavesAt];
    keys = new @Nullable Bytes[isBottom() ? 0 : size];
    firsts = new long[keys.length];
    Arrays.fill(firsts, UNKNOWN);
  }

  /** Reads the page that is {@code [from, to)} of the bytes. */
  static TreePage of(byte[] bytes, int from, int to, boolean isBottom) {
    return new TreePage(Arrays.copyOfRange(bytes, from, to), isBottom);
  }

  boolean isBottom() {
    return childrenAt == bytes.length;
  }

  /** How many keys it has. */
  int size() {
    return size;
  }

  /** Where the leaf with the key of this number is. */
  long leaf(int slot) {
    return address(leavesAt, slot);
  }

  /** Where the page is in which the key of this number is the lowest. */
  long child(int slot) {
    return address(childrenAt, slot);
  }

  private long address(int at, int slot) {
    var width = bytes[at];
    var next = at + 1 + slot * width;
    var address = 0L;
    for (var end = next + width; next < end; next++) {
      address = (address << 8) | (bytes[next] & 0xff);
    }
    return address;
  }

  /** The key of this number, if it was kept. */
  @Nullable Bytes key(int slot) {
    return keys[slot];
  }

  /** The number that this key begins with, if it is known; of a page that has children. */
  long first(int slot) {
    return firsts[slot];
  }

  /**
   * Keeps a key of a page that has children.
   *
   * @param key on memory of its own
   */
  void keep(int slot, Bytes key) {
    keys[slot] = key;
    if (key.size() >= Long.BYTES) {
      firsts[slot] = KeyGuess.first(key);
    }
  }
}
