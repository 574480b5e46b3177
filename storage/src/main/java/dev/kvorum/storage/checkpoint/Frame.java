package dev.kvorum.storage.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * The frame around every part of a checkpoint.
 *
 * <pre>
 * offset  size  field
 *      0     4  "KVIC"
 *      4     4  kind: 1 header, 2 pages, 3 attachments, 4 footer
 *      8     4  number of the frame, from 0
 *     12     4  size n of the payload
 *     16     n  payload
 *   16+n     4  CRC32C of the 16+n bytes before
 * </pre>
 *
 * One frame's memory, outside of the heap, so that files are read and written without another copy;
 * reused for all frames of a file, by one thread.
 */
final class Frame {
  static final int HEADER = 1;
  static final int PAGES = 2;
  static final int ATTACHMENTS = 3;
  static final int FOOTER = 4;

  static final int PAYLOAD_AT = 16;
  static final int CHECKSUM_BYTES = 4;

  /** No frame is larger, the frame itself included. */
  static final int BYTES = 1 << 18;

  static final int PAYLOAD_BYTES = BYTES - PAYLOAD_AT - CHECKSUM_BYTES;

  private static final int MAGIC = 0x4349564b;
  private static final int KIND = 4;
  private static final int NUMBER = 8;
  private static final int SIZE = 12;
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MemorySegment memory;
  private final ByteBuffer buffer;

  /**
   * @param arena owns the memory
   */
  Frame(Arena arena) {
    memory = arena.allocate(BYTES, Long.BYTES);
    buffer = memory.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** All of the memory; payloads begin at {@link #PAYLOAD_AT}. */
  MemorySegment memory() {
    return memory;
  }

  /** The memory as a little-endian buffer; whoever uses it sets position and limit first. */
  ByteBuffer buffer() {
    return buffer;
  }

  /** Completes a frame whose payload is there; the buffer is then all of it. */
  int seal(int kind, int number, int size) {
    memory.set(INT, 0, MAGIC);
    memory.set(INT, KIND, kind);
    memory.set(INT, NUMBER, number);
    memory.set(INT, SIZE, size);
    var end = PAYLOAD_AT + size;
    var checksum = checksum(end);
    memory.set(INT, end, checksum);
    buffer.clear().limit(end + CHECKSUM_BYTES);
    return checksum;
  }

  private int checksum(int end) {
    var crc = new CRC32C();
    crc.update(buffer.clear().limit(end));
    return (int) crc.getValue();
  }

  /**
   * Looks at the first bytes.
   *
   * @param available how many bytes of the file are here
   * @return the size of the payload
   * @throws DamagedCheckpointException unless they begin the frame of that number, and all of it is
   *     here
   */
  int verify(int number, int available) throws DamagedCheckpointException {
    if (available < PAYLOAD_AT + CHECKSUM_BYTES || memory.get(INT, 0) != MAGIC) {
      throw new DamagedCheckpointException("it ends where frame " + number + " should be");
    }
    var size = memory.get(INT, SIZE);
    if (size < 0
        || size > PAYLOAD_BYTES
        || available < PAYLOAD_AT + size + CHECKSUM_BYTES
        || memory.get(INT, NUMBER) != number
        || checksum(PAYLOAD_AT + size) != storedChecksum(size)) {
      throw new DamagedCheckpointException("frame " + number + " is damaged");
    }
    return size;
  }

  int kind() {
    return memory.get(INT, KIND);
  }

  int storedChecksum(int size) {
    return memory.get(INT, PAYLOAD_AT + size);
  }
}
