package dev.kvorum.grpc;

import dev.kvorum.storage.model.Bytes;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a client sent while its call was paused. A client may cut its credit into frames of one byte
 * each, and an object for each of them would cost many times what the credit allows: so small
 * frames are put together.
 */
final class HeldInput {
  /** As much as the largest frame that a client may send: so much comes at a time anyhow. */
  static final int BLOCK_BYTES = 16 * 1024;

  /** Blocks that take nothing more, oldest first. */
  private final ArrayDeque<Bytes> full = new ArrayDeque<>(1);

  /** The newest bytes; what is behind {@link #lastSize} is free. */
  private byte[] last = new byte[0];

  private int lastSize;

  void add(Bytes chunk) {
    if (lastSize + chunk.size() > BLOCK_BYTES) {
      closeLast();
    }
    var size = lastSize + chunk.size();
    if (size > last.length) {
      last = Arrays.copyOf(last, Math.max(size, Math.min(2 * last.length, BLOCK_BYTES)));
    }
    chunk.copyTo(last, lastSize);
    lastSize = size;
  }

  private void closeLast() {
    if (lastSize > 0) {
      full.addLast(Bytes.wrap(Arrays.copyOf(last, lastSize)));
      last = new byte[0];
      lastSize = 0;
    }
  }

  /** Takes the oldest bytes out, a block of them at most; null when nothing is held. */
  @Nullable Bytes poll() {
    if (full.isEmpty()) {
      closeLast();
    }
    return full.pollFirst();
  }
}
