package dev.kvorum.storage.watch;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.ResponseCodec.Origin;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.StoreView;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Sends each event to everybody who watches its key: in order, each once, and all of one revision
 * in one message (contract S9.12 to S9.14).
 *
 * <p>A watcher is at any moment in one of two places. <i>Synced</i>, it is in a group, and events
 * come to it as they happen. <i>Behind</i>, it is in a queue, and chunks of history are read for
 * it. It knows the first revision that it has not been given, so the two never give it the same
 * event and never leave one out:
 *
 * <ol>
 *   <li>The fan-out of a revision begins with everybody who is synced then. From that moment on the
 *       revision counts as begun, and a watcher that needs it and comes later is behind.
 *   <li>A watcher that is behind becomes synced when a chunk reached the newest begun revision. A
 *       chunk may reach further than that; then the watcher passes over what it has already.
 *   <li>A synced watcher that cannot take a revision (its stream is full, or a previous record is
 *       not in memory) is behind from this revision on.
 * </ol>
 *
 * <p>So a slow client costs its own messages up to a cap, and after that nothing but a place in the
 * queue, where all take turns. Work is cut into turns; the owner calls {@link #proceed} as long as
 * {@link WatchEffect.Continue} asks for it.
 */
public final class WatchHub {
  /**
   * What a step's moment is.
   *
   * @param view the newest published state
   */
  public record Moment(long nowNanos, Origin origin, StoreView view) {}

  /** A revision that has happened and is not sent yet. */
  private record Queued(long revision, List<Event> events) {}

  /** A progress request that came before everything that its client may know was sent. */
  private record Deferred(WatchStream stream, long atRevision) {}

  private static final String COMPACTED = "etcdserver: mvcc: required revision has been compacted";
  private static final String EMPTY_RANGE = "mvcc: watcher range is empty";
  private static final String DUPLICATE_ID = "mvcc: duplicate watch ID provided on the WatchStream";
  private static final Bytes LOWEST_KEY = Bytes.wrap(new byte[1]);

  /** What a stream may have on its way before its watchers fall behind. */
  public static final long STREAM_BYTES = 512 * 1024;

  /** Revisions that a chunk of history has at most. */
  public static final int CHUNK_REVISIONS = 1_000;

  private final Function<Revision, @Nullable Bytes> records;
  private final WatchSizes sizes;
  private final Map<Long, WatchStream> streams = new HashMap<>();
  private final WatchGroups groups = new WatchGroups();
  private RecentEvents recent;
  private final ArrayDeque<Queued> queue = new ArrayDeque<>();
  private int queuedEvents;
  private @Nullable FanOut fanOut;

  /** The newest revision whose fan-out has begun; never below {@link #completed}. */
  private long begun;

  /** Everything up to here was sent to everybody who was synced. */
  private long completed;

  /** Watchers that are behind and whose streams take more. */
  private final ArrayDeque<Watcher> behind = new ArrayDeque<>();

  /** A chunk of history is being read. */
  private boolean reading;

  /** What is being read belongs to a store that was replaced meanwhile, and is of no use. */
  private boolean readInVain;

  private @Nullable CatchUp catchUp;

  /** Records for the chunk are being fetched. */
  private boolean fetching;

  private final ArrayDeque<Deferred> deferred = new ArrayDeque<>();
  private final PriorityQueue<WatchStream> ticks =
      new PriorityQueue<>(Comparator.comparingLong(stream -> stream.nextTickNanos));

  private boolean continuing;
  private int watcherCount;
  private int behindCount;
  private final LaggingStreams lagging = new LaggingStreams();
  private long sentEvents;

  private List<WatchEffect> effects = new ArrayList<>();
  private int turnMessages;
  private long turnBytes;

  /**
   * @param revision the store's, from which on the hub hears of every change
   * @param records those that are in memory
   * @param maxRequestBytes the member's limit, from which the size of fragments comes
   */
  public WatchHub(
      long revision, Function<Revision, @Nullable Bytes> records, long maxRequestBytes) {
    this(revision, records, WatchSizes.ofMember(maxRequestBytes));
  }

  /**
   * @param revision the store's, from which on the hub hears of every change
   * @param records those that are in memory
   */
  public WatchHub(long revision, Function<Revision, @Nullable Bytes> records, WatchSizes sizes) {
    this.records = records;
    this.sizes = sizes;
    recent = new RecentEvents(revision, sizes.recentBytes());
    begun = revision;
    completed = revision;
  }

  /** Watchers that are there, those that ended included. */
  public int watchers() {
    return watcherCount;
  }

  /** Watchers that are behind. */
  public int watchersBehind() {
    return behindCount;
  }

  /** Streams that have watchers behind. */
  public int streamsLagging() {
    return lagging.count();
  }

  /** The streams that are furthest behind, the worst first, so many at most. */
  public List<StreamLag> worstStreams(int max) {
    return lagging.worst(begun, max);
  }

  /** Events that wait for their fan-out. */
  public int queuedEvents() {
    return queuedEvents;
  }

  /** Events sent so far, counted once for each watcher. */
  public long sentEvents() {
    return sentEvents;
  }

  /**
   * How to come by what {@link WatchEffect.ReadHistory} wants.
   *
   * @param pinned the state that is held readable until {@link WatchEffect.HistoryDone}
   */
  public HistoryPlan plan(long fromRevision, StoreView pinned) {
    if (fromRevision < pinned.compactRevision()) {
      // Nothing to read: those who wanted it are told so.
      return new HistoryPlan.Known(new History(fromRevision, fromRevision - 1, List.of()));
    }
    return recent.holds(fromRevision)
        ? new HistoryPlan.Known(recent.from(fromRevision, sizes.chunkRevisions()))
        : new HistoryPlan.Stored(fromRevision, pinned.revision());
  }

  /**
   * A stream begins.
   *
   * @param number names it, and no other
   * @param tickNanos how often it is told of progress (contract S9.9)
   */
  public void open(long number, long tickNanos, long nowNanos) {
    streams.put(number, new WatchStream(number, tickNanos, nowNanos));
  }

  /** The stream is gone, and all its watchers with it. */
  public void close(long number) {
    var stream = streams.remove(number);
    if (stream != null) {
      stream.watchers.values().forEach(this::forget);
      stream.parked.clear();
      ticks.remove(stream);
    }
  }

  private void forget(Watcher watcher) {
    setState(watcher, Watcher.State.CANCELED);
    groups.leave(watcher);
    watcherCount--;
  }

  private void setState(Watcher watcher, Watcher.State state) {
    if (watcher.state == Watcher.State.BEHIND) {
      behindCount--;
      lagging.caughtUp(watcher.stream);
    }
    if (state == Watcher.State.BEHIND) {
      behindCount++;
      lagging.fellBehind(watcher.stream);
    }
    watcher.state = state;
  }

  /**
   * A client's request.
   *
   * @param atRevision the store's revision when the request came in: its sender may have seen
   *     everything up to there
   */
  public List<WatchEffect> request(
      long stream, WatchRequest request, long atRevision, Moment moment) {
    begin();
    var of = streams.get(stream);
    if (of != null) {
      switch (request) {
        case WatchRequest.Create create -> create(of, create, atRevision, moment);
        case WatchRequest.Cancel cancel -> cancel(of, cancel.watchId(), atRevision, moment);
        case WatchRequest.Progress _ -> deferred.add(new Deferred(of, atRevision));
        case WatchRequest.Nothing _ -> {}
      }
    }
    return run(moment);
  }

  private void create(
      WatchStream stream, WatchRequest.Create create, long atRevision, Moment moment) {
    var header = WatchResponses.header(moment.origin, atRevision);
    var refusal = refusal(stream, create);
    if (refusal != null) {
      control(stream, WatchResponses.refused(header, refusal));
      return;
    }
    var id = create.watchId() != 0 ? create.watchId() : chooseId(stream);
    var next = create.startRevision() == 0 ? atRevision + 1 : create.startRevision();
    var watcher = new Watcher(stream, id, create, range(create), next);
    stream.watchers.put(id, watcher);
    watcherCount++;
    control(stream, WatchResponses.created(header, id));
    if (watcher.progressNotify && stream.progressWatchers++ == 0) {
      schedule(stream, moment.nowNanos);
    }
    if (next > begun) {
      groups.join(watcher);
    } else {
      setState(watcher, Watcher.State.BEHIND);
      behind.addLast(watcher);
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
    forget(watcher);
    if (watcher.progressNotify && --stream.progressWatchers == 0) {
      ticks.remove(stream);
    }
    control(
        stream, WatchResponses.canceled(WatchResponses.header(moment.origin, atRevision), id, 0));
  }

  /** The store made these changes; the next revisions, whole, in order. */
  public List<WatchEffect> happened(List<Event> events, Moment moment) {
    begin();
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
      giveUpQueue(moment);
    }
    return run(moment);
  }

  /** The fan-out cannot keep up: everybody reads what is queued from the store, in their turn. */
  private void giveUpQueue(Moment moment) {
    endFanOut(moment);
    everybodyReadsFrom(queue.getFirst().revision, queue.getLast().revision);
  }

  private void endFanOut(Moment moment) {
    while (fanOut != null) {
      fanOut(moment, true);
    }
  }

  /** Whoever is synced is behind from now on; the live events go on after the revision. */
  private void everybodyReadsFrom(long from, long revision) {
    var synced = new ArrayList<Watcher>();
    groups.forEach(
        group -> {
          var members = group.share();
          // The array is longer than the group.
          synced.addAll(Arrays.asList(members).subList(0, group.size()));
        });
    for (var watcher : synced) {
      // One that begins above it has nothing to read, and would keep the others from reading.
      if (watcher.nextRevision <= revision) {
        fallBehind(watcher, from);
      }
    }
    begun = revision;
    completed = begun;
    queue.clear();
    queuedEvents = 0;
  }

  /**
   * The store was replaced by a later state, from a leader's snapshot. Nobody hears of what
   * happened in between: all watchers go on, and read it from the new store from where they are
   * (contract S9.19).
   *
   * @param moment of the new store
   */
  public List<WatchEffect> replaced(Moment moment) {
    begin();
    endFanOut(moment);
    readInVain = reading;
    var revision = moment.view.revision();
    if (revision > begun) {
      // Otherwise everybody who is synced has seen all of it, and there would be nothing to read.
      recent = new RecentEvents(revision, sizes.recentBytes());
      everybodyReadsFrom(begun + 1, revision);
    }
    return run(moment);
  }

  /** The turn that {@link WatchEffect.Continue} asked for. */
  public List<WatchEffect> proceed(Moment moment) {
    begin();
    continuing = false;
    return run(moment);
  }

  /** The transport took so many bytes of the stream's messages. */
  public List<WatchEffect> taken(long number, long bytes, Moment moment) {
    begin();
    var stream = streams.get(number);
    if (stream != null) {
      stream.unsentBytes -= bytes;
      InvariantViolation.check(stream.unsentBytes >= 0, "a stream takes what was sent to it");
      if (hasRoomAgain(stream)) {
        behind.addAll(stream.parked);
        stream.parked.clear();
      }
    }
    return run(moment);
  }

  private boolean hasRoomAgain(WatchStream stream) {
    return stream.unsentBytes < sizes.streamBytes() / 2;
  }

  private void begin() {
    effects = new ArrayList<>();
    turnMessages = 0;
    turnBytes = 0;
  }

  private boolean turnIsOver() {
    return turnMessages >= sizes.turnMessages() || turnBytes >= sizes.turnBytes();
  }

  /**
   * The work of a turn, unless the next turn is due anyhow: what comes in before it only says what
   * is to be done. A hundred inputs at once are not a hundred turns.
   */
  private List<WatchEffect> run(Moment moment) {
    if (continuing) {
      return effects;
    }
    while (!turnIsOver() && (fanOut != null || !queue.isEmpty())) {
      if (fanOut == null) {
        var next = queue.removeFirst();
        queuedEvents -= next.events.size();
        begun = next.revision;
        fanOut = new FanOut(next.revision, next.events, groups);
      }
      fanOut(moment, false);
    }
    answerProgress(moment);
    catchUp(moment);
    var isIdle =
        fanOut == null && queue.isEmpty() && (catchUp == null || fetching) && !canReadMore();
    if (!isIdle) {
      continuing = true;
      effects.add(new WatchEffect.Continue());
    }
    return effects;
  }

  private void fanOut(Moment moment, boolean toTheEnd) {
    var running = fanOut;
    if (running == null) {
      return;
    }
    var header = WatchResponses.header(moment.origin, running.revision);
    for (var target = running.target(); target != null; target = running.target()) {
      if (turnIsOver() && !toTheEnd) {
        return;
      }
      var watcher = running.next(target);
      if (watcher.state == Watcher.State.SYNCED && watcher.nextRevision <= running.revision) {
        deliver(
            watcher,
            running.revision,
            header,
            target.block(watcher.variant(), moment.view, records));
      }
    }
    completed = running.revision;
    fanOut = null;
  }

  private void deliver(Watcher watcher, long revision, Bytes header, @Nullable EventBlock block) {
    if (block == null) {
      fallBehind(watcher, revision);
    } else if (!block.isEmpty()) {
      if (watcher.stream.unsentBytes >= sizes.streamBytes()) {
        fallBehind(watcher, revision);
      } else {
        send(watcher, header, block);
      }
    }
  }

  private void fallBehind(Watcher watcher, long revision) {
    groups.leave(watcher);
    setState(watcher, Watcher.State.BEHIND);
    watcher.nextRevision = Math.max(watcher.nextRevision, revision);
    enqueue(watcher);
  }

  private void enqueue(Watcher watcher) {
    if (hasRoomAgain(watcher.stream)) {
      behind.addLast(watcher);
    } else {
      watcher.stream.parked.addLast(watcher);
    }
  }

  private void send(Watcher watcher, Bytes header, EventBlock block) {
    watcher.active = true;
    if (!watcher.fragment
        || block.count() < 2
        || header.size() + WatchResponses.idSize(watcher.id) + block.bytes().size()
            < sizes.fragmentBytes()) {
      send(watcher.stream, header, watcher.id, block);
      return;
    }
    var head = WatchResponses.head(header, watcher.id, false);
    var fragmentHead = WatchResponses.head(header, watcher.id, true);
    var parts = block.parts(fragmentHead.size(), sizes.fragmentBytes());
    for (var part : parts) {
      send(watcher.stream, part == parts.getLast() ? head : fragmentHead, 0, part);
    }
  }

  private void send(WatchStream stream, Bytes start, long watchId, EventBlock block) {
    sentEvents += block.count();
    emit(new WatchEffect.Send(stream.number, start, watchId, block.bytes(), block.count()), stream);
  }

  private void control(WatchStream stream, Bytes message) {
    emit(new WatchEffect.Send(stream.number, message, 0, Bytes.EMPTY, 0), stream);
  }

  private void emit(WatchEffect.Send send, WatchStream stream) {
    stream.unsentBytes += send.sizeBytes();
    turnBytes += send.sizeBytes();
    turnMessages++;
    effects.add(send);
  }

  /** Answers progress requests for which everything was sent that their clients may know. */
  private void answerProgress(Moment moment) {
    while (!deferred.isEmpty() && deferred.getFirst().atRevision <= completed) {
      var stream = deferred.removeFirst().stream;
      // Silence unless every watcher of the stream has all of it (contract S9.8).
      var hasAll =
          stream.watchers.values().stream()
              .allMatch(
                  watcher ->
                      watcher.state == Watcher.State.SYNCED && watcher.startRevision <= completed);
      if (hasAll && !stream.watchers.isEmpty()) {
        var header = WatchResponses.header(moment.origin, completed);
        control(stream, WatchResponses.head(header, -1, false));
      }
    }
  }

  private boolean canReadMore() {
    return !behind.isEmpty() && !reading && catchUp == null;
  }

  private void catchUp(Moment moment) {
    if (catchUp != null && !fetching) {
      serve(catchUp, moment);
    }
    while (canReadMore() && !turnIsOver()) {
      var first = behind.removeFirst();
      if (first.state != Watcher.State.BEHIND) {
        continue;
      }
      if (!hasRoomAgain(first.stream)) {
        first.stream.parked.addLast(first);
        continue;
      }
      behind.addFirst(first);
      reading = true;
      effects.add(new WatchEffect.ReadHistory(first.nextRevision));
    }
  }

  /**
   * The chunk that {@link WatchEffect.ReadHistory} asked for.
   *
   * @param moment its view is the one whose history stays readable until the chunk is used up
   */
  public List<WatchEffect> history(History history, Moment moment) {
    begin();
    InvariantViolation.check(reading, "history comes when it was asked for");
    reading = false;
    if (readInVain) {
      readInVain = false;
      effects.add(new WatchEffect.HistoryDone());
      return run(moment);
    }
    var chunk = new CatchUp(history, moment.view);
    var left = new ArrayDeque<Watcher>();
    var full = false;
    for (var watcher = behind.pollFirst(); watcher != null; watcher = behind.pollFirst()) {
      if (watcher.state != Watcher.State.BEHIND) {
        continue;
      }
      if (watcher.nextRevision < moment.view.compactRevision()) {
        end(watcher, moment);
      } else if (!hasRoomAgain(watcher.stream)) {
        watcher.stream.parked.addLast(watcher);
      } else if (full
          || watcher.nextRevision < history.from()
          || watcher.nextRevision > history.to()) {
        left.addLast(watcher);
      } else if (!chunk.add(watcher)) {
        full = true;
        left.addLast(watcher);
      }
    }
    behind.addAll(left);
    catchUp = chunk;
    fetchMissing(chunk);
    return run(moment);
  }

  /** Contract S9.6: what the watcher needs is compacted; the client is told, and keeps the id. */
  private void end(Watcher watcher, Moment moment) {
    setState(watcher, Watcher.State.ENDED);
    var header = WatchResponses.header(moment.origin, 0);
    control(
        watcher.stream, WatchResponses.canceled(header, watcher.id, moment.view.compactRevision()));
  }

  private void fetchMissing(CatchUp chunk) {
    var missing = chunk.missing(records);
    fetching = !missing.isEmpty();
    if (fetching) {
      effects.add(new WatchEffect.Fetch(missing));
    }
  }

  /** The records that {@link WatchEffect.Fetch} asked for. */
  public List<WatchEffect> fetched(Map<Revision, Bytes> found, Moment moment) {
    begin();
    fetching = false;
    if (catchUp != null) {
      catchUp.fetched(found);
    }
    return run(moment);
  }

  private void serve(CatchUp chunk, Moment moment) {
    var header = WatchResponses.header(moment.origin, moment.view.revision());
    while (!turnIsOver()) {
      var watcher = chunk.poll();
      if (watcher == null) {
        catchUp = null;
        effects.add(new WatchEffect.HistoryDone());
        return;
      }
      if (watcher.state != Watcher.State.BEHIND) {
        continue;
      }
      var block = chunk.block(watcher, records);
      if (block == null) {
        // A record that was in memory is there no more; the next chunk fetches it.
        behind.addLast(watcher);
        continue;
      }
      if (!block.isEmpty()) {
        send(watcher, header, block);
      }
      watcher.nextRevision = chunk.history.to() + 1;
      if (chunk.history.to() >= begun) {
        setState(watcher, Watcher.State.SYNCED);
        groups.join(watcher);
      } else {
        enqueue(watcher);
      }
    }
  }

  private void schedule(WatchStream stream, long nowNanos) {
    while (stream.nextTickNanos <= nowNanos) {
      stream.nextTickNanos += stream.tickNanos;
    }
    ticks.add(stream);
  }

  /** When {@link #tick} has something to do, {@link Long#MAX_VALUE} for never. */
  public long nextTickNanos() {
    var first = ticks.peek();
    return first == null ? Long.MAX_VALUE : first.nextTickNanos;
  }

  /** Tells idle watchers how far everything is sent (contract S9.9). */
  public List<WatchEffect> tick(Moment moment) {
    begin();
    for (var stream = ticks.peek();
        stream != null && stream.nextTickNanos <= moment.nowNanos;
        stream = ticks.peek()) {
      ticks.remove();
      var header = WatchResponses.header(moment.origin, completed);
      for (var watcher : stream.watchers.values()) {
        if (watcher.progressNotify
            && watcher.state == Watcher.State.SYNCED
            && watcher.startRevision <= completed
            && !watcher.active
            && stream.unsentBytes < sizes.streamBytes()) {
          control(stream, WatchResponses.head(header, watcher.id, false));
        }
        watcher.active = false;
      }
      schedule(stream, moment.nowNanos);
    }
    return run(moment);
  }
}
