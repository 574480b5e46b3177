package dev.kvorum.storage.watch;

import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.Revision;
import java.util.ArrayDeque;
import java.util.List;

/**
 * The newest events, a bounded number of bytes of them: whoever is a little behind catches up
 * without a disk, and what the state store does not show yet is here.
 */
final class RecentEvents {
  /** What an event costs beside its record. */
  private static final long OVERHEAD_BYTES = 120;

  private final long maxBytes;
  private final ArrayDeque<Event> events = new ArrayDeque<>();
  private long bytes;

  /** Every event of this revision and above is here. */
  private long firstRevision;

  private long lastRevision;

  /**
   * @param revision the store's, from which on it hears of every change
   */
  RecentEvents(long revision, long maxBytes) {
    this.maxBytes = maxBytes;
    firstRevision = revision + 1;
    lastRevision = revision;
  }

  /** Adds the events of one revision, the next. */
  void add(long revision, List<Event> ofRevision) {
    lastRevision = revision;
    if ((long) ofRevision.size() * OVERHEAD_BYTES > maxBytes) {
      // It does not fit, however empty it is here; it may be packed and very long.
      events.clear();
      bytes = 0;
      firstRevision = revision + 1;
      return;
    }
    for (var event : ofRevision) {
      events.addLast(event);
      bytes += cost(event);
    }
    while (bytes > maxBytes) {
      // Whole revisions only: half of one is of no use to anybody.
      firstRevision = events.getFirst().revision().main() + 1;
      while (!events.isEmpty() && events.getFirst().revision().main() < firstRevision) {
        bytes -= cost(events.removeFirst());
      }
    }
  }

  private static long cost(Event event) {
    return event.kv().size() + OVERHEAD_BYTES;
  }

  /** Whether everything from that revision on is here. */
  boolean holds(long fromRevision) {
    return fromRevision >= firstRevision;
  }

  /** What happened from there on, a chunk of it. */
  History from(Revision from, ChunkLimits limits) {
    var chunk = new HistoryChunk(from, limits);
    for (var event : events) {
      if (event.revision().compareTo(from) >= 0 && !chunk.add(event, cost(event))) {
        return chunk.history();
      }
    }
    return chunk.historyUpTo(lastRevision);
  }
}
