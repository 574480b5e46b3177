package dev.kvorum.storage.watch;

import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.backend.memory.MemoryBackend;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.lease.LeaseTable;
import dev.kvorum.storage.membership.Alarms;
import dev.kvorum.storage.membership.Members;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.model.MalformedProto;
import dev.kvorum.storage.model.ProtoReader;
import dev.kvorum.storage.model.ResponseCodec.Origin;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.MvccStore;
import dev.kvorum.storage.mvcc.RecordCodec;
import dev.kvorum.storage.state.LoadedState;
import dev.kvorum.storage.state.StateMachine;
import dev.kvorum.storage.watch.WatchHub.Moment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A store, a hub and everything between them, on one thread: the test says when events arrive, when
 * history is read and when the transport takes messages.
 */
final class HubHarness {
  static final long STREAM = 1;
  static final long TICK_NANOS = 1_000;
  private static final Origin ORIGIN = new Origin(1, 2, 3);

  /** A response, taken apart. */
  record Response(
      long watchId,
      long revision,
      boolean created,
      boolean canceled,
      long compactRevision,
      String reason,
      boolean fragment,
      List<String> events,
      int sizeBytes) {
    boolean isControl() {
      return created || canceled;
    }
  }

  private final MemoryBackend backend = new MemoryBackend();
  private final Map<Revision, Bytes> memory = new HashMap<>();
  private final StateMachine machine;
  private final WatchHub hub;

  /** Applied and not yet told to the hub. */
  private final ArrayDeque<List<Event>> untold = new ArrayDeque<>();

  /** What the hub asked for and has not got. */
  private final ArrayDeque<WatchEffect> wanted = new ArrayDeque<>();

  private final Map<Long, List<Response>> responses = new HashMap<>();
  private final Map<Long, Long> untaken = new HashMap<>();
  private boolean holdsHistory;

  /** How many chunks are read before history is held. */
  private int readsLeft = Integer.MAX_VALUE;

  private boolean holdsTransport;
  private boolean holdsTurns;
  private boolean holdsEvents;
  private boolean forgets;
  private Consumer<List<Event>> onEvents = _ -> {};
  private int mostEvents;
  private int mostTold = Integer.MAX_VALUE;
  private long mostFetchedBytes;
  long nowNanos;

  HubHarness() {
    this(1 << 20);
  }

  HubHarness(long maxRequestBytes) {
    this(WatchSizes.ofMember(maxRequestBytes, 1 << 30));
  }

  HubHarness(WatchSizes sizes) {
    var kv = new MvccStore(IndexMemory.onHeap());
    machine =
        new StateMachine(
            new LoadedState(kv.meta(1, 1), kv, new LeaseTable(), new Alarms(), new Members(), ""),
            Long.MAX_VALUE);
    hub = new WatchHub(1, memory::get, sizes);
    open(STREAM);
  }

  WatchHub hub() {
    return hub;
  }

  void open(long stream) {
    hub.open(stream, TICK_NANOS, nowNanos);
  }

  /** Tells of all changes as they are applied. */
  void onEvents(Consumer<List<Event>> listener) {
    onEvents = listener;
  }

  long compactRevision() {
    return machine.kv().compactRevision();
  }

  long revision() {
    return machine.kv().revision();
  }

  /** Events do not reach the hub until this is called again with false. */
  void holdEvents(boolean hold) {
    holdsEvents = hold;
    if (!hold) {
      while (!untold.isEmpty()) {
        perform(tell(untold.removeFirst()));
      }
    }
  }

  private List<WatchEffect> tell(List<Event> events) {
    return events.size() > mostTold
        ? hub.tooMuchHappened(events.getFirst().revision().main(), moment())
        : hub.happened(events, moment());
  }

  /** Of a command that makes more events the hub does not see any. */
  void tellAtMost(int events) {
    mostTold = events;
  }

  /** History is not read until this is called again with false. */
  void holdHistory(boolean hold) {
    holdsHistory = hold;
    readsLeft = Integer.MAX_VALUE;
    work();
  }

  /** So many chunks of history are read, and no more until it is held no longer. */
  void holdHistoryAfter(int chunks) {
    readsLeft = chunks;
  }

  /** Records leave memory at once, as cold ones have. */
  void forget() {
    forgets = true;
    memory.clear();
  }

  /** Whether the hub is not called again when it wants to be. */
  void holdTurns(boolean hold) {
    holdsTurns = hold;
    work();
    takeAll();
  }

  /** No message of {@link #STREAM} is taken until this is called again with false. */
  void holdTransport(boolean hold) {
    holdsTransport = hold;
    takeAll();
  }

  private void takeAll() {
    for (var stream : List.copyOf(untaken.keySet())) {
      var bytes = stream == STREAM && holdsTransport ? null : untaken.remove(stream);
      if (bytes != null) {
        perform(hub.taken(stream, bytes, moment()));
      }
    }
  }

