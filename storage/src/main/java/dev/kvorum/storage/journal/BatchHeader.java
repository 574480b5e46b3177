package dev.kvorum.storage.journal;

import java.nio.ByteBuffer;

/**
 * The first 88 bytes of a batch (P2).
 *
 * <pre>
 * offset  size  field
 *      0     4  "KVJB"
 *      4     2  format, 1
 *      6     2  bit 0: the chain begins anew here
 *      8     8  number: one more than the batch before, unless the chain begins anew
 *     16     4  size of header and records together
 *     20     4  how many records
 *     24     8  index of the first entry, or of the next entry to come if there is none
 *     32     8  index of the last entry of the log
 *     40     8  term of the last entry of the log
 *     48     8  term of the entry before the first
 *     56     8  commit hint
 *     64     8  number of the newest batch known to be durable when this one was written
 *     72     8  hash of the header of the batch before
 *     80     8  hash of the records
 * </pre>
 *
 * Since a header hash covers the hash of the records and of the header before, each batch vouches
 * for the whole journal up to it. {@code prevTerm} serves when a batch before was damaged: if the
 * entry at {@code firstIndex - 1} is known and has this term, then by the log matching property no
 * entry is missing.
 *
 * @param batchBytes header and records, without trailer and padding
 * @param firstIndex {@code lastIndex + 1} when the batch holds no entries
 */
record BatchHeader(
    boolean restart,
    long number,
    int batchBytes,
    int recordCount,
    long firstIndex,
    EntryId last,
    long prevTerm,
    long commit,
    long durableNumber,
    long prevHash,
    long recordsHash) {
  static final int BYTES = 88;
  static final int FORMAT = 1;
  private static final int MAGIC = 0x424a564b;
  private static final int RESTART = 1;

  /**
   * The copy of the position at the end of a batch of several sectors, so that the loss of its
   * first sector does not lose the position that it claims: "KVJE", size, number, last index, last
   * term.
   */
  static final int TRAILER_BYTES = 32;

  private static final int TRAILER_MAGIC = 0x454a564b;

  /** How many sectors a batch with this many bytes of header and records takes. */
  static int sectors(long batchBytes) {
    if (batchBytes <= Sector.PAYLOAD_BYTES) {
      return 1;
    }
    return Math.toIntExact(
        (batchBytes + TRAILER_BYTES + Sector.PAYLOAD_BYTES - 1) / Sector.PAYLOAD_BYTES);
  }

  /** Writes the header at {@code at} of a little-endian buffer. */
  void encode(ByteBuffer buffer, int at) {
    buffer.putInt(at, MAGIC);
    buffer.putShort(at + 4, (short) FORMAT);
    buffer.putShort(at + 6, (short) (restart ? RESTART : 0));
    buffer.putLong(at + 8, number);
    buffer.putInt(at + 16, batchBytes);
    buffer.putInt(at + 20, recordCount);
    buffer.putLong(at + 24, firstIndex);
    buffer.putLong(at + 32, last.index());
    buffer.putLong(at + 40, last.term());
    buffer.putLong(at + 48, prevTerm);
    buffer.putLong(at + 56, commit);
    buffer.putLong(at + 64, durableNumber);
    buffer.putLong(at + 72, prevHash);
    buffer.putLong(at + 80, recordsHash);
  }

  /** Whether a batch header stands at {@code at}, of any format. */
  static boolean isAt(ByteBuffer buffer, int at) {
    return buffer.getInt(at) == MAGIC;
  }

  /** The format of the header at {@code at}. */
  static int format(ByteBuffer buffer, int at) {
    return Short.toUnsignedInt(buffer.getShort(at + 4));
  }

  /** Reads the header at {@code at}, which {@link #isAt} and {@link #format} have approved. */
  static BatchHeader decode(ByteBuffer buffer, int at) {
    return new BatchHeader(
        (buffer.getShort(at + 6) & RESTART) != 0,
        buffer.getLong(at + 8),
        buffer.getInt(at + 16),
        buffer.getInt(at + 20),
        buffer.getLong(at + 24),
        new EntryId(Math.max(0, buffer.getLong(at + 40)), Math.max(0, buffer.getLong(at + 32))),
        buffer.getLong(at + 48),
        buffer.getLong(at + 56),
        buffer.getLong(at + 64),
        buffer.getLong(at + 72),
        buffer.getLong(at + 80));
  }

  /** The hash by which the next batch names this one. */
  static long hash(ByteBuffer buffer, int at) {
    return new Hash64().add(buffer, at, BYTES).value();
  }

  /** Writes the trailer into the last sector, which begins at {@code at}. */
  void encodeTrailer(ByteBuffer buffer, int at) {
    var from = at + Sector.PAYLOAD_BYTES - TRAILER_BYTES;
    buffer.putInt(from, TRAILER_MAGIC);
    buffer.putInt(from + 4, batchBytes);
    buffer.putLong(from + 8, number);
    buffer.putLong(from + 16, last.index());
    buffer.putLong(from + 24, last.term());
  }

  /**
   * How many sectors the batch has whose last sector is at {@code at}; 0 if that has no trailer.
   */
  static int sectorsByTrailer(ByteBuffer buffer, int at) {
    var from = at + Sector.PAYLOAD_BYTES - TRAILER_BYTES;
    return buffer.getInt(from) == TRAILER_MAGIC ? sectors(buffer.getInt(from + 4)) : 0;
  }

  /** The position that the trailer in the last sector at {@code at} claims. */
  static EntryId positionByTrailer(ByteBuffer buffer, int at) {
    var from = at + Sector.PAYLOAD_BYTES - TRAILER_BYTES;
    return new EntryId(buffer.getLong(from + 24), buffer.getLong(from + 16));
  }
}
