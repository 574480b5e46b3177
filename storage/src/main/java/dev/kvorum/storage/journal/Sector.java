package dev.kvorum.storage.journal;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The unit that a disk writes whole or not at all, and how to tell what became of one (P1).
 *
 * <p>Every 512 bytes of a segment carry 496 bytes of payload and a trailer that says which sector
 * of which segment this is and which batch wrote it. A crash may leave any subset of the sectors
 * that were not yet synced; because a sector that was never written is still blank or carries the
 * number of the segment that the file was before, what was not written and what has rotted look
 * different.
 *
 * <pre>
 * offset  size  field
 *      0   496  payload
 *    496     4  number of the segment
 *    500     4  number of the sector in the segment; bit 31 is set in the first sector of a batch,
 *               bit 30 in the last
 *    504     4  low half of the batch's sequence number
 *    508     4  CRC32C of the 508 bytes before
 * </pre>
 */
final class Sector {
  static final int BYTES = 512;
  static final int PAYLOAD_BYTES = 496;
  private static final int SEGMENT_AT = 496;
  private static final int NUMBER_AT = 500;
  private static final int BATCH_AT = 504;
  private static final int CHECKSUM_AT = 508;
  private static final int FIRST_OF_BATCH = 1 << 31;
  private static final int LAST_OF_BATCH = 1 << 30;
  private static final int NUMBER_BITS = LAST_OF_BATCH - 1;

  /** What a sector turned out to be. */
  enum Kind {
    /** Written as this sector of this segment. */
    CURRENT,
    /** Written when the file was an earlier segment: this segment never reached it. */
    OLD,
    /** Zeros, or zeros but for one flipped bit, which no written sector can decay into. */
    BLANK,
    /** Whole, but it belongs elsewhere: the disk wrote or read it in a wrong place. */
    MISPLACED,
    /** None of these, or unreadable. */
    GARBAGE
  }

  private Sector() {}

  /**
   * Writes the trailer behind a payload that is in place.
   *
   * @param at where the sector begins in the buffer, which is little-endian
   */
  static void seal(
      ByteBuffer buffer,
      int at,
      long segment,
      int number,
      boolean firstOfBatch,
      boolean lastOfBatch,
      long batch) {
    var place = number;
    if (firstOfBatch) {
      place |= FIRST_OF_BATCH;
    }
    if (lastOfBatch) {
      place |= LAST_OF_BATCH;
    }
    buffer.putInt(at + SEGMENT_AT, (int) segment);
    buffer.putInt(at + NUMBER_AT, place);
    buffer.putInt(at + BATCH_AT, (int) batch);
    buffer.putInt(at + CHECKSUM_AT, checksum(buffer, at));
  }

  /** Tells what the sector at {@code at} is, which was read as sector {@code number}. */
  static Kind classify(ByteBuffer buffer, int at, long segment, int number) {
    if (isBlank(buffer, at)) {
      return Kind.BLANK;
    }
    if (buffer.getInt(at + CHECKSUM_AT) != checksum(buffer, at)) {
      return Kind.GARBAGE;
    }
    var foundNumber = buffer.getInt(at + NUMBER_AT) & NUMBER_BITS;
    var foundSegment = Integer.toUnsignedLong(buffer.getInt(at + SEGMENT_AT));
    if (isElsewhere(foundNumber, number) || foundSegment > segment) {
      return Kind.MISPLACED;
    }
    return isOfThisLife(foundSegment, segment) ? Kind.CURRENT : Kind.OLD;
  }

  /** Whether a whole sector was written for another place of the file. */
  private static boolean isElsewhere(int foundNumber, int number) {
    return foundNumber != number;
  }

  /** Whether a whole sector was written since the file has been this segment. */
  private static boolean isOfThisLife(long foundSegment, long segment) {
    return foundSegment == segment;
  }

  /** Whether the sector, known to be whole, begins a batch. */
  static boolean isFirstOfBatch(ByteBuffer buffer, int at) {
    return (buffer.getInt(at + NUMBER_AT) & FIRST_OF_BATCH) != 0;
  }

  /** Whether the sector, known to be whole, ends a batch. */
  static boolean isLastOfBatch(ByteBuffer buffer, int at) {
    return (buffer.getInt(at + NUMBER_AT) & LAST_OF_BATCH) != 0;
  }

  /**
   * The sequence number of the batch that wrote this whole sector, which is the one closest to
   * {@code near} that has the 32 bits that the trailer keeps.
   */
  static long batch(ByteBuffer buffer, int at, long near) {
    return near + (buffer.getInt(at + BATCH_AT) - (int) near);
  }

  private static boolean isBlank(ByteBuffer buffer, int at) {
    if (buffer.getLong(at) == 0 && isZero(buffer, at)) {
      return true;
    }
    var bits = 0;
    for (var i = 0; i < BYTES && bits < 2; i += Long.BYTES) {
      bits += Long.bitCount(buffer.getLong(at + i));
    }
    return bits < 2;
  }

  /** Most blank sectors are this, and it is cheaper to see. */
  private static boolean isZero(ByteBuffer buffer, int at) {
    var bits = 0L;
    for (var i = 0; i < BYTES; i += Long.BYTES) {
      bits |= buffer.getLong(at + i);
    }
    return bits == 0;
  }

  private static int checksum(ByteBuffer buffer, int at) {
    var crc = new CRC32C();
    if (buffer.hasArray()) {
      // A scan does this for every sector of the journal: not a slice for each.
      crc.update(buffer.array(), buffer.arrayOffset() + at, CHECKSUM_AT);
    } else {
      crc.update(buffer.slice(at, CHECKSUM_AT));
    }
    return (int) crc.getValue();
  }
}
