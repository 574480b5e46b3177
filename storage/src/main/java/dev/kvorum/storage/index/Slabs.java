package dev.kvorum.storage.index;

import dev.kvorum.storage.model.InvariantViolation;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** The slabs that existed at some moment, for finding blocks in them. Immutable. */
final class Slabs {
  /** Stands where no slab is yet. */
  static final ByteBuffer NO_MEMORY = ByteBuffer.allocate(0);

  static final Slabs NONE = new Slabs(new ByteBuffer[0], 0);

  private final ByteBuffer[] slabs;

  /** Units of a slab, as a power of two. */
  private final int shift;

  Slabs(ByteBuffer[] slabs, int shift) {
    this.slabs = slabs;
    this.shift = shift;
  }

  Slabs with(ByteBuffer slab) {
    InvariantViolation.check(
        slabs.length + 1 < Integer.MAX_VALUE >>> shift, "blocks have 31-bit numbers");
    var more = Arrays.copyOf(slabs, slabs.length + 1);
    more[slabs.length] = slab;
    return new Slabs(more, shift);
  }

  int count() {
    return slabs.length;
  }

  /** The last unit of a slab. */
  int mask() {
    return (1 << shift) - 1;
  }

  int firstBlock(int slab) {
    return slab << shift;
  }

  ByteBuffer memory(int block) {
    return slabs[block >>> shift];
  }

  /** Where in its memory the block begins. */
  int offset(int block) {
    return (block & mask()) * Blocks.UNIT_BYTES;
  }
}
