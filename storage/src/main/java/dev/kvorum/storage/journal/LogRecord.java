package dev.kvorum.storage.journal;

import dev.kvorum.storage.model.Bytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What a batch is made of.
 *
 * <pre>
 * offset  size  field
 *      0     4  size of the payload
 *      4     1  type
 *      5     3  zero
 *      8     8  index
 *     16     8  term
 *     24     4  CRC32C of the 24 bytes before and of the payload
 *     28        payload
 * </pre>
 *
 * The checksum covers the size and the type as well: a record whose size rotted must never look
 * like the end of the log.
 */
sealed interface LogRecord {
  /** The size of everything before the payload. */
  int HEADER_BYTES = 28;

  /** The payload of {@link SegmentStart}: cluster id, member id, number of sectors. */
  int SEGMENT_START_BYTES = 2 * Long.BYTES + Integer.BYTES;

  /** An entry of the log. */
  record Logged(Entry entry) implements LogRecord {}

  /** A mark. */
  record Marked(Mark mark) implements LogRecord {}

  /**
   * The first record of every segment.
   *
   * @param sectorCount the size of the file, by which a shortened file is recognised
   */
  record SegmentStart(Owner owner, int sectorCount) implements LogRecord {}

  /**
   * The log ends at this position, and what older files hold behind it was given up; the record
   * stands in a batch that begins the chain anew.
   */
  record Cut(EntryId position) implements LogRecord {}

  /** A record that some newer release wrote: never skipped. */
  record Unknown(int type) implements LogRecord {}

  /** The types on disk. */
  int EMPTY = 1;

  int COMMAND = 2;
  int MEMBERSHIP = 3;
  int SEGMENT_START = 16;
  int STATE_SYNCED = 17;
  int SNAPSHOT_TAKEN = 18;
  int LOG_RESET = 19;
  int CUT = 20;

  private int type() {
    return switch (this) {
      case Logged(var entry) ->
          switch (entry.type()) {
            case EMPTY -> EMPTY;
            case COMMAND -> COMMAND;
            case MEMBERSHIP -> MEMBERSHIP;
          };
      case Marked(Mark.StateSynced _) -> STATE_SYNCED;
      case Marked(Mark.SnapshotTaken _) -> SNAPSHOT_TAKEN;
      case Marked(Mark.LogReset _) -> LOG_RESET;
      case SegmentStart _ -> SEGMENT_START;
      case Cut _ -> CUT;
      case Unknown(var type) -> type;
    };
  }

  private EntryId position() {
    return switch (this) {
      case Logged(var entry) -> new EntryId(entry.term(), entry.index());
      case Marked(var mark) -> mark.position();
      case Cut(var position) -> position;
      case SegmentStart _, Unknown _ -> EntryId.ORIGIN;
    };
  }

  /** What follows the header. */
  default Bytes payload() {
    return switch (this) {
      case Logged(var entry) -> entry.payload();
      case SegmentStart(var owner, var sectorCount) ->
          Bytes.wrap(
              ByteBuffer.allocate(SEGMENT_START_BYTES)
                  .order(ByteOrder.LITTLE_ENDIAN)
                  .putLong(owner.clusterId())
                  .putLong(owner.memberId())
                  .putInt(sectorCount)
                  .array());
      case Marked _, Cut _, Unknown _ -> Bytes.EMPTY;
    };
  }

  /** Writes the header to the beginning of {@code header}, a little-endian buffer on an array. */
  default void encodeHeader(ByteBuffer header, Bytes payload) {
    var position = position();
    header.putInt(0, payload.size());
    header.putInt(4, type());
    header.putLong(8, position.index());
    header.putLong(16, position.term());
    header.putInt(24, checksum(header.array(), header.arrayOffset(), payload));
  }

  /**
   * Reads the record at {@code at} of a batch's bytes; an entry's payload stays a window into them.
   *
   * @param batch a little-endian buffer on an array
   * @return null if what stands there is not a whole record
   */
  static @Nullable LogRecord decode(ByteBuffer batch, int at, int end) {
    if (end - at < HEADER_BYTES) {
      return null;
    }
    var size = batch.getInt(at);
    if (size < 0 || size > end - at - HEADER_BYTES) {
      return null;
    }
    var inArray = batch.arrayOffset() + at;
    var payload = Bytes.wrap(batch.array(), inArray + HEADER_BYTES, size);
    if (batch.getInt(at + 24) != checksum(batch.array(), inArray, payload)) {
      return null;
    }
    var type = batch.getInt(at + 4);
    var index = batch.getLong(at + 8);
    var term = batch.getLong(at + 16);
    if (index < 0 || term < 0) {
      return null;
    }
    return switch (type) {
      case EMPTY -> new Logged(new Entry(term, index, Entry.Type.EMPTY, payload));
      case COMMAND -> new Logged(new Entry(term, index, Entry.Type.COMMAND, payload));
      case MEMBERSHIP -> new Logged(new Entry(term, index, Entry.Type.MEMBERSHIP, payload));
      case SEGMENT_START ->
          size == SEGMENT_START_BYTES
              ? new SegmentStart(
                  new Owner(batch.getLong(at + HEADER_BYTES), batch.getLong(at + HEADER_BYTES + 8)),
                  batch.getInt(at + HEADER_BYTES + 16))
              : null;
      case STATE_SYNCED -> new Marked(new Mark.StateSynced(new EntryId(term, index)));
      case SNAPSHOT_TAKEN -> new Marked(new Mark.SnapshotTaken(new EntryId(term, index)));
      case LOG_RESET -> new Marked(new Mark.LogReset(new EntryId(term, index)));
      case CUT -> new Cut(new EntryId(term, index));
      default -> new Unknown(type);
    };
  }

  private static int checksum(byte[] header, int at, Bytes payload) {
    var crc = new CRC32C();
    crc.update(header, at, 24);
    crc.update(payload.sharedArray(), payload.offset(), payload.size());
    return (int) crc.getValue();
  }
}
