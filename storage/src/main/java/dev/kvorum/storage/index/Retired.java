package dev.kvorum.storage.index;

/**
 * Blocks that the present state does not use any more, in the order in which it gave them up. Views
 * may still show them. A view that was made when the {@code n}th block had been given up can show
 * those from the {@code n}th on, and none before.
 */
final class Retired {
  private static final int CLASS_BITS = 3;
  private static final int MIN_CAPACITY = 64;

  /** A ring of block numbers with their classes. */
  private long[] ring = new long[MIN_CAPACITY];

  /** How many were ever taken out and put in. */
  private long out;

  private long in;

  private long bytes;

  void add(int block, int sizeClass) {
    if (in - out == ring.length) {
      resize(2 * ring.length);
    }
    ring[(int) in++ & (ring.length - 1)] = (long) block << CLASS_BITS | sizeClass;
    bytes += Blocks.bytes(sizeClass);
  }

  /** How many were given up so far. */
  long position() {
    return in;
  }

  /** Frees all that were given up before {@code position}. */
  void free(long position, Blocks blocks) {
    for (; out < position; out++) {
      var entry = ring[(int) out & (ring.length - 1)];
      var sizeClass = (int) entry & ((1 << CLASS_BITS) - 1);
      bytes -= Blocks.bytes(sizeClass);
      blocks.free((int) (entry >>> CLASS_BITS), sizeClass);
    }
    if (in - out < ring.length / 8 && ring.length > MIN_CAPACITY) {
      resize(ring.length / 2);
    }
  }

  private void resize(int capacity) {
    var old = ring;
    ring = new long[capacity];
    for (var i = out; i < in; i++) {
      ring[(int) i & (capacity - 1)] = old[(int) i & (old.length - 1)];
    }
  }

  /** Bytes of the blocks that wait for readers. */
  long bytes() {
    return bytes;
  }

  /** Bytes of the heap that the list itself takes. */
  long ownBytes() {
    return (long) ring.length * Long.BYTES;
  }
}
