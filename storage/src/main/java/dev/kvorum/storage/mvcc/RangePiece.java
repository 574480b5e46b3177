package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.index.LiveKey;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.ResponseCodec;
import dev.kvorum.storage.model.Revision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Some key-values of a {@link LongRange}, one behind the other as fields of its message. The index
 * says where each of them stands before any is read, so records are put into their places in
 * whatever order they are found, and are copied only once.
 *
 * <p>What is known of the records stands in arrays: an answer may have millions, and whoever makes
 * it should not make an object for each. Used by one thread.
 */
public final class RangePiece {
  /** The revisions of the records, main and sub in turns. */
  private final long[] revisions;

  /** Where each record ends in the fields. */
  private final int[] ends;

  private final int[] sizes;
  private final byte[] fields;

  /** Records that were not put yet. */
  private int missing;

  private RangePiece(long[] revisions, int[] sizes, int[] ends, byte[] fields, int records) {
    this.revisions = revisions;
    this.sizes = sizes;
    this.ends = ends;
    this.fields = fields;
    missing = records;
  }

  /** A piece of which the keys are still being chosen. */
  static final class Draft {
    private static final int SMALLEST = 128;

    private final boolean keysOnly;

    /** What is shown of keys without their records. */
    private final List<Bytes> shown = new ArrayList<>(0);

    private long[] revisions;
    private int[] sizes;
    private int count;

    /**
     * @param keysOnly whether no record belongs to it
     */
    Draft(boolean keysOnly) {
      this.keysOnly = keysOnly;
      revisions = new long[keysOnly ? 0 : 2 * SMALLEST];
      sizes = new int[keysOnly ? 0 : SMALLEST];
    }

    void add(LiveKey key) {
      if (keysOnly) {
        shown.add(RangeSelection.keyOnly(key.entry()));
        return;
      }
      if (count == sizes.length) {
        sizes = Arrays.copyOf(sizes, 2 * count);
        revisions = Arrays.copyOf(revisions, 4 * count);
      }
      revisions[2 * count] = key.modRevision();
      revisions[2 * count + 1] = key.sub();
      sizes[count++] = key.recordSize();
    }

    RangePiece finish() {
      if (keysOnly) {
        var fields = ResponseCodec.encodeKeyValues(shown).toArray();
        return new RangePiece(revisions, sizes, new int[0], fields, 0);
      }
      var bytes = 0;
      for (var number = 0; number < count; number++) {
        bytes += ResponseCodec.sizeOfKeyValue(sizes[number]);
      }
      var fields = new byte[bytes];
      var ends = new int[count];
      var end = 0;
      for (var number = 0; number < count; number++) {
        end = ResponseCodec.beginKeyValue(fields, end, sizes[number]) + sizes[number];
        ends[number] = end;
      }
      return new RangePiece(revisions, sizes, ends, fields, count);
    }
  }

  /** How many records are to be put; 0 when only keys are wanted. */
  public int records() {
    return ends.length;
  }

  /** Which record the one of this number is. */
  public Revision revision(int number) {
    return new Revision(revisions[2 * number], revisions[2 * number + 1]);
  }

  /** The numbers of the records in the order of their revisions, in which they are read fastest. */
  public int[] byRevision() {
    var numbers = new int[records()];
    var ascend = true;
    for (var number = 0; number < numbers.length; number++) {
      numbers[number] = number;
      ascend = ascend && (number == 0 || compare(number - 1, number) < 0);
    }
    return ascend ? numbers : sorted();
  }

  private int[] sorted() {
    var numbers = new ArrayList<Integer>(records());
    for (var number = 0; number < records(); number++) {
      numbers.add(number);
    }
    numbers.sort(this::compare);
    return numbers.stream().mapToInt(Integer::intValue).toArray();
  }

  private int compare(int number, int other) {
    var main = Long.compare(revisions[2 * number], revisions[2 * other]);
    return main != 0 ? main : Long.compare(revisions[2 * number + 1], revisions[2 * other + 1]);
  }

  /** Copies a record to its place; once for each. */
  public void put(int number, Bytes record) {
    InvariantViolation.check(
        record.size() == sizes[number], "a record is as long as the index says");
    record.copyTo(fields, ends[number] - sizes[number]);
    missing--;
  }

  /** The fields, when all records were put; the piece is used up. */
  public Bytes toBytes() {
    InvariantViolation.check(missing == 0, "a piece has all its records");
    return Bytes.wrap(fields);
  }
}
