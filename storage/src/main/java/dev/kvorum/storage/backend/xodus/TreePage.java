package dev.kvorum.storage.backend.xodus;

import dev.kvorum.storage.model.Bytes;
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
  private final long[] leaves;

  /** Empty in a bottom page. */
  private final long[] children;

  /** Keys that somebody has looked at; threads may find them anew. */
  private final @Nullable Bytes[] keys;

  private TreePage(long[] leaves, long[] children) {
    this.leaves = leaves;
    this.children = children;
    keys = new @Nullable Bytes[children.length];
  }

  /** Reads a page that begins at this place. */
  static TreePage parse(byte[] bytes, int at, boolean isBottom) {
    var size = (int) EngineNumber.value(bytes, at) >> 1;
    var leavesAt = at + EngineNumber.size(bytes, at);
    if (size == 0) {
      return new TreePage(new long[0], new long[0]);
    }
    var leaves = addresses(bytes, leavesAt, size);
    var childrenAt = leavesAt + 1 + size * bytes[leavesAt];
    return new TreePage(leaves, isBottom ? new long[0] : addresses(bytes, childrenAt, size));
  }

  private static long[] addresses(byte[] bytes, int at, int count) {
    var width = bytes[at];
    var addresses = new long[count];
    var next = at + 1;
    for (var i = 0; i < count; i++) {
      var address = 0L;
      for (var end = next + width; next < end; next++) {
        address = address << 8 | bytes[next] & 0xff;
      }
      addresses[i] = address;
    }
    return addresses;
  }

  boolean isBottom() {
    return children.length == 0;
  }

  /** How many keys it has. */
  int size() {
    return leaves.length;
  }

  /** Where the leaf with the key of this number is. */
  long leaf(int slot) {
    return leaves[slot];
  }

  /** Where the page is in which the key of this number is the lowest. */
  long child(int slot) {
    return children[slot];
  }

  /** The key of this number, if it was kept. */
  @Nullable Bytes key(int slot) {
    return keys[slot];
  }

  /** Keeps a key of a page that has children. */
  void keep(int slot, Bytes key) {
    keys[slot] = key.compact();
  }
}
