package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.index.IndexEntry;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.ResponseCodec;
import dev.kvorum.storage.model.Revision;
import java.util.List;

/**
 * Some key-values of a {@link LongRange}, one behind the other as fields of its message. The index
 * says where each of them stands before any is read, so records are put into their places in
 * whatever order they are found, and are copied only once. Used by one thread.
 */
public final class RangePiece {
  private final List<IndexEntry> entries;
  private final byte[] fields;

  /** Where each record begins in the fields. */
  private final int[] places;

  /** Records that were not put yet. */
  private int missing;

  private RangePiece(List<IndexEntry> entries, byte[] fields, int[] places) {
    this.entries = entries;
    this.fields = fields;
    this.places = places;
    missing = places.length;
  }

  /** A piece to which no record belongs. */
  static RangePiece ofKeys(List<IndexEntry> entries) {
    var keys = entries.stream().map(RangeSelection::keyOnly).toList();
    return new RangePiece(entries, ResponseCodec.encodeKeyValues(keys).toArray(), new int[0]);
  }

  /** A piece whose records are to be put. */
  static RangePiece ofRecords(List<IndexEntry> entries) {
    var size = 0;
    for (var entry : entries) {
      size += ResponseCodec.sizeOfKeyValue(entry.recordSize());
    }
    var fields = new byte[size];
    var places = new int[entries.size()];
    var end = 0;
    for (var i = 0; i < places.length; i++) {
      var recordSize = entries.get(i).recordSize();
      places[i] = ResponseCodec.beginKeyValue(fields, end, recordSize);
      end = places[i] + recordSize;
    }
    return new RangePiece(entries, fields, places);
  }

  /** The keys, as the index knows them. */
  public List<IndexEntry> entries() {
    return entries;
  }

  /** How many records are to be put; 0 when only keys are wanted. */
  public int records() {
    return places.length;
  }

  /** Which record the one of this number is. */
  public Revision revision(int number) {
    return entries.get(number).revision();
  }

  /** Copies a record to its place; once for each. */
  public void put(int number, Bytes record) {
    InvariantViolation.check(
        record.size() == entries.get(number).recordSize(), "a record is as long as the index says");
    record.copyTo(fields, places[number]);
    missing--;
  }

  /** The fields, when all records were put; the piece is used up. */
  public Bytes toBytes() {
    InvariantViolation.check(missing == 0, "a piece has all its records");
    return Bytes.wrap(fields);
  }
}
