package dev.kvorum.loadtest.watch;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.WatchCreateRequest;
import dev.kvorum.api.etcdserverpb.WatchRequest;
import dev.kvorum.loadtest.wire.StreamConnection;
import dev.kvorum.loadtest.wire.StreamLoop;
import dev.kvorum.loadtest.workload.VoidRunException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * Very many watchers. It counts the events of each stream and times each event whose value begins
 * with the moment of its put ({@link Puts}); a response is read in place.
 */
final class Fleet implements StreamLoop.Listener {
  private static final String METHOD = "etcdserverpb.Watch/Watch";

  /** Creates that are unanswered at a time: a server shall be loaded by watchers, not by a rush. */
  private static final int MAX_UNANSWERED = 2_000;

  private final StreamLoop loop;
  private final Layout layout;
  private final Map<StreamConnection, Integer> firstStream = new HashMap<>();

  /** Of each stream, how many events came. */
  private final long[] events;

  /** Of each stream, the revision of the last event. */
  private final long[] lastRevision;

  private final Delays delays = new Delays();
  private long created;
  private long ended;
  private long allEvents;
  private long disorder;

  /**
   * How the watchers are spread.
   *
   * @param watchers of each stream
   */
  record Layout(int connections, int streams, int watchers) {
    int allStreams() {
      return connections * streams;
    }

    int allWatchers() {
      return allStreams() * watchers;
    }

    @Override
    public String toString() {
      return connections + "x" + streams + "x" + watchers;
    }
  }

  Fleet(StreamLoop loop, Layout layout) {
    this.loop = loop;
    this.layout = layout;
    events = new long[layout.allStreams()];
    lastRevision = new long[layout.allStreams()];
  }

  /**
   * Connects, creates all watchers, and returns when all were confirmed.
   *
   * @param request of the watcher of that number
   */
  void open(int port, IntFunction<WatchCreateRequest> request, Duration patience)
      throws VoidRunException {
    long deadline = System.nanoTime() + patience.toNanos();
    int asked = 0;
    for (int number = 0; number < layout.connections; number++) {
      StreamConnection connection = loop.connect(port, this);
      firstStream.put(connection, number * layout.streams);
      for (int stream = 0; stream < layout.streams; stream++) {
        int id = connection.open(METHOD, create(request.apply(asked++)), false);
        for (int watcher = 1; watcher < layout.watchers; watcher++) {
          connection.send(id, create(request.apply(asked++)), false);
        }
        while (asked - created > MAX_UNANSWERED) {
          pollUntil(deadline, "creates are not answered");
        }
      }
    }
    while (created < asked) {
      pollUntil(deadline, "creates are not answered");
    }
  }

  private static ByteString create(WatchCreateRequest request) {
    return WatchRequest.newBuilder().setCreateRequest(request).build().toByteString();
  }

  private void pollUntil(long deadline, String otherwise) throws VoidRunException {
    loop.poll(10_000_000);
    if (System.nanoTime() > deadline) {
      throw new VoidRunException(
          otherwise + ": " + created + " watchers, " + allEvents + " events, " + ended + " ended");
    }
  }

  /** Returns when so many events have come since the last {@link #clear}. */
  void awaitEvents(long count, Duration patience) throws VoidRunException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (allEvents < count) {
      pollUntil(deadline, "events are missing of " + count);
    }
  }

  /** Forgets what was counted and timed. */
  void clear() {
    delays.clear();
    Arrays.fill(events, 0);
    allEvents = 0;
  }

  long allEvents() {
    return allEvents;
  }

  Delays delays() {
    return delays;
  }

  /**
   * Every stream had exactly so many events, in the order of their revisions, and none ended.
   *
   * @throws VoidRunException otherwise
   */
  void verify(long eventsOfEach) throws VoidRunException {
    for (int stream = 0; stream < events.length; stream++) {
      if (events[stream] != eventsOfEach) {
        throw new VoidRunException(
            "stream " + stream + " got " + events[stream] + " events of " + eventsOfEach);
      }
    }
    if (disorder != 0 || ended != 0) {
      throw new VoidRunException(disorder + " events out of order, " + ended + " streams ended");
    }
  }

  @Override
  public void ended(StreamConnection connection, int stream) {
    ended++;
  }

  @Override
  public void message(StreamConnection connection, int stream, byte[] bytes, int from, int size) {
    int index = firstStream.get(connection) + (stream - 1) / 2;
    long now = System.nanoTime();
    WireReader response = new WireReader(bytes, from, from + size);
    while (response.next()) {
      switch (response.field()) {
        case 3 -> created++;
        case 4 -> ended++;
        case 11 -> event(index, response.inner(), now);
        default -> {
          // Neither header nor watcher matter here.
        }
      }
    }
  }

  private void event(int index, WireReader event, long now) {
    events[index]++;
    allEvents++;
    while (event.next()) {
      if (event.field() == 2) {
        WireReader pair = event.inner();
        while (pair.next()) {
          if (pair.field() == 3) {
            disorder += pair.number() < lastRevision[index] ? 1 : 0;
            lastRevision[index] = pair.number();
          } else if (pair.field() == 5 && pair.size() >= Long.BYTES) {
            delays.add(now - pair.firstLong());
          }
        }
      }
    }
  }
}
