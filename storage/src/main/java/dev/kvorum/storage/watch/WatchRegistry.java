package dev.kvorum.storage.watch;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.watch.WatchHub.Moment;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Who watches what: the streams that are open, their watchers, and requests for new ones. */
final class WatchRegistry {
  private static final String COMPACTED = "etcdserver: mvcc: required revision has been compacted";
  private static final String EMPTY_RANGE = "mvcc: watcher range is empty";
  private static final String DUPLICATE_ID = "mvcc: duplicate watch ID provided on the WatchStream";
  private static final Bytes LOWEST_KEY = Bytes.wrap(new byte[1]);

  private final WatcherPlaces places;
  private final LiveDelivery live;
  private final ProgressNotices progress;
  private final Outbox outbox;
  private final Map<Long, WatchStream> streams = new HashMap<>();

  WatchRegistry(WatcherPlaces places, LiveDelivery live, ProgressNotices progress, Outbox outbox) {
    this.places = places;
    this.live = live;
    this.progress = progress;
    this.outbox = outbox;
  }

  /** {@link WatchHub#open}. */
  void open(long number, long tickNanos, long nowNanos) {
    streams.put(number, new WatchStream(number, tickNanos, nowNanos));
  }

  /** The stream is gone, and all its watchers with it. */
  void close(long number) {
    var stream = streams.remove(number);
    if (stream != null) {
      stream.watchers.values().forEach(places::remove);
      stream.parked.clear();
      progress.remove(stream);
    }
  }

  /** {@link WatchHub#request}. */
  void request(long number, WatchRequest request, long atRevision, Moment moment) {
    var stream = streams.get(number);
    if (stream == null) {
      return;
    }
    switch (request) {
      case WatchRequest.Create create -> create(stream, create, atRevision, moment);
      case WatchRequest.Cancel cancel -> cancel(stream, cancel.watchId(), atRevision, moment);
      case WatchRequest.Progress _ -> progress.ask(stream, atRevision);
      case WatchRequest.Nothing _ -> {}
    }
  }

  private void create(
      WatchStream stream, WatchRequest.Create create, long atRevision, Moment moment) {
    var header = WatchResponses.header(moment.origin(), atRevision);
    var refusal = refusal(stream, create);
    if (refusal != null) {
      outbox.control(stream, WatchResponses.refused(header, refusal));
      return;
    }
    var id = create.watchId() != 0 ? create.watchId() : chooseId(stream);
    var watcher = new Watcher(stream, id, create, range(create), atRevision);
    stream.watchers.put(id, watcher);
    places.add(watcher);
    outbox.control(stream, WatchResponses.created(header, id));
    progress.add(watcher, moment.nowNanos());
    if (watcher.nextRevision > live.begun()) {
      places.sync(watcher);
    } else {
      places.fallBehind(watcher, watcher.nextRevision);
    }
  }

  private static @Nullable String refusal(WatchStream stream, WatchRequest.Create create) {
    if (create.startRevision() < 0) {
      return COMPACTED;
    }
    if (range(create).isEmpty()) {
      return EMPTY_RANGE;
    }
    return create.watchId() != 0 && stream.watchers.containsKey(create.watchId())
        ? DUPLICATE_ID
        : null;
  }

  /** An empty key is the lowest one (contract S9.2 a), with a range end or without. */
  private static KeyRange range(WatchRequest.Create create) {
    return KeyRange.of(create.key().isEmpty() ? LOWEST_KEY : create.key(), create.rangeEnd());
  }

  private static long chooseId(WatchStream stream) {
    while (stream.watchers.containsKey(stream.nextId)) {
      stream.nextId++;
    }
    return stream.nextId++;
  }

  private void cancel(WatchStream stream, long id, long atRevision, Moment moment) {
    var watcher = stream.watchers.remove(id);
    if (watcher == null) {
      return;
    }
    places.remove(watcher);
    progress.remove(watcher);
    outbox.canceled(
        watcher,
        WatchResponses.canceled(WatchResponses.header(moment.origin(), atRevision), id, 0));
    places.unpark(stream);
  }

  /** The transport took so many bytes of the stream's messages. */
  void taken(long number, long bytes) {
    var stream = streams.get(number);
    if (stream != null) {
      stream.unsentBytes -= bytes;
      InvariantViolation.check(stream.unsentBytes >= 0, "a stream takes what was sent to it");
      places.unpark(stream);
    }
  }
}
