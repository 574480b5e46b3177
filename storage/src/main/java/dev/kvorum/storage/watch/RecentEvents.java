package dev.kvorum.storage.watch;

import dev.kvorum.storage.memory.ByteRing;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.Revision;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The newest events, a bounded number of bytes of them: whoever is a little behind catches up
 * without a disk, and what the state store does not show yet is here.
 *
 * <pre>
 * event: main u64, sub u64, previous main u64 (0: none), previous sub u64, lease u64,
 *        size of the key i32 (its complement: a delete), size of the record i32, key, record
 * </pre>
 */
final class RecentEvents {
  private static final int SUB = 8;
  private static final int PREVIOUS = 16;
  private static final int PREVIOUS_SUB = 24;
  private static final int LEASE = 32;
  private static final int KEY_SIZE = 40;
  private static final int RECORD_SIZE = 44;
  private static final int HEADER_BYTES = 48;

  private final ByteRing ring;

  /** Every event of this revision and above is here. */
  private long firstRevision;

  private long lastRevision;

  /**
   * @param revision the store's, from which on it hears of every change
   */
  RecentEvents(long revision, int maxBytes) {
    ring = new ByteRing(maxBytes);
    firstRevision = revision + 1;
    lastRevision = revision;
  }

  /** Adds the events of one revision, the next. */
  void add(long revision, List<Event> ofRevision) {
    lastRevision = revision;
    // What would take the place of most others is not looked at: it is packed, and very long.
    var fits = (long) ofRevision.size() * HEADER_BYTES <= ring.capacityBytes() / 4;
    for (var i = 0; fits && i < ofRevision.size(); i++) {
      fits = add(ofRevision.get(i));
    }
    if (!fits) {
      pass(revision);
    }
  }

  /** The next revision is not kept, so those before it are of no use, either. */
  void pass(long revision) {
    ring.clear();
    firstRevision = revision + 1;
    lastRevision = revision;
  }

  /** False if there is no room beside what is here of the same revision. */
  private boolean add(Event event) {
    var bytes = (long) HEADER_BYTES + event.key().size() + event.kv().size();
    if (bytes > ring.capacityBytes()) {
      return false;
    }
    while (!ring.hasRoom((int) bytes)) {
      if (main(ring.oldest()) == event.revision().main()) {
        return false;
      }
      forgetOldestRevision();
    }
    write(event, ring.add((int) bytes));
    return true;
  }

  /** Whole revisions only: half of one is of no use to anybody. */
  private void forgetOldestRevision() {
    firstRevision = main(ring.oldest()) + 1;
    while (!ring.isEmpty() && main(ring.oldest()) < firstRevision) {
      ring.removeOldest(bytes(ring.oldest()));
    }
  }

  private void write(Event event, int at) {
    var previous = event.previous();
    var keySize = event.key().size();
    ring.putLong(at, event.revision().main());
    ring.putLong(at + SUB, event.revision().sub());
    ring.putLong(at + PREVIOUS, previous == null ? 0 : previous.main());
    ring.putLong(at + PREVIOUS_SUB, previous == null ? 0 : previous.sub());
    ring.putLong(at + LEASE, event.lease());
    ring.putInt(at + KEY_SIZE, event.deleted() ? ~keySize : keySize);
    ring.putInt(at + RECORD_SIZE, event.kv().size());
    ring.putBytes(at + HEADER_BYTES, event.key());
    ring.putBytes(at + HEADER_BYTES + keySize, event.kv());
  }

  private Event read(int at) {
    var keySize = keySize(at);
    var both = ring.bytesAt(at + HEADER_BYTES, keySize + ring.intAt(at + RECORD_SIZE));
    return new Event(
        new Revision(main(at), ring.longAt(at + SUB)),
        ring.intAt(at + KEY_SIZE) < 0,
        both.slice(0, keySize),
        both.slice(keySize, both.size()),
        previous(at),
        ring.longAt(at + LEASE));
  }

  private @Nullable Revision previous(int at) {
    var main = ring.longAt(at + PREVIOUS);
    return main == 0 ? null : new Revision(main, ring.longAt(at + PREVIOUS_SUB));
  }

  private long main(int at) {
    return ring.longAt(at);
  }

  private int keySize(int at) {
    var written = ring.intAt(at + KEY_SIZE);
    return written < 0 ? ~written : written;
  }

  private int bytes(int at) {
    return HEADER_BYTES + keySize(at) + ring.intAt(at + RECORD_SIZE);
  }

  /** Whether everything from that revision on is here. */
  boolean holds(long fromRevision) {
    return fromRevision >= firstRevision;
  }

  /** What happened from there on, a chunk of it. */
  History from(Revision from, ChunkLimits limits) {
    var chunk = new HistoryChunk(from, limits);
    var at = ring.isEmpty() ? ByteRing.NONE : ring.oldest();
    for (; at != ByteRing.NONE; at = ring.after(at, bytes(at))) {
      if (!isBefore(at, from) && !chunk.add(read(at), bytes(at))) {
        return chunk.history();
      }
    }
    return chunk.historyUpTo(lastRevision);
  }

  private boolean isBefore(int at, Revision from) {
    var main = main(at);
    return main < from.main() || (main == from.main() && ring.longAt(at + SUB) < from.sub());
  }
}
