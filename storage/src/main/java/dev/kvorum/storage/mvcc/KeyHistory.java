package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.Revision;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * The records of one key, packed into an array of longs in the order in which they were written.
 *
 * <p>A record takes {@value #STRIDE} longs: main revision, create revision, version, and one word
 * of sub revision (31 bits), a tombstone mark (1 bit) and the record's size (32 bits). A
 * generation, one life of the key, is not a structure of its own: it begins with the record whose
 * version is 1 and ends with a tombstone. For example put at 2, put at 5 and delete at 7 are
 *
 * <pre>
 *   main create version | sub mark size
 *      2      2       1 |   0   -   14
 *      5      2       2 |   0   -   15
 *      7      0       0 |   0   t    5
 * </pre>
 *
 * <p>The array may be longer than its used part. {@link #append} fills the free part in place,
 * although older views share the array: each view knows its own end and reads nothing beyond, and
 * only the newest version is ever appended to.
 */
final class KeyHistory {
  static final int STRIDE = 4;

  private static final int CREATE = 1;
  private static final int VERSION = 2;
  private static final int PACKED = 3;
  private static final long TOMBSTONE_BIT = 1L << 32;
  private static final int SUB_SHIFT = 33;

  private KeyHistory() {}

  /** A history of one record. */
  static long[] of(Revision revision, long create, long version, boolean tombstone, int size) {
    var history = new long[STRIDE];
    write(history, 0, revision, create, version, tombstone, size);
    return history;
  }

  /** The history with one more record at {@code end}; on the same array if there is room. */
  static long[] append(
      long[] history,
      int end,
      Revision revision,
      long create,
      long version,
      boolean tombstone,
      int size) {
    var last = end - STRIDE;
    InvariantViolation.check(
        history[last] < revision.main()
            || (history[last] == revision.main() && sub(history, last) < revision.sub()),
        "a key's records ascend by revision");
    var target = end == history.length ? Arrays.copyOf(history, 2 * end) : history;
    write(target, end, revision, create, version, tombstone, size);
    return target;
  }

  private static void write(
      long[] history,
      int at,
      Revision revision,
      long create,
      long version,
      boolean tombstone,
      int size) {
    InvariantViolation.check(revision.sub() <= Integer.MAX_VALUE, "a sub revision has 31 bits");
    history[at] = revision.main();
    history[at + CREATE] = create;
    history[at + VERSION] = version;
    history[at + PACKED] =
        revision.sub() << SUB_SHIFT
            | (tombstone ? TOMBSTONE_BIT : 0)
            | Integer.toUnsignedLong(size);
  }

  /** Where the newest record with a main revision up to the given one stands, or -1. */
  static int position(long[] history, int end, long revision) {
    var last = end - STRIDE;
    if (history[last] <= revision) {
      return last;
    }
    var low = 0;
    var high = last / STRIDE - 1;
    while (low <= high) {
      var middle = (low + high) >>> 1;
      if (history[middle * STRIDE] <= revision) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return high * STRIDE < 0 ? -1 : high * STRIDE;
  }

  /** Where the record stands that the key lives in at the revision, or -1 when it does not live. */
  static int livePosition(long[] history, int end, long revision) {
    var at = position(history, end, revision);
    return at < 0 || isTombstone(history, at) ? -1 : at;
  }

  static boolean isTombstone(long[] history, int at) {
    return (history[at + PACKED] & TOMBSTONE_BIT) != 0;
  }

  static Revision revision(long[] history, int at) {
    return new Revision(history[at], sub(history, at));
  }

  static int size(long[] history, int at) {
    return (int) history[at + PACKED];
  }

  private static long sub(long[] history, int at) {
    return history[at + PACKED] >>> SUB_SHIFT;
  }

  static IndexEntry entry(byte[] key, long[] history, int at) {
    return new IndexEntry(
        Bytes.wrap(key),
        revision(history, at),
        history[at + CREATE],
        history[at + VERSION],
        size(history, at));
  }

  /**
   * Where the history begins after a compaction (contract S7.2): at the newest record up to the
   * revision, or behind it when that is a tombstone, unless the tombstone is of that very revision.
   */
  static int compactedStart(long[] history, int end, long revision) {
    var newest = position(history, end, revision);
    if (newest < 0) {
      return 0;
    }
    return isTombstone(history, newest) && !isOfRevision(history, newest, revision)
        ? newest + STRIDE
        : newest;
  }

  /** A watch that begins at the compact revision is still shown what happened in it. */
  private static boolean isOfRevision(long[] history, int at, long revision) {
    return history[at] == revision;
  }

  /** Tells of every record in {@code [0, start)}. */
  static void forEachBefore(long[] history, int start, Consumer<KeyIndex.Removed> visitor) {
    for (var at = 0; at < start; at += STRIDE) {
      visitor.accept(
          new KeyIndex.Removed(
              new RecordId(revision(history, at), isTombstone(history, at)), size(history, at)));
    }
  }
}
