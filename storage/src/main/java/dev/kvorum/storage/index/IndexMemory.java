package dev.kvorum.storage.index;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Where an index takes its memory from, a slab at a time. A slab is given back when the whole index
 * is garbage, by the collector: then nobody can still be reading it.
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

  /** A slab of zeros. */
  MemorySegment newSlab() {
    return onHeap
        ? MemorySegment.ofArray(new byte[slabBytes])
        : Arena.ofAuto().allocate(slabBytes, Blocks.UNIT_BYTES);
  }
}
