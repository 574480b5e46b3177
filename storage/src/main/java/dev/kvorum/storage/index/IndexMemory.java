package dev.kvorum.storage.index;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Where an index takes its memory from, a slab at a time. A slab is given back when the whole index
 * is garbage, by the collector: then nobody can still be reading it.
 *
 * <p>A slab is a byte buffer and not a memory segment. Both are checked at every access and equally
 * fast when compiled; but a segment's accessors are a dozen calls deep, and at a start, when
 * nothing is compiled yet, they made each record cost the double, and the compilers three times as
 * much.
 */
public final class IndexMemory {
  private static final int OFF_HEAP_SLAB_BYTES = 1 << 20;
  private static final int ON_HEAP_SLAB_BYTES = 16 << 10;

  private final boolean onHeap;
  private final int slabBytes;

  private IndexMemory(boolean onHeap, int slabBytes) {
    this.onHeap = onHeap;
    this.slabBytes = slabBytes;
  }

  /**
   * Large slabs outside of the heap, as a server has them: the collector neither counts nor scans
   * what is in them.
   */
  public static IndexMemory offHeap() {
    return new IndexMemory(false, OFF_HEAP_SLAB_BYTES);
  }

  /** Small arrays, for tests and for simulations, which make thousands of indexes. */
  public static IndexMemory onHeap() {
    return new IndexMemory(true, ON_HEAP_SLAB_BYTES);
  }

  /** The size of every slab, a power of two. */
  int slabBytes() {
    return slabBytes;
  }

  /**
   * Zeros outside of the heap, little-endian as everything in an index is. A block begins where a
   * line of the processor's cache does.
   */
  static ByteBuffer allocate(int bytes) {
    // Both ends of an aligned slice are cut.
    return ByteBuffer.allocateDirect(bytes + 2 * Blocks.UNIT_BYTES)
        .alignedSlice(Blocks.UNIT_BYTES)
        .slice(0, bytes)
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /** A slab of zeros. */
  ByteBuffer newSlab() {
    return onHeap
        ? ByteBuffer.allocate(slabBytes).order(ByteOrder.LITTLE_ENDIAN)
        : allocate(slabBytes);
  }
}
