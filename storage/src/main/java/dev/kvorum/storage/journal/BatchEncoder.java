package dev.kvorum.storage.journal;

import dev.kvorum.storage.model.InvariantViolation;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Lays a batch out in sectors, in direct memory that the disk writes as it is: a payload is copied
 * once. The buffer is reused; the journal has one batch at the disk at a time.
 */
final class BatchEncoder {
  private static final int INITIAL_BYTES = 1 << 16;

  /** A batch of usual size fits; a larger one gets memory that is given back after it. */
  private static final int KEPT_BYTES = 1 << 20;

  private final ByteBuffer recordHeader =
      ByteBuffer.allocate(LogRecord.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private ByteBuffer buffer = allocate(INITIAL_BYTES);

  /** Where the next byte of payload goes; never inside a sector's trailer. */
  private int position;

  /** A batch ready to be written, and the hash that the next one names it by. */
  record Encoded(ByteBuffer sectors, int sectorCount, long hash) {}

  /** How many bytes of header and records a batch of these records has. */
  static long size(List<LogRecord> records) {
    var size = (long) BatchHeader.BYTES;
    for (var record : records) {
      size += LogRecord.HEADER_BYTES + record.payload().size();
    }
    return size;
  }

  /**
   * Encodes a batch. The result's memory is valid until the next call.
   *
   * @param draft the header, whose sizes, count and hash of the records are filled in here
   * @param segment the number of the segment that the batch is for
   * @param firstSector where it begins there
   */
  Encoded encode(BatchHeader draft, List<LogRecord> records, long segment, int firstSector) {
    var batchBytes = Math.toIntExact(size(records));
    var sectorCount = BatchHeader.sectors(batchBytes);
    reserve(sectorCount * Sector.BYTES);
    position = BatchHeader.BYTES;
    for (var record : records) {
      var payload = record.payload();
      record.encodeHeader(recordHeader, payload);
      put(recordHeader.array(), 0, LogRecord.HEADER_BYTES);
      put(payload.sharedArray(), payload.offset(), payload.size());
    }
    InvariantViolation.check(
        payloadPosition(position) == batchBytes, "a batch has the size that was computed");
    clearFrom(position, sectorCount * Sector.BYTES);
    var header = complete(draft, batchBytes, records.size());
    header.encode(buffer, 0);
    if (sectorCount > 1) {
      header.encodeTrailer(buffer, (sectorCount - 1) * Sector.BYTES);
    }
    for (var i = 0; i < sectorCount; i++) {
      Sector.seal(
          buffer,
          i * Sector.BYTES,
          segment,
          firstSector + i,
          i == 0,
          i == sectorCount - 1,
          header.number());
    }
    return new Encoded(
        buffer.slice(0, sectorCount * Sector.BYTES), sectorCount, BatchHeader.hash(buffer, 0));
  }

  private BatchHeader complete(BatchHeader draft, int batchBytes, int recordCount) {
    return new BatchHeader(
        draft.restart(),
        draft.number(),
        batchBytes,
        recordCount,
        draft.firstIndex(),
        draft.last(),
        draft.prevTerm(),
        draft.commit(),
        draft.durableNumber(),
        draft.prevHash(),
        hashOfRecords(batchBytes));
  }

  private long hashOfRecords(int batchBytes) {
    var hash = new Hash64();
    var done = BatchHeader.BYTES;
    while (done < batchBytes) {
      var inSector = done % Sector.PAYLOAD_BYTES;
      var size = Math.min(Sector.PAYLOAD_BYTES - inSector, batchBytes - done);
      hash.add(buffer, done / Sector.PAYLOAD_BYTES * Sector.BYTES + inSector, size);
      done += size;
    }
    return hash.value();
  }

  private void put(byte[] source, int from, int size) {
    var done = 0;
    while (done < size) {
      var inSector = position % Sector.BYTES;
      if (inSector == Sector.PAYLOAD_BYTES) {
        position += Sector.BYTES - Sector.PAYLOAD_BYTES;
        inSector = 0;
      }
      var part = Math.min(size - done, Sector.PAYLOAD_BYTES - inSector);
      buffer.put(position, source, from + done, part);
      position += part;
      done += part;
    }
  }

  private static int payloadPosition(int position) {
    return position / Sector.BYTES * Sector.PAYLOAD_BYTES + position % Sector.BYTES;
  }

  private void clearFrom(int from, int end) {
    for (var i = from; i < end; i++) {
      buffer.put(i, (byte) 0);
    }
  }

  private void reserve(int bytes) {
    if (buffer.capacity() < bytes) {
      buffer = allocate(Math.max(bytes, Math.min(KEPT_BYTES, Integer.highestOneBit(bytes) * 2)));
    } else if (buffer.capacity() > KEPT_BYTES && bytes <= KEPT_BYTES) {
      buffer = allocate(KEPT_BYTES);
    }
  }

  private static ByteBuffer allocate(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
