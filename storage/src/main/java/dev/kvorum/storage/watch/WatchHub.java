package dev.kvorum.storage.watch;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.ResponseCodec.Origin;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.StoreView;
import java.util.List;
import java.util.Map;
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
 *
 * <p>Who watches what is decided in {@link WatchRegistry}; who is given what, in {@link
 * LiveDelivery} for those who are synced and in {@link HistoryDelivery} for those who are behind.
 * The hub says whose turn it is.
 */
public final class WatchHub {
  /**
   * What a step's moment is.
   *
   * @param view the newest published state
   */
  public record Moment(long nowNanos, Origin origin, StoreView view) {}

  /** What a stream may have on its way before its watchers fall behind. */
  public static final long STREAM_BYTES = 512 * 1024;

  /** Revisions that a chunk of history has at most. */
  public static final int CHUNK_REVISIONS = 1_000;

  private final WatchSizes sizes;
  private final Outbox outbox;
  private final WatcherPlaces places;
  private final LiveDelivery live;
  private final HistoryDelivery history;
  private final ProgressNotices progress;
  private final WatchRegistry registry;

  /** The owner was asked for another turn. */
  private boolean continuing;

  /**
   * @param revision the store's, from which on the hub hears of every change
   * @param records those that are in memory
   */
  public WatchHub(long revision, Function<Revision, @Nullable Bytes> records, WatchSizes sizes) {
    this.sizes = sizes;
    outbox = new Outbox(sizes);
    places = new WatcherPlaces(sizes);
    live = new LiveDelivery(revision, records, sizes, places, outbox);
    history = new HistoryDelivery(records, sizes, places, live, outbox);
    progress = new ProgressNotices(sizes, outbox);
    registry = new WatchRegistry(places, live, progress, outbox);
  }

  /** Watchers that are there, those that ended included. */
  public int watchers() {
    return places.watchers();
  }

  /** Watchers that are behind. */
  public int watchersBehind() {
    return places.watchersBehind();
  }

  /** Streams that have watchers behind. */
  public int streamsLagging() {
    return places.lagging().count();
  }

  /** The streams that are furthest behind, the worst first, so many at most. */
  public List<StreamLag> worstStreams(int max) {
    return places.lagging().worst(live.begun(), max);
  }

  /** Events that wait for their fan-out. */
  public int queuedEvents() {
    return live.queuedEvents();
  }

  /** Events sent so far, counted once for each watcher. */
  public long sentEvents() {
    return outbox.sentEvents();
  }

  /**
   * How to come by what {@link WatchEffect.ReadHistory} wants.
   *
   * @param pinned the state that is held readable until {@link WatchEffect.HistoryDone}
   */
  public HistoryPlan plan(Revision from, StoreView pinned) {
    return live.plan(from, pinned);
  }

  /** How much {@link WatchEffect.ReadHistory} wants to have read. */
  public ChunkLimits chunk() {
    return sizes.chunk();
  }

  /**
   * A stream begins.
   *
   * @param number names it, and no other
   * @param tickNanos how often it is told of progress (contract S9.9)
   */
  public void open(long number, long tickNanos, long nowNanos) {
    registry.open(number, tickNanos, nowNanos);
  }

  /** The stream is gone, and all its watchers with it. */
  public void close(long number) {
    registry.close(number);
  }

  /**
   * A client's request.
   *
   * @param atRevision the store's revision when the request came in: its sender may have seen
   *     everything up to there
   */
  public List<WatchEffect> request(
      long stream, WatchRequest request, long atRevision, Moment moment) {
    outbox.begin();
    registry.request(stream, request, atRevision, moment);
    return run(moment);
  }

  /** The store made these changes; the next revisions, whole, in order. */
  public List<WatchEffect> happened(List<Event> events, Moment moment) {
    outbox.begin();
    live.happened(events, moment);
    return run(moment);
  }

  /**
   * The next revision changed more keys than are told live: whoever wants it reads it, as {@link
   * #happened} would have it with as many events.
   */
  public List<WatchEffect> tooMuchHappened(long revision, Moment moment) {
    outbox.begin();
    live.tooMuchHappened(revision, moment);
    return run(moment);
  }

  /**
   * The store was replaced by a later state, from a leader's snapshot. Nobody hears of what
   * happened in between: all watchers go on, and read it from the new store from where they are
   * (contract S9.19).
   *
   * @param moment of the new store
   */
  public List<WatchEffect> replaced(Moment moment) {
    outbox.begin();
    history.replaced();
    live.replaced(moment);
    return run(moment);
  }

  /** The turn that {@link WatchEffect.Continue} asked for. */
  public List<WatchEffect> proceed(Moment moment) {
    outbox.begin();
    continuing = false;
    return run(moment);
  }

  /** The transport took so many bytes of the stream's messages. */
  public List<WatchEffect> taken(long number, long bytes, Moment moment) {
    outbox.begin();
    registry.taken(number, bytes);
    return run(moment);
  }

  /**
   * The chunk that {@link WatchEffect.ReadHistory} asked for.
   *
   * @param moment its view is the one whose history stays readable until the chunk is used up
   */
  public List<WatchEffect> history(History chunk, Moment moment) {
    outbox.begin();
    history.arrived(chunk, moment);
    return run(moment);
  }

  /** The records that {@link WatchEffect.Fetch} asked for. */
  public List<WatchEffect> fetched(Map<Revision, Bytes> found, Moment moment) {
    outbox.begin();
    history.fetched(found);
    return run(moment);
  }

  /** When {@link #tick} has something to do, {@link Long#MAX_VALUE} for never. */
  public long nextTickNanos() {
    return progress.nextTickNanos();
  }

  /** Tells idle watchers how far everything is sent (contract S9.9). */
  public List<WatchEffect> tick(Moment moment) {
    outbox.begin();
    progress.tick(live.completed(), moment);
    return run(moment);
  }

  /**
   * The work of a turn, unless the next turn is due anyhow: what comes in before it only says what
   * is to be done. A hundred inputs at once are not a hundred turns.
   */
  private List<WatchEffect> run(Moment moment) {
    if (continuing) {
      return outbox.effects();
    }
    live.proceed(moment);
    progress.answer(live.completed(), moment);
    history.proceed(moment);
    if (!live.isIdle() || !history.isIdle()) {
      continuing = true;
      outbox.add(new WatchEffect.Continue());
    }
    return outbox.effects();
  }
}
