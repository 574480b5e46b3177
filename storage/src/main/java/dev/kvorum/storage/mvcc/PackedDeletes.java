package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.model.Revision;
import java.util.AbstractList;
import java.util.List;
import java.util.RandomAccess;

/**
 * Deletes of one revision, packed into a few arrays: about 30 bytes a key beside the key itself,
 * where objects take 300. A delete of a million keys waits for its last slice, and as objects its
 * writes and events would keep the collector busy, which stops every thread.
 *
 * <p>{@link #writes()} and {@link #events()} make an element each time it is asked for.
 */
final class PackedDeletes {
  private final long main;
  private final long firstSub;

  /** All records, one behind the other. */
  private final byte[] records;

  private final int[] recordEnds;
  private final int[] keySizes;
  private final int[] checksums;
  private final long[] previousMains;
  private final long[] previousSubs;

  /**
   * Packs writes and events of the same deletes.
   *
   * @param writes tombstones of one main revision, their sub revisions without a gap; not empty
   */
  PackedDeletes(List<Write> writes, List<Event> events) {
    InvariantViolation.check(isPackable(writes), "only tombstones of one revision are packed");
    var count = writes.size();
    main = writes.getFirst().revision().main();
    firstSub = writes.getFirst().revision().sub();
    recordEnds = new int[count];
    keySizes = new int[count];
    checksums = new int[count];
    previousMains = new long[count];
    previousSubs = new long[count];
    var end = 0;
    for (var i = 0; i < count; i++) {
      end += writes.get(i).record().size();
      recordEnds[i] = end;
    }
    records = new byte[end];
    for (var i = 0; i < count; i++) {
      var write = writes.get(i);
      var event = events.get(i);
      write.record().copyTo(records, start(i));
      keySizes[i] = event.key().size();
      checksums[i] = write.checksum();
      var previous = InvariantViolation.present(event.previous(), "a delete replaces a record");
      previousMains[i] = previous.main();
      previousSubs[i] = previous.sub();
    }
  }

  static boolean isPackable(List<Write> writes) {
    if (writes.isEmpty()) {
      return false;
    }
    var main = writes.getFirst().revision().main();
    for (var write : writes) {
      if (!write.tombstone() || write.revision().main() != main) {
        return false;
      }
    }
    return true;
  }

  private int start(int i) {
    return i == 0 ? 0 : recordEnds[i - 1];
  }

  private Revision revision(int i) {
    return new Revision(main, firstSub + i);
  }

  List<Write> writes() {
    return new Writes();
  }

  List<Event> events() {
    return new Events();
  }

  private final class Writes extends AbstractList<Write> implements RandomAccess {
    @Override
    public Write get(int i) {
      var record = Bytes.wrap(records).slice(start(i), recordEnds[i]);
      return new Write(revision(i), true, record, checksums[i]);
    }

    @Override
    public int size() {
      return recordEnds.length;
    }
  }

  private final class Events extends AbstractList<Event> implements RandomAccess {
    @Override
    public Event get(int i) {
      // A tombstone's record is its key and nothing behind it.
      var key = Bytes.wrap(records).slice(recordEnds[i] - keySizes[i], recordEnds[i]);
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
