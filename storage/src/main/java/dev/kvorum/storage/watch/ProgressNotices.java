package dev.kvorum.storage.watch;

import dev.kvorum.storage.watch.WatchHub.Moment;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * Tells streams up to which revision they were sent everything: at once when a client asks, and now
 * and then when a watcher wants to hear of it and has had no events.
 */
final class ProgressNotices {
  /** A request that came before everything that its client may know was sent. */
  private record Asked(WatchStream stream, long atRevision) {}

  private final WatchSizes sizes;
  private final Outbox outbox;
  private final ArrayDeque<Asked> asked = new ArrayDeque<>();

  /** Streams with watchers that want to hear of progress. */
  private final PriorityQueue<WatchStream> ticks =
      new PriorityQueue<>(Comparator.comparingLong(stream -> stream.nextTickNanos));

  ProgressNotices(WatchSizes sizes, Outbox outbox) {
    this.sizes = sizes;
    this.outbox = outbox;
  }

  /**
   * A client asks how far everything was sent.
   *
   * @param atRevision its client may have seen everything up to there
   */
  void ask(WatchStream stream, long atRevision) {
    asked.add(new Asked(stream, atRevision));
  }

  /**
   * Answers requests for which everything was sent that their clients may know.
   *
   * @param completed everything up to there was sent to everybody who was synced
   */
  void answer(long completed, Moment moment) {
    while (!asked.isEmpty() && asked.getFirst().atRevision <= completed) {
      var stream = asked.removeFirst().stream;
      // Silence unless every watcher of the stream has all of it (contract S9.8), and later when
      // one has more than that.
      var hasAll =
          stream.watchers.values().stream()
              .allMatch(
                  watcher -> watcher.state == Watcher.State.SYNCED && watcher.floor <= completed);
      var given = stream.watchers.values().stream().mapToLong(each -> each.nextRevision - 1).max();
      if (hasAll && given.isPresent() && given.getAsLong() > completed) {
        asked.add(new Asked(stream, given.getAsLong()));
      } else if (hasAll && given.isPresent()) {
        var header = WatchResponses.header(moment.origin(), completed);
        outbox.control(stream, WatchResponses.head(header, -1, false));
      }
    }
  }

  /** The watcher, a new one, is told of progress if it wants that. */
  void add(Watcher watcher, long nowNanos) {
    var stream = watcher.stream;
    if (watcher.progressNotify && stream.progressWatchers++ == 0) {
      schedule(stream, nowNanos);
    }
  }

  void remove(Watcher watcher) {
    var stream = watcher.stream;
    if (watcher.progressNotify && --stream.progressWatchers == 0) {
      ticks.remove(stream);
    }
  }

  /** All watchers of the stream are gone. */
  void remove(WatchStream stream) {
    ticks.remove(stream);
  }

  private void schedule(WatchStream stream, long nowNanos) {
    while (stream.nextTickNanos <= nowNanos) {
      stream.nextTickNanos += stream.tickNanos;
    }
    ticks.add(stream);
  }

  /** When {@link #tick} has something to do, {@link Long#MAX_VALUE} for never. */
  long nextTickNanos() {
    var first = ticks.peek();
    return first == null ? Long.MAX_VALUE : first.nextTickNanos;
  }

  /** Tells idle watchers of the streams that are due (contract S9.9). */
  void tick(long completed, Moment moment) {
    for (var stream = ticks.peek();
        stream != null && stream.nextTickNanos <= moment.nowNanos();
        stream = ticks.peek()) {
      ticks.remove();
      var header = WatchResponses.header(moment.origin(), completed);
      for (var watcher : stream.watchers.values()) {
        if (watcher.progressNotify
            && watcher.state == Watcher.State.SYNCED
            && watcher.floor <= completed
            && watcher.nextRevision <= completed + 1
            && !watcher.active
            && stream.open == null
            && stream.unsentBytes < sizes.streamBytes()) {
          outbox.control(stream, WatchResponses.head(header, watcher.id, false));
        }
        watcher.active = false;
      }
      schedule(stream, moment.nowNanos());
    }
  }
}
