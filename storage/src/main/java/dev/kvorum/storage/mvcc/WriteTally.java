package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.model.JoinedList;
import java.util.List;

/**
 * How many records of which kind, and how large they are.
 *
 * @param putBytes size of the puts' records
 * @param bytes size of all records
 */
public record WriteTally(long puts, long deletes, long putBytes, long bytes) {
  /** Nothing. */
  public static final WriteTally NONE = new WriteTally(0, 0, 0, 0);

  /** Counts the records; what is packed is not looked at one by one. */
  public static WriteTally of(List<Write> writes) {
    if (writes instanceof PackedDeletes.Writes packed) {
      return packed.tally();
    }
    if (writes instanceof JoinedList<Write> joined) {
      var sum = NONE;
      for (var part : joined.parts()) {
        sum = sum.plus(of(part));
      }
      return sum;
    }
    var puts = 0L;
    var putBytes = 0L;
    var bytes = 0L;
    for (var write : writes) {
      var size = write.record().size();
      bytes += size;
      puts += write.tombstone() ? 0 : 1;
      putBytes += write.tombstone() ? 0 : size;
    }
    return new WriteTally(puts, writes.size() - puts, putBytes, bytes);
  }

  /** Both together. */
  public WriteTally plus(WriteTally other) {
    return new WriteTally(
        puts + other.puts, deletes + other.deletes, putBytes + other.putBytes, bytes + other.bytes);
  }
}
