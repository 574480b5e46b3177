package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.model.Revision;
import java.util.AbstractList;
import java.util.RandomAccess;
import java.util.function.Consumer;

/**
 * Deletes of one revision, packed into a few arrays: about 30 bytes a key beside the key itself,
 * where objects take 300. A delete of a million keys waits for its last slice, and as objects its
 * writes and events would keep the collector busy, which stops every thread.
 *
 * <p>Its two lists make an element each time it is asked for. What can do without elements asks the
 * lists themselves: {@link WriteTally#of} and {@link Events#forEachKey}.
 */
public final class PackedDeletes {
  private final long main;
  private final long firstSub;

  /** All records, one behind the other. */
  private final byte[] records;

  private final int[] recordEnds;
  private final int[] keySizes;
  private final int[] checksums;
  private final long[] previousMains;
  private final long[] previousSubs;

  /** Takes the arrays of a {@link DeletePacker}. */
  PackedDeletes(
      Revision first,
      byte[] records,
      int[] recordEnds,
      int[] keySizes,
      int[] checksums,
      long[] previousMains,
      long[] previousSubs) {
    main = first.main();
    firstSub = first.sub();
    this.records = records;
    this.recordEnds = recordEnds;
    this.keySizes = keySizes;
    this.checksums = checksums;
    this.previousMains = previousMains;
    this.previousSubs = previousSubs;
  }

  int count() {
    return recordEnds.length;
  }

  private int start(int i) {
    return i == 0 ? 0 : recordEnds[i - 1];
  }

  private Revision revision(int i) {
    return new Revision(main, firstSub + i);
  }

  /** A tombstone's record is its key and nothing behind it. */
  private Bytes key(int i) {
    return Bytes.wrap(records, recordEnds[i] - keySizes[i], keySizes[i]);
  }

  Writes writes() {
    return new Writes();
  }

  Events events() {
    return new Events();
  }

  /** The tombstones. */
  final class Writes extends AbstractList<Write> implements RandomAccess {
    WriteTally tally() {
      return new WriteTally(0, recordEnds.length, 0, records.length);
    }

    @Override
    public Write get(int i) {
      var record = Bytes.wrap(records, start(i), recordEnds[i] - start(i));
      return new Write(revision(i), true, record, checksums[i]);
    }

    @Override
    public int size() {
      return recordEnds.length;
    }
  }

  /** What watchers are to see of them. */
  public final class Events extends AbstractList<Event> implements RandomAccess {
    private Events() {}

    /** Shows the deleted keys, in order, without making their events. */
    public void forEachKey(Consumer<Bytes> visitor) {
      for (var i = 0; i < recordEnds.length; i++) {
        visitor.accept(key(i));
      }
    }

    @Override
    public Event get(int i) {
      var key = key(i);
      return new Event(
          revision(i),
          true,
          key,
          KeyValueCodec.deleted(key, main),
          new Revision(previousMains[i], previousSubs[i]),
          0);
    }

    @Override
    public int size() {
      return recordEnds.length;
    }
  }
}
