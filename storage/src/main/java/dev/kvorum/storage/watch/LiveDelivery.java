package dev.kvorum.storage.watch;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.StoreView;
import dev.kvorum.storage.watch.WatchHub.Moment;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Gives events to everybody who is synced, as they happen: revision by revision, each to all of its
 * watchers before the next begins. What happens faster than it is given away waits here, up to a
 * bound.
 */
final class LiveDelivery {
  /** A revision that has happened and is not sent yet. */
  private record Queued(long revision, List<Event> events) {}

  private final Function<Revision, @Nullable Bytes> records;
  private final WatchSizes sizes;
  private final WatcherPlaces places;
  private final Outbox outbox;
  private RecentEvents recent;
  private final ArrayDeque<Queued> queue = new ArrayDeque<>();
  private int queuedEvents;
  private @Nullable FanOut fanOut;

  /** The newest revision whose fan-out has begun; never below {@link #completed}. */
  private long begun;

  /** Everything up to here was sent to everybody who was synced. */
  private long completed;

  /**
   * @param revision the store's, from which on it hears of every change
   * @param records those that are in memory
   */
  LiveDelivery(
      long revision,
      Function<Revision, @Nullable Bytes> records,
      WatchSizes sizes,
      WatcherPlaces places,
      Outbox outbox) {
    this.records = records;
    this.sizes = sizes;
    this.places = places;
    this.outbox = outbox;
    recent = new RecentEvents(revision, sizes.recentBytes());
    begun = revision;
    completed = revision;
  }

  /** The newest revision whose fan-out has begun: who needs it and comes now has to read it. */
  long begun() {
    return begun;
  }

  /** Everything up to here was sent to everybody who was synced. */
  long completed() {
    return completed;
  }

  /** Events that wait for their fan-out. */
  int queuedEvents() {
    return queuedEvents;
  }

  boolean isIdle() {
    return fanOut == null && queue.isEmpty();
  }

  /** {@link WatchHub#plan}. */
  HistoryPlan plan(Revision from, StoreView pinned) {
    var fromRevision = from.main();
    if (fromRevision < pinned.compactRevision()) {
      // Nothing to read: those who wanted it are told so.
      return new HistoryPlan.Known(new History(fromRevision, fromRevision - 1, List.of()));
    }
    return recent.holds(fromRevision)
        ? new HistoryPlan.Known(recent.from(from, sizes.chunk()))
        : new HistoryPlan.Stored(from, pinned.revision());
  }

  /** The store made these changes; the next revisions, whole, in order. */
  void happened(List<Event> events, Moment moment) {
    for (var from = 0; from < events.size(); ) {
      var main = events.get(from).revision().main();
      // A revision with very many events comes alone, packed: it is not unpacked here.
      var isWhole = from == 0 && events.getLast().revision().main() == main;
      var to = isWhole ? events.size() : from + 1;
      while (to < events.size() && events.get(to).revision().main() == main) {
        to++;
      }
      var ofRevision = isWhole ? events : List.copyOf(events.subList(from, to));
      recent.add(main, ofRevision);
      queue.addLast(new Queued(main, ofRevision));
      queuedEvents += ofRevision.size();
      from = to;
    }
    if (queuedEvents > sizes.maxQueuedEvents()) {
      giveUpQueue(queue.getLast().revision, moment);
    }
  }

  /** The next revision changed more keys than would be queued. */
  void tooMuchHappened(long revision, Moment moment) {
    recent.pass(revision);
    giveUpQueue(revision, moment);
  }

  /** The fan-out cannot keep up: everybody reads what is queued from the store, in their turn. */
  private void giveUpQueue(long upTo, Moment moment) {
    endFanOut(moment);
    everybodyReadsFrom(queue.isEmpty() ? upTo : queue.getFirst().revision, upTo);
  }

  private void endFanOut(Moment moment) {
    while (fanOut != null) {
      fanOut(moment, true);
    }
  }

  /** Whoever is synced is behind from now on; the live events go on after the revision. */
  private void everybodyReadsFrom(long from, long revision) {
    places.forEachSynced(
        watcher -> {
          // One that begins above it has nothing to read, and would keep the others from reading.
          if (watcher.nextRevision <= revision) {
            places.fallBehind(watcher, from);
          }
        });
    begun = revision;
    completed = begun;
    queue.clear();
    queuedEvents = 0;
  }

  /** The store was replaced by a later state: {@link WatchHub#replaced}. */
  void replaced(Moment moment) {
    endFanOut(moment);
    var revision = moment.view().revision();
    if (revision > begun) {
      // Otherwise everybody who is synced has seen all of it, and there would be nothing to read.
      recent = new RecentEvents(revision, sizes.recentBytes());
      everybodyReadsFrom(begun + 1, revision);
    }
  }

  /** Goes on with what is queued until the turn is over. */
  void proceed(Moment moment) {
    while (!outbox.turnIsOver() && !isIdle()) {
      if (fanOut == null) {
        var next = queue.removeFirst();
        queuedEvents -= next.events.size();
        begun = next.revision;
        fanOut = new FanOut(next.revision, next.events, places.groups(), sizes.chunkEvents());
      }
      fanOut(moment, false);
    }
  }

  private void fanOut(Moment moment, boolean toTheEnd) {
    var running = fanOut;
    if (running == null) {
      return;
    }
    while (!running.match(sizes.turnMessages())) {
      if (!toTheEnd) {
        outbox.endTurn();
        return;
      }
    }
    var header = WatchResponses.header(moment.origin(), running.revision);
    for (var target = running.target(); target != null; target = running.target()) {
      if (outbox.turnIsOver() && !toTheEnd) {
        return;
      }
      var watcher = running.next(target);
      if (watcher.state == Watcher.State.SYNCED && watcher.nextRevision <= running.revision) {
        deliver(
            watcher,
            running.revision,
            watcher.floor <= running.revision
                ? header
                : WatchResponses.header(moment.origin(), watcher.floor),
            target.block(
                watcher.variant(), moment.view(), records, sizes.mostGathered(watcher.fragment)));
      }
    }
    completed = running.revision;
    fanOut = null;
  }

  private void deliver(Watcher watcher, long revision, Bytes header, @Nullable EventBlock block) {
    if (block == null) {
      places.fallBehind(watcher, revision);
    } else if (!block.isEmpty()) {
      if (watcher.stream.unsentBytes >= sizes.streamBytes() || !watcher.stream.isFreeFor(watcher)) {
        places.fallBehind(watcher, revision);
      } else {
        outbox.send(watcher, header, block);
      }
    }
  }
}
