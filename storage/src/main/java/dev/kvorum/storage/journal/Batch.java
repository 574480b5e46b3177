package dev.kvorum.storage.journal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A batch read back.
 *
 * @param hash the hash by which the next batch names this one
 */
record Batch(BatchHeader header, List<LogRecord> records, long hash) {
  /** What became of decoding. */
  sealed interface Decoded {
    /** A batch that is whole. */
    record Whole(Batch batch) implements Decoded {}

    /**
     * Sectors that are whole hold something that this program never writes, or a newer one wrote.
     */
    record Contradiction(String what) implements Decoded {}
  }

  /**
   * Decodes a batch whose sectors are known to be whole and its own.
   *
   * @param sectors a little-endian buffer
   * @param at where the first sector begins in it
   */
  static Decoded decode(ByteBuffer sectors, int at, BatchHeader header) {
    return decode(sectors, at, header, new byte[header.batchBytes()]);
  }

  /**
   * The same in memory that is used again: for whoever is done with the payloads by then.
   *
   * @param bytes at least as many as the batch has
   */
  static Decoded decode(ByteBuffer sectors, int at, BatchHeader header, byte[] bytes) {
    var end = header.batchBytes();
    for (var done = 0; done < end; done += Sector.PAYLOAD_BYTES) {
      var size = Math.min(Sector.PAYLOAD_BYTES, end - done);
      sectors.get(at + done / Sector.PAYLOAD_BYTES * Sector.BYTES, bytes, done, size);
    }
    var recordBytes = end - BatchHeader.BYTES;
    if (recordBytes < 0
        || new Hash64().add(bytes, BatchHeader.BYTES, recordBytes).value()
            != header.recordsHash()) {
      return new Decoded.Contradiction("the records do not have the hash that the header names");
    }
    var records = new ArrayList<LogRecord>(header.recordCount());
    var buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (var position = BatchHeader.BYTES; position < end; ) {
      var record = LogRecord.decode(buffer, position, end);
      if (record == null) {
        return new Decoded.Contradiction("a record does not have the checksum that it names");
      }
      if (record instanceof LogRecord.Unknown(var type)) {
        return new Decoded.Contradiction("record type " + type + " of a newer release");
      }
      records.add(record);
      position += LogRecord.HEADER_BYTES + record.payload().size();
    }
    return records.size() == header.recordCount()
        ? new Decoded.Whole(new Batch(header, records, BatchHeader.hash(sectors, at)))
        : new Decoded.Contradiction("the header counts other records than there are");
  }
}
