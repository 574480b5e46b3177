package dev.kvorum.storage.watch;

import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.Revision;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A chunk of history in the making: as many whole revisions as fit, or one part of a single
 * revision that does not. So a chunk is bounded, however many keys somebody deletes at once.
 */
final class HistoryChunk {
  private final Revision from;
  private final ChunkLimits limits;
  private final List<Event> events = new ArrayList<>();
  private int revisions;
  private long bytes;

  /** Everything up to here is in the chunk, but for what {@link #rest} says. */
  private long covered;

  /** Where the newest revision begins among the events, and what was covered before it. */
  private int newestAt;

  private long coveredBefore;

  private @Nullable Revision rest;

  /**
   * @param from in the middle of a revision when its sub revision is above 0: then the chunk has
   *     the rest of this revision or a part of it, and nothing else
   */
  HistoryChunk(Revision from, ChunkLimits limits) {
    this.from = from;
    this.limits = limits;
    covered = from.main() - 1;
  }

  /** Takes the next event; false when the chunk has ended before it. */
  boolean add(Event event, long recordBytes) {
    var main = event.revision().main();
    if (main != covered) {
      if (revisions == limits.revisions() || isFull() || (revisions == 1 && from.sub() > 0)) {
        return false;
      }
      revisions++;
      coveredBefore = covered;
      newestAt = events.size();
      covered = main;
    } else if (isFull()) {
      if (revisions == 1) {
        rest = event.revision();
      } else {
        // It comes by itself, in parts or not.
        events.subList(newestAt, events.size()).clear();
        covered = coveredBefore;
      }
      return false;
    }
    bytes += recordBytes;
    events.add(event);
    return true;
  }

  private boolean isFull() {
    return events.size() >= limits.events() || bytes >= limits.bytes();
  }

  /** What was taken. */
  History history() {
    return new History(from.main(), covered, events, rest);
  }

  /**
   * What was taken, when there was nothing more.
   *
   * @param known everything up to there is known
   */
  History historyUpTo(long known) {
    return new History(
        from.main(), from.sub() > 0 ? covered : Math.max(covered, known), events, rest);
  }
}