  Result apply(Command command) {
    var outcome = machine.apply(machine.appliedIndex() + 1, 1, command, this::record);
    var batch = new WriteBatch();
    for (var write : outcome.writes()) {
      batch.put(Bucket.KEY, write.bucketKey(), write.bucketValue());
      if (!forgets) {
        memory.put(write.revision(), write.record());
      }
    }
    backend.commit(batch);
    if (!outcome.events().isEmpty()) {
      onEvents.accept(outcome.events());
      untold.addLast(outcome.events());
      holdEvents(holdsEvents);
    }
    return outcome.result();
  }

  private Bytes record(Revision revision) {
    var key = RecordCodec.bucketKey(revision);
    try (var view = backend.openReadView()) {
      return RecordCodec.record(key, Objects.requireNonNull(view.get(Bucket.KEY, key)));
    }
  }

  void put(String key, String value) {
    apply(new Command.Put(Bytes.utf8(key), Bytes.utf8(value), 0, false, false, false));
  }

  void delete(String key) {
    apply(new Command.DeleteRange(Bytes.utf8(key), Bytes.EMPTY, false));
  }

  /** Compacts and removes at once what can be removed. */
  void compact(long revision) {
    apply(new Command.Compact(revision, false));
    var job = Objects.requireNonNull(machine.kv().compaction());
    if (job.needsHash()) {
      var hash = job.startHash();
      try (var view = backend.openReadView()) {
        while (!hash.step(view, 1_000)) {
          // All of it.
        }
      }
      job.hashed(hash.result());
    }
    var finished = false;
    while (!finished) {
      var step = job.step(1_000);
      var batch = new WriteBatch();
      step.removed()
          .forEach(
              id -> {
                batch.delete(Bucket.KEY, RecordCodec.bucketKey(id));
                memory.remove(id.revision());
              });
      backend.commit(batch);
      finished = step.isFinished();
    }
  }

  void request(WatchRequest request) {
    request(STREAM, request);
  }

  void request(long stream, WatchRequest request) {
    perform(hub.request(stream, request, revision(), moment()));
  }

  /** A request that was read when the store was at an earlier revision. */
  void lateRequest(WatchRequest request, long atRevision) {
    perform(hub.request(STREAM, request, atRevision, moment()));
  }

  void tick() {
    nowNanos += TICK_NANOS;
    perform(hub.tick(moment()));
  }

  private Moment moment() {
    return new Moment(nowNanos, ORIGIN, machine.state().kv());
  }

  private void perform(List<WatchEffect> effects) {
    for (var effect : effects) {
      if (effect instanceof WatchEffect.Send send) {
        responses.computeIfAbsent(send.stream(), _ -> new ArrayList<>()).add(parse(send));
        untaken.merge(send.stream(), (long) send.sizeBytes(), Long::sum);
      } else {
        wanted.addLast(effect);
      }
    }
    work();
    takeAll();
  }

  private void work() {
    while (!wanted.isEmpty()
        && !holdsTurns
        && !(holdsHistory && !(wanted.getFirst() instanceof WatchEffect.Continue))) {
      switch (wanted.removeFirst()) {
        case WatchEffect.ReadHistory read -> {
          holdsHistory = holdsHistory || --readsLeft == 0;
          var moment = moment();
          perform(hub.history(read(read.from()), moment));
        }
        case WatchEffect.Fetch fetch -> {
          var found = new HashMap<Revision, Bytes>();
          fetch.revisions().forEach(revision -> found.put(revision, record(revision)));
          var bytes = found.values().stream().mapToLong(Bytes::size).sum();
          mostFetchedBytes = Math.max(mostFetchedBytes, bytes);
          perform(hub.fetched(found, moment()));
        }
        case WatchEffect.HistoryDone _ -> {}
        case WatchEffect.Continue _ -> perform(hub.proceed(moment()));
        case WatchEffect.Send _ -> throw new AssertionError("was sent");
      }
    }
  }

  private History read(Revision from) {
    if (from.main() < moment().view().compactRevision()) {
      return new History(from.main(), from.main() - 1, List.of());
    }
    var history = history(from);
    mostEvents = Math.max(mostEvents, history.events().size());
    return history;
  }

  /** Small chunks, so that every watcher needs several. */
  private History history(Revision from) {
    var limits = hub.chunk();
    try (var view = backend.openReadView()) {
      return HistoryScan.scan(view, from, new ChunkLimits(3, limits.events(), limits.bytes()));
    }
  }

  /** The most events that were read at a time. */
  int mostEvents() {
    return mostEvents;
  }

  /** The most that previous values had together that were fetched at a time. */
  long mostFetchedBytes() {
    return mostFetchedBytes;
  }

  /** What came since the last call. */
  List<Response> received() {
    return received(STREAM);
  }

  List<Response> received(long stream) {
    var found = responses.remove(stream);
    return found == null ? List.of() : found;
  }

  /** The events of one watcher since the last call, as {@code PUT a=1 @2 (was 0)}. */
  List<String> events(long watchId) {
    return eventsOf(received(), watchId);
  }

