package dev.kvorum.verticles.service;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * Memory for the pieces of long answers on one loop. It lies outside of the heap, so that the
 * transport sends it from where it is, and it is used again and again, the last one first: it is
 * then still in the processor's cache, and a gigabyte that goes through here leaves no garbage.
 */
final class PieceMemory {
  /** The size of each. */
  static final int BYTES = 128 << 10;

  private final int mostSpare;
  private final ArrayDeque<ByteBuffer> spare = new ArrayDeque<>();

  /**
   * @param mostSpare how many are kept that nobody uses
   */
  PieceMemory(int mostSpare) {
    this.mostSpare = mostSpare;
  }

  ByteBuffer take() {
    var last = spare.pollLast();
    return last == null ? ByteBuffer.allocateDirect(BYTES) : last;
  }

  /** Nobody reads or writes it any more. */
  void giveBack(ByteBuffer memory) {
    if (spare.size() < mostSpare) {
      spare.addLast(memory);
    }
  }
}
