package dev.kvorum.storage.journal;

import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/**
 * A 64-bit checksum made of two 32-bit ones with different polynomials, both of which the processor
 * computes by itself. It guards against faults of disks and programs, not against forgers.
 */
final class Hash64 {
  private final CRC32C high = new CRC32C();
  private final CRC32 low = new CRC32();

  /** Adds {@code [from, from + size)} of the buffer. */
  Hash64 add(ByteBuffer buffer, int from, int size) {
    high.update(buffer.slice(from, size));
    low.update(buffer.slice(from, size));
    return this;
  }

  /** Adds {@code [from, from + size)} of the array. */
  Hash64 add(byte[] array, int from, int size) {
    high.update(array, from, size);
    low.update(array, from, size);
    return this;
  }

  long value() {
    return high.getValue() << 32 | low.getValue();
  }
}