  /** The events of one watcher among what came. */
  static List<String> eventsOf(List<Response> received, long watchId) {
    return received.stream()
        .filter(response -> response.watchId() == watchId)
        .flatMap(response -> response.events().stream())
        .toList();
  }

  /** The changes that the hub has not heard of reach it in one step. */
  void tellTogether() {
    var all = untold.stream().flatMap(List::stream).toList();
    untold.clear();
    holdsEvents = false;
    perform(hub.happened(all, moment()));
  }

  /** All events of the backend from that revision on. */
  History history(long fromRevision) {
    try (var view = backend.openReadView()) {
      return HistoryScan.scan(
          view, new Revision(fromRevision, 0), new ChunkLimits(1_000, 1_000, 1 << 20));
    }
  }

  /** The changes that the hub has not heard of came with a snapshot, of which it hears now. */
  void replaced() {
    untold.clear();
    perform(hub.replaced(moment()));
  }

  private static Response parse(WatchEffect.Send send) {
    try {
      var whole = new byte[send.sizeBytes()];
      send.head().copyTo(whole, 0);
      send.events().copyTo(whole, send.head().size());
      return parse(Bytes.wrap(whole));
    } catch (MalformedProto malformed) {
      throw new AssertionError(malformed);
    }
  }

  private static Response parse(Bytes message) throws MalformedProto {
    var numbers = new long[12];
    var reason = "";
    var events = new ArrayList<String>();
    var revision = 0L;
    var reader = new ProtoReader(message);
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      switch (tag) {
        case 1 << 3 | ProtoReader.LENGTH -> revision = revision(reader.bytes());
        case 6 << 3 | ProtoReader.LENGTH -> reason = reader.bytes().toUtf8();
        case 11 << 3 | ProtoReader.LENGTH -> events.add(event(reader.bytes()));
        default -> numbers[tag >>> 3] = reader.varint();
      }
    }
    return new Response(
        numbers[2],
        revision,
        numbers[3] != 0,
        numbers[4] != 0,
        numbers[5],
        reason,
        numbers[7] != 0,
        events,
        message.size());
  }

  private static long revision(Bytes header) throws MalformedProto {
    var revision = 0L;
    var reader = new ProtoReader(header);
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      var value = reader.varint();
      revision = tag >>> 3 == 3 ? value : revision;
    }
    return revision;
  }

  private static String event(Bytes message) throws MalformedProto {
    var deleted = false;
    var kv = Bytes.EMPTY;
    @Nullable Bytes previous = null;
    var reader = new ProtoReader(message);
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      switch (tag) {
        case 1 << 3 -> deleted = reader.varint() == 1;
        case 2 << 3 | ProtoReader.LENGTH -> kv = reader.bytes();
        case 3 << 3 | ProtoReader.LENGTH -> previous = reader.bytes();
        default -> reader.skip(tag);
      }
    }
    var change = KeyValueCodec.decode(kv);
    var text =
        deleted
            ? "DELETE %s @%d".formatted(change.key(), change.modRevision())
            : "PUT %s=%s @%d".formatted(change.key(), change.value(), change.modRevision());
    return previous == null ? text : text + " was " + KeyValueCodec.decode(previous).value();
  }

  /** A request to watch; the rest is set by the {@code with…} methods of {@link Asking}. */
  static Asking watch(String key) {
    return new Asking(Bytes.utf8(key), Bytes.EMPTY, 0, 0, false, false, false, false, false);
  }

  /** A watch request in the making. */
  record Asking(
      Bytes key,
      Bytes rangeEnd,
      long from,
      long id,
      boolean prevKv,
      boolean noPut,
      boolean noDelete,
      boolean fragment,
      boolean progress) {
    Asking to(String end) {
      return new Asking(
          key, Bytes.utf8(end), from, id, prevKv, noPut, noDelete, fragment, progress);
    }

    Asking from(long revision) {
      return new Asking(key, rangeEnd, revision, id, prevKv, noPut, noDelete, fragment, progress);
    }

    Asking id(long watchId) {
      return new Asking(key, rangeEnd, from, watchId, prevKv, noPut, noDelete, fragment, progress);
    }

    Asking withPrevious() {
      return new Asking(key, rangeEnd, from, id, true, noPut, noDelete, fragment, progress);
    }

    Asking withFragments() {
      return new Asking(key, rangeEnd, from, id, prevKv, noPut, noDelete, true, progress);
    }

    Asking withoutDeletes() {
      return new Asking(key, rangeEnd, from, id, prevKv, noPut, true, fragment, progress);
    }

    Asking withProgress() {
      return new Asking(key, rangeEnd, from, id, prevKv, noPut, noDelete, fragment, true);
    }

    WatchRequest.Create request() {
      return new WatchRequest.Create(
          key, rangeEnd, from, progress, noPut, noDelete, prevKv, id, fragment);
    }
  }
}
