package dev.kvorum.storage.journal.snapshot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The frame around every part of a snapshot file.
 *
 * <pre>
 * offset  size  field
 *      0     4  "KVSC"
 *      4     4  kind: 1 header, 2 records, 3 footer
 *      8     8  number of the chunk, from 0
 *     16     4  size n of the payload
 *     20     4  zero
 *     24     8  hash of the chunk before, 0 in the first
 *     32     n  payload
 *   32+n     4  CRC32C of the 32+n bytes before
 * </pre>
 *
 * The hash of a chunk is the CRC32C (high half) and the CRC32 (low half) of all its bytes before
 * the checksum. As it covers the hash of the chunk before, chunks cannot be lost, doubled or
 * exchanged.
 */
final class Chunk {
  static final int HEADER = 1;
  static final int RECORDS = 2;
  static final int FOOTER = 3;
  static final int FRAME_BYTES = 32;
  static final int CHECKSUM_BYTES = 4;

  /** A chunk of records has this size at most, with its frame. */
  static final int BYTES = 1 << 16;

  static final int PAYLOAD_BYTES = BYTES - FRAME_BYTES - CHECKSUM_BYTES;

  /** Headers are small; a larger size is a damaged one. */
  static final int LARGEST_PAYLOAD_BYTES = 1 << 24;

  private static final int MAGIC = 0x4353564b;

  private Chunk() {}

  /**
   * Completes a chunk whose payload lies at {@link #FRAME_BYTES} of a little-endian buffer on an
   * array, and returns its hash. The buffer's limit becomes the chunk's end.
   */
  static long seal(ByteBuffer chunk, int kind, long number, int size, long previousHash) {
    chunk.clear();
    chunk.putInt(0, MAGIC);
    chunk.putInt(4, kind);
    chunk.putLong(8, number);
    chunk.putInt(16, size);
    chunk.putInt(20, 0);
    chunk.putLong(24, previousHash);
    var end = FRAME_BYTES + size;
    var high = new CRC32C();
    high.update(chunk.slice(0, end));
    chunk.putInt(end, (int) high.getValue());
    chunk.limit(end + CHECKSUM_BYTES);
    return hash(chunk, high.getValue(), end);
  }

  private static long hash(ByteBuffer chunk, long high, int end) {
    var low = new CRC32();
    low.update(chunk.slice(0, end));
    return high << 32 | low.getValue();
  }

  /** The size of the payload that a frame announces, or -1 if this is no frame of this chunk. */
  static int announced(ByteBuffer frame, long number, long previousHash) {
    var size = frame.getInt(16);
    var plausible =
        frame.getInt(0) == MAGIC
            && frame.getLong(8) == number
            && frame.getLong(24) == previousHash
            && size >= 0
            && size <= LARGEST_PAYLOAD_BYTES;
    return plausible ? size : -1;
  }

  static int kind(ByteBuffer chunk) {
    return chunk.getInt(4);
  }

  /** The hash of a whole chunk, or null if its checksum does not fit. */
  static @Nullable Long verify(ByteBuffer chunk, int size) {
    var end = FRAME_BYTES + size;
    var high = new CRC32C();
    high.update(chunk.slice(0, end));
    return chunk.getInt(end) == (int) high.getValue() ? hash(chunk, high.getValue(), end) : null;
  }

  static ByteBuffer allocate(int payloadBytes) {
    return ByteBuffer.allocate(FRAME_BYTES + payloadBytes + CHECKSUM_BYTES)
        .order(ByteOrder.LITTLE_ENDIAN);
  }
}
