package dev.kvorum.storage.watch;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.watch.WatchHub.Moment;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Gives chunks of history to those who are behind, one chunk at a time and to everybody in it who
 * needs it, until they have all that was begun and are synced.
 */
final class HistoryDelivery {
  private static final String TOO_LARGE =
      "etcdserver: the events of one revision are more than this member may hold for a watch";

  private final Function<Revision, @Nullable Bytes> records;
  private final WatchSizes sizes;
  private final WatcherPlaces places;
  private final LiveDelivery live;
  private final Outbox outbox;

  /** A chunk of history is being read, or the next part of what {@link #catchUp} has. */
  private boolean reading;

  /** What is being read, or is here, begins with that event. */
  private Revision asked = new Revision(0, 0);

  /** What is being read belongs to a store that was replaced meanwhile, and is of no use. */
  private boolean readInVain;

  private @Nullable CatchUp catchUp;

  /** Records for the chunk are being fetched. */
  private boolean fetching;

  /**
   * @param records those that are in memory
   */
  HistoryDelivery(
      Function<Revision, @Nullable Bytes> records,
      WatchSizes sizes,
      WatcherPlaces places,
      LiveDelivery live,
      Outbox outbox) {
    this.records = records;
    this.sizes = sizes;
    this.places = places;
    this.live = live;
    this.outbox = outbox;
  }

  /** Whether there is nothing to do before something comes that was asked for. */
  boolean isIdle() {
    return (catchUp == null || fetching || reading) && !canReadMore();
  }

  private boolean canReadMore() {
    return !places.isQueueEmpty() && !reading && catchUp == null;
  }

  /** Gives away what is here until the turn is over, then asks for the next chunk. */
  void proceed(Moment moment) {
    if (catchUp != null && !fetching && !reading) {
      serve(catchUp, moment);
    }
    if (canReadMore() && !outbox.turnIsOver()) {
      var first = places.firstBehind();
      if (first != null) {
        reading = true;
        asked = new Revision(first.nextRevision, first.nextSub());
        outbox.add(new WatchEffect.ReadHistory(asked));
      }
    }
  }

  /** The store was replaced. */
  void replaced() {
    readInVain = reading;
    if (!reading && catchUp != null && catchUp.isPart()) {
      giveUp(catchUp);
    }
  }

  /** Whoever is in it reads from the beginning of the revision again. */
  private void giveUp(CatchUp chunk) {
    chunk.watchers().forEach(places::putBack);
    catchUp = null;
    outbox.add(new WatchEffect.HistoryDone());
  }

  /** The chunk that {@link WatchEffect.ReadHistory} asked for. */
  void arrived(History history, Moment moment) {
    InvariantViolation.check(reading, "history comes when it was asked for");
    reading = false;
    if (readInVain) {
      readInVain = false;
      if (catchUp != null) {
        giveUp(catchUp);
      } else {
        outbox.add(new WatchEffect.HistoryDone());
      }
      return;
    }
    if (catchUp != null) {
      catchUp.goOn(history);
      fetchMissing(catchUp);
      return;
    }
    var chunk = new CatchUp(history, moment.view());
    var full = false;
    for (var watcher : places.takeQueue()) {
      if (watcher.nextRevision < moment.view().compactRevision()) {
        end(watcher, moment);
      } else if (!places.mayRead(watcher)) {
        places.park(watcher);
      } else if (full || !isIn(history, watcher)) {
        places.putBack(watcher);
      } else if (!chunk.add(watcher)) {
        full = true;
        places.putBack(watcher);
      }
    }
    catchUp = chunk;
    fetchMissing(chunk);
  }

  private boolean isIn(History chunk, Watcher watcher) {
    var next = watcher.nextRevision;
    return next == asked.main()
        ? next <= chunk.to() && watcher.nextSub() >= asked.sub()
        : next > asked.main() && next <= chunk.to();
  }

  /** Contract S9.6: what the watcher needs is compacted; the client is told, and keeps the id. */
  private void end(Watcher watcher, Moment moment) {
    places.end(watcher);
    var header = WatchResponses.header(moment.origin(), 0);
    outbox.canceled(
        watcher, WatchResponses.canceled(header, watcher.id, moment.view().compactRevision()));
    places.unpark(watcher.stream);
  }

