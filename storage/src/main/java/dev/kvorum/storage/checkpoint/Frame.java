package dev.kvorum.storage.checkpoint;

import java.lang.foreign.Arena;
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

  private final ByteBuffer memory;
  private final ByteBuffer buffer;

  /**
   * @param arena owns the memory
   */
  Frame(Arena arena) {
    memory = arena.allocate(BYTES, Long.BYTES).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    buffer = memory.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** All of the memory, little-endian, by place alone; payloads begin at {@link #PAYLOAD_AT}. */
  ByteBuffer memory() {
    return memory;
  }

  /** The same memory, little-endian; whoever uses it sets position and limit first. */
  ByteBuffer buffer() {
    return buffer;
  }

  /** Completes a frame whose payload is there; the buffer is then all of it. */
  int seal(int kind, int number, int size) {
    memory.putInt(0, MAGIC);
    memory.putInt(KIND, kind);
    memory.putInt(NUMBER, number);
    memory.putInt(SIZE, size);
    var end = PAYLOAD_AT + size;
    var checksum = checksum(end);
    memory.putInt(end, checksum);
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
    if (available < PAYLOAD_AT + CHECKSUM_BYTES || memory.getInt(0) != MAGIC) {
      throw new DamagedCheckpointException("it ends where frame " + number + " should be");
    }
    var size = memory.getInt(SIZE);
    if (size < 0
        || size > PAYLOAD_BYTES
        || available < PAYLOAD_AT + size + CHECKSUM_BYTES
        || memory.getInt(NUMBER) != number
        || checksum(PAYLOAD_AT + size) != storedChecksum(size)) {
      throw new DamagedCheckpointException("frame " + number + " is damaged");
    }
    return size;
  }

  int kind() {
    return memory.getInt(KIND);
  }

  int storedChecksum(int size) {
    return memory.getInt(PAYLOAD_AT + size);
  }
}
