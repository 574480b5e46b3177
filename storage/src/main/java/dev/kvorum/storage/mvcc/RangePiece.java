package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.index.LiveKey;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.ResponseCodec;
import dev.kvorum.storage.model.Revision;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

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

  private final int[] sizes;

  /** Where each record ends in the fields. */
  private final int[] ends;

  /** The fields of a piece without records. */
  private final Bytes ofKeys;

  /** What all fields take. */
  private final int size;

  /** Where the fields are made, once that is known. */
  private @Nullable ByteBuffer fields;

  /** Records that were not put yet. */
  private int missing;

  private RangePiece(long[] revisions, int[] sizes, int[] ends, Bytes ofKeys) {
    this.revisions = revisions;
    this.sizes = sizes;
    this.ends = ends;
    this.ofKeys = ofKeys;
    missing = ends.length;
    size = missing == 0 ? ofKeys.size() : ends[missing - 1];
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
      var ends = new int[count];
      var end = 0;
      for (var number = 0; number < count; number++) {
        end += ResponseCodec.sizeOfKeyValue(sizes[number]);
        ends[number] = end;
      }
      return new RangePiece(revisions, sizes, ends, ResponseCodec.encodeKeyValues(shown));
    }
  }

  /** How many bytes its fields take. */
  public int size() {
    return size;
  }

  /**
   * Says where the fields are made; records are put afterwards.
   *
   * @param memory with room for {@link #size} bytes from its beginning on; the piece's from now on
   */
  public void begin(ByteBuffer memory) {
    memory.clear().limit(size);
    fields = memory;
    memory.put(0, ofKeys.sharedArray(), ofKeys.offset(), ofKeys.size());
    var end = 0;
    for (var number = 0; number < ends.length; number++) {
      end = ResponseCodec.beginKeyValue(memory, end, sizes[number]) + sizes[number];
    }
    InvariantViolation.check(ends.length == 0 || end == size, "fields are as long as was said");
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
    memory()
        .put(ends[number] - sizes[number], record.sharedArray(), record.offset(), record.size());
    missing--;
  }

  /** The fields, from position to limit, when all records were put; the piece is used up. */
  public ByteBuffer fields() {
    InvariantViolation.check(missing == 0, "a piece has all its records");
    return memory();
  }

  private ByteBuffer memory() {
    return InvariantViolation.present(fields, "a piece is begun before it is filled");
  }
}