  private void fetchMissing(CatchUp chunk) {
    chunk.limitPrevious(sizes.chunk().bytes()).forEach(places::putBack);
    var missing = chunk.missing(records);
    fetching = !missing.isEmpty();
    if (fetching) {
      outbox.add(new WatchEffect.Fetch(missing));
    }
  }

  /** The records that {@link WatchEffect.Fetch} asked for. */
  void fetched(Map<Revision, Bytes> found) {
    fetching = false;
    if (catchUp != null) {
      catchUp.fetched(found);
    }
  }

  /** Keeps what is wanted of a part of a revision, and asks for the next one. */
  private void keep(CatchUp chunk, Revision rest, Moment moment) {
    if (!chunk.keep(records, sizes.fragmentBytes())) {
      // A record that was in memory is there no more.
      fetchMissing(chunk);
      return;
    }
    sendCuts(chunk, moment);
    if (chunk.hasCuts()) {
      return;
    }
    while (chunk.keptBytes() > sizes.responseBytes()) {
      var alone = chunk.wants() == 1;
      for (var watcher : chunk.dropLast()) {
        if (watcher.state != Watcher.State.BEHIND) {
          continue;
        }
        if (alone) {
          refuse(watcher, moment);
        } else {
          places.putBack(watcher);
        }
      }
    }
    if (chunk.watchers().noneMatch(each -> each.state == Watcher.State.BEHIND)) {
      giveUp(chunk);
      return;
    }
    reading = true;
    outbox.add(new WatchEffect.ReadHistory(rest));
  }

  /** Gives fragments to those for whom they are full; they come again for what is behind them. */
  private void sendCuts(CatchUp chunk, Moment moment) {
    while (!outbox.turnIsOver()) {
      var cut = chunk.pollCut();
      if (cut == null) {
        return;
      }
      var watcher = cut.watcher();
      if (watcher.state == Watcher.State.BEHIND) {
        if (watcher.stream.isFreeFor(watcher)) {
          outbox.sendFirst(
              watcher,
              header(chunk, watcher, moment),
              cut.fragments().blocks(),
              cut.fragments().next());
          watcher.nextRevision = cut.fragments().next().main();
        }
        places.enqueue(watcher);
      }
    }
  }

  /** Better one watch that ends with a reason than a member that dies of it. */
  private void refuse(Watcher watcher, Moment moment) {
    places.end(watcher);
    var header = WatchResponses.header(moment.origin(), moment.view().revision());
    outbox.canceled(watcher, WatchResponses.canceled(header, watcher.id, TOO_LARGE));
    places.unpark(watcher.stream);
  }

  /**
   * What a message of history names is how far everything was given to those who are synced: the
   * events that the watcher gets with them later are above it (contract S9.13).
   */
  private Bytes header(CatchUp chunk, Watcher watcher, Moment moment) {
    return chunk.header(
        moment.origin(), Math.max(watcher.floor, Math.max(chunk.history().to(), live.begun())));
  }

  private void serve(CatchUp chunk, Moment moment) {
    var rest = chunk.history().rest();
    if (rest != null) {
      keep(chunk, rest, moment);
      return;
    }
    while (!outbox.turnIsOver()) {
      var watcher = chunk.poll();
      if (watcher == null) {
        catchUp = null;
        outbox.add(new WatchEffect.HistoryDone());
        return;
      }
      if (watcher.state != Watcher.State.BEHIND) {
        continue;
      }
      if (!watcher.stream.isFreeFor(watcher)) {
        places.park(watcher);
        continue;
      }
      var block = chunk.block(watcher, records);
      if (block == null) {
        // A record that was in memory is there no more; the next chunk fetches it.
        places.putBack(watcher);
        continue;
      }
      var completes = watcher.stream.open != null;
      if (completes || !block.isEmpty()) {
        outbox.send(watcher, header(chunk, watcher, moment), block);
      }
      watcher.nextRevision = chunk.history().to() + 1;
      if (chunk.history().to() >= live.begun()) {
        places.sync(watcher);
      } else {
        places.enqueue(watcher);
      }
      if (completes) {
        places.unpark(watcher.stream);
      }
    }
  }
}
