package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Revision;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What one slice may still do, and which records it looked for in vain. */
final class Allowance {
  private final Function<Revision, @Nullable Bytes> records;
  private final List<Revision> missing = new ArrayList<>(0);
  private int keys;
  private long bytes;

  private Allowance(Function<Revision, @Nullable Bytes> records, int keys, long bytes) {
    this.records = records;
    this.keys = keys;
    this.bytes = bytes;
  }

  /**
   * For one slice.
   *
   * @param keys how many keys may be looked at
   * @param bytes of records that may be read
   */
  static Allowance of(Records records, int keys, long bytes) {
    return new Allowance(records::find, keys, bytes);
  }

  /** For a command that is done in one slice and whose records are all there. */
  static Allowance unlimited(Records records) {
    return new Allowance(records::get, Integer.MAX_VALUE, Long.MAX_VALUE);
  }

  boolean isUsedUp() {
    return keys <= 0 || bytes <= 0;
  }

  /** Whether the slice has to end, because nothing is left or a record is not there. */
  boolean mustStop() {
    return isUsedUp() || !missing.isEmpty();
  }

  /** How many keys may still be looked at. */
  int keys() {
    return keys;
  }

  void useKey() {
    keys--;
  }

  void useKeys(int count) {
    keys -= count;
  }

  /** A key whose record is read. */
  void useKey(int recordSize) {
    keys--;
    bytes -= recordSize;
  }

  /** The record, or null when it is not in memory; then it is noted as missing. */
  @Nullable Bytes find(Revision revision) {
    var found = records.apply(revision);
    if (found == null) {
      missing.add(revision);
    }
    return found;
  }

  List<Revision> missing() {
    return missing;
  }
}
