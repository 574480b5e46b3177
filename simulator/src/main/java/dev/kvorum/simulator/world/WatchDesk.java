package dev.kvorum.simulator.world;

import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.ResponseCodec.Origin;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.StoreView;
import dev.kvorum.storage.watch.History;
import dev.kvorum.storage.watch.HistoryPlan;
import dev.kvorum.storage.watch.HistoryScan;
import dev.kvorum.storage.watch.WatchEffect;
import dev.kvorum.storage.watch.WatchHub;
import dev.kvorum.storage.watch.WatchRequest;
import dev.kvorum.storage.watch.WatchSizes;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A member's watches: what the server's watch verticle does, around the same hub. */
final class WatchDesk {
  /** What the desk needs of its member. */
  interface Shell {
    long now();

    /** The bus: lets something happen in a later turn. */
    void later(long nanos, Runnable action);

    StoreView view();

    long term();

    /** The record, if it is in memory. */
    @Nullable Bytes inMemory(Revision revision);

    /** Everything that was applied, as the backend shows it. */
    ReadView openStore();

    /** The record from the backend, or null when a snapshot has taken its place. */
    @Nullable Bytes stored(Revision revision);

    void tell(long line, WatchEffect.Send message);

    /** The request has reached the member, whose revision is this. */
    void arrived(long line, WatchRequest request, long revision);

    /** For the counts of what was reached. */
    void hit(String point);
  }

  private static final long BUS_NANOS = 5_000;
  private static final long READ_NANOS = 200_000;

  private final Shell shell;
  private final long progressNanos;
  private final WatchHub hub;

  /** Lines that the hub knows; never iterated. */
  private final Set<Long> streams = new HashSet<>();

  /** The state that is held readable, index and history, while one is. */
  private @Nullable StoreView pinned;

  private long armedFor = Long.MAX_VALUE;

  WatchDesk(Shell shell, WatchSizes sizes, long progressNanos) {
    this.shell = shell;
    this.progressNanos = progressNanos;
    hub = new WatchHub(shell.view().revision(), shell::inMemory, sizes);
  }

  /** A client says something. */
  void said(long line, WatchRequest request) {
    var atRevision = shell.view().revision();
    shell.arrived(line, request, atRevision);
    shell.later(
        BUS_NANOS,
        () -> {
          if (streams.add(line)) {
            hub.open(line, progressNanos, shell.now());
          }
          step(() -> hub.request(line, request, atRevision, moment()));
        });
  }

  /** A client is gone. */
  void ended(long line) {
    shell.later(
        BUS_NANOS,
        () -> {
          if (streams.remove(line)) {
            hub.close(line);
          }
        });
  }

  /** A client has read a message. */
  void taken(long line, WatchEffect.Send message) {
    step(() -> hub.taken(line, message.sizeBytes(), moment()));
  }

  /** The store made these changes. */
  void happened(List<Event> events) {
    step(() -> hub.happened(events, moment()));
  }

  /** The store made so many changes that whoever wants them reads them. */
  void tooMuchHappened(long revision) {
    shell.hit("watches read a delete that was not kept for them");
    step(() -> hub.tooMuchHappened(revision, moment()));
  }

  /** The store was replaced by one from a snapshot. */
  void storeReplaced() {
    shell.hit("watches went on after a snapshot");
    step(() -> hub.replaced(moment()));
  }

  /** Whether nobody here reads what a compaction gave up. */
  boolean allowsRemovalAt(long compactRevision) {
    return pinned == null || pinned.compactRevision() >= compactRevision;
  }

  private WatchHub.Moment moment() {
    return moment(shell.view());
  }

  private WatchHub.Moment moment(StoreView view) {
    return new WatchHub.Moment(shell.now(), new Origin(1, 1, shell.term()), view);
  }

  private void step(Supplier<List<WatchEffect>> input) {
    for (var effect : input.get()) {
      perform(effect);
    }
    if (hub.watchersBehind() > 0) {
      shell.hit("a watch is behind");
    }
    arm();
  }

  private void perform(WatchEffect effect) {
    switch (effect) {
      case WatchEffect.Send send -> shell.tell(send.stream(), send);
      case WatchEffect.ReadHistory(var from) -> read(from);
      case WatchEffect.Fetch(var revisions) ->
          shell.later(READ_NANOS, () -> step(() -> hub.fetched(fetch(revisions), moment())));
      case WatchEffect.HistoryDone _ -> unpin();
      case WatchEffect.Continue _ ->
          shell.later(BUS_NANOS, () -> step(() -> hub.proceed(moment())));
    }
  }

  private Map<Revision, Bytes> fetch(List<Revision> revisions) {
    shell.hit("a previous value was fetched for a watch");
    var found = new HashMap<Revision, Bytes>();
    for (var revision : revisions) {
      var record = shell.stored(revision);
      if (record != null) {
        found.put(revision, record);
      }
    }
    return found;
  }

  private void read(Revision from) {
    if (from.sub() > 0) {
      shell.hit("a revision was read in parts for a watch");
    }
    var view = pinned == null ? shell.view() : pinned;
    if (pinned == null) {
      InvariantViolation.check(view.tryHold(), "the newest published view can be held");
      pinned = view;
    }
    switch (hub.plan(from, view)) {
      case HistoryPlan.Known(var history) -> shell.later(BUS_NANOS, () -> arrived(history, view));
      case HistoryPlan.Stored stored ->
          shell.later(READ_NANOS, () -> arrived(stored.complete(scan(from)), view));
    }
  }

  private void unpin() {
    if (pinned != null) {
      pinned.release();
      pinned = null;
    }
  }

  private History scan(Revision from) {
    shell.hit("history was read for a watch");
    try (var store = shell.openStore()) {
      return HistoryScan.scan(store, from, hub.chunk());
    }
  }

  private void arrived(History history, StoreView view) {
    step(() -> hub.history(history, moment(view)));
  }

  private void arm() {
    var next = hub.nextTickNanos();
    if (next < armedFor) {
      armedFor = next;
      shell.later(
          Math.max(0, next - shell.now()),
          () -> {
            if (armedFor == next) {
              armedFor = Long.MAX_VALUE;
              step(() -> hub.tick(moment()));
            }
          });
    }
  }
}
