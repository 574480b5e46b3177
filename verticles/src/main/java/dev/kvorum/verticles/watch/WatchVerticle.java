package dev.kvorum.verticles.watch;

import dev.kvorum.raft.verticle.NodeGuard;
import dev.kvorum.storage.model.ResponseCodec.Origin;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.StoreView;
import dev.kvorum.storage.watch.History;
import dev.kvorum.storage.watch.HistoryPlan;
import dev.kvorum.storage.watch.StreamLag;
import dev.kvorum.storage.watch.WatchEffect;
import dev.kvorum.storage.watch.WatchHub;
import dev.kvorum.verticles.bus.WatchBus;
import dev.kvorum.verticles.metrics.WatchMetrics;
import dev.kvorum.verticles.service.NodeContext;
import dev.kvorum.verticles.store.NextTurn;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The watches' loop: carries events, requests and history to the hub, and its messages to the front
 * ends, all of one turn in one bus message for each.
 */
public final class WatchVerticle extends VerticleBase {
  /** A tenth of the interval at most is added to it, so that streams do not tick together. */
  private static final double JITTER = 0.1;

  private static final Logger LOGGER = LoggerFactory.getLogger(WatchVerticle.class);
  private static final long LAG_LOOK_MILLIS = 1_000;

  /** A stream that is so far behind is worth a line in the log. */
  private static final long TOLD_LAG_REVISIONS = 10_000;

  private static final long LAG_TOLD_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final NodeContext node;
  private final WatchHub hub;
  private final long progressNanos;
  private final NodeGuard guard;
  private NodeContext.@Nullable PinnedState pinned;
  private long armedFor = Long.MAX_VALUE;
  private @Nullable Long timer;
  private long countedEvents;
  private long lagToldNanos = System.nanoTime() - LAG_TOLD_NANOS;

  /**
   * @param progressNanos how often idle watchers are told of progress (contract S9.9)
   */
  public WatchVerticle(NodeContext node, WatchHub hub, long progressNanos, NodeGuard guard) {
    this.node = node;
    this.hub = hub;
    this.progressNanos = progressNanos;
    this.guard = guard;
  }

  @Override
  public Future<?> start() {
    var bus = vertx.eventBus();
    bus.<WatchBus.News>localConsumer(
        WatchBus.HAPPENED, message -> step(moment -> happened(message.body(), moment)));
    bus.<WatchBus.Said>localConsumer(WatchBus.SAID, message -> hear(message.body()));
    vertx.setPeriodic(LAG_LOOK_MILLIS, _ -> guard.run(this::lookForLag));
    return Future.succeededFuture();
  }

  private List<WatchEffect> happened(WatchBus.News news, WatchHub.Moment moment) {
    return switch (news) {
      case WatchBus.Happened(var events) -> hub.happened(events, moment);
      case WatchBus.TooMuchHappened(var revision) -> hub.tooMuchHappened(revision, moment);
    };
  }

  private void hear(WatchBus.Said said) {
    step(moment -> said(said.words(), moment));
    if (said.asks()) {
      vertx.eventBus().send(WatchBus.heard(said.loop()), new WatchBus.Heard());
    }
  }

  private List<WatchEffect> said(List<WatchBus.Word> words, WatchHub.Moment moment) {
    var effects = new ArrayList<WatchEffect>();
    for (var word : words) {
      switch (word) {
        case WatchBus.Opened opened ->
            hub.open(
                opened.stream(),
                jittered(progressNanos, ThreadLocalRandom.current()),
                System.nanoTime());
        case WatchBus.Requested requested ->
            effects.addAll(
                hub.request(
                    requested.stream(), requested.request(), requested.atRevision(), moment));
        case WatchBus.Taken taken ->
            effects.addAll(hub.taken(taken.stream(), taken.bytes(), moment));
        case WatchBus.Closed closed -> hub.close(closed.stream());
      }
    }
    return effects;
  }

  /** Shows who is behind; tells it when somebody is far behind, now and then. */
  private void lookForLag() {
    var worst =
        hub.streamsLagging() == 0
            ? List.<StreamLag>of()
            : hub.worstStreams(WatchMetrics.SHOWN_STREAMS);
    node.metrics().watch().lagging(hub.streamsLagging(), worst);
    if (worst.isEmpty() || worst.getFirst().revisions() < TOLD_LAG_REVISIONS) {
      return;
    }
    var now = System.nanoTime();
    if (now - lagToldNanos < LAG_TOLD_NANOS) {
      return;
    }
    lagToldNanos = now;
    var first = worst.getFirst();
    LOGGER
        .atWarn()
        .addKeyValue("lagging-streams", hub.streamsLagging())
        .addKeyValue("worst-stream", Long.toHexString(first.stream()))
        .addKeyValue("watchers-behind", first.watchersBehind())
        .addKeyValue("revisions-behind", first.revisions())
        .addKeyValue("unsent-bytes", first.unsentBytes())
        .log("watch streams are far behind");
  }

  /** A stream's own interval, drawn once for all of its time (contract S9.9). */
  static long jittered(long nanos, RandomGenerator random) {
    return nanos + (long) (nanos * JITTER * random.nextDouble());
  }

  private WatchHub.Moment moment(StoreView view) {
    var identity = node.identity();
    var origin = new Origin(identity.clusterId(), identity.memberId(), node.raft().term());
    return new WatchHub.Moment(System.nanoTime(), origin, view);
  }

  private void step(Function<WatchHub.Moment, List<WatchEffect>> input) {
    guard.run(
        () -> {
          try (var held = node.hold()) {
            perform(input.apply(moment(held.state().kv())));
          }
        });
  }

  private void perform(List<WatchEffect> effects) {
    var byLoop = new HashMap<Integer, List<WatchEffect.Send>>();
    for (var effect : effects) {
      switch (effect) {
        case WatchEffect.Send send ->
            byLoop.computeIfAbsent(WatchBus.loop(send.stream()), _ -> new ArrayList<>()).add(send);
        case WatchEffect.ReadHistory(var from) -> read(from);
        case WatchEffect.Fetch fetch ->
            node.reader()
                .fetch(
                    fetch.revisions(), loop(), found -> step(moment -> hub.fetched(found, moment)));
        case WatchEffect.HistoryDone _ -> unpin();
        case WatchEffect.Continue _ -> NextTurn.run(context, () -> step(hub::proceed));
      }
    }
    send(byLoop);
    count();
    arm();
  }

  private void send(Map<Integer, List<WatchEffect.Send>> byLoop) {
    byLoop.forEach(
        (loop, messages) ->
            vertx.eventBus().send(WatchBus.messages(loop), new WatchBus.Messages(messages)));
  }

  private Executor loop() {
    return action -> context.runOnContext(_ -> action.run());
  }

  /**
   * Reads a chunk of history under a pin, which holds until the hub has used it up: the parts of
   * one revision are read under the same.
   */
  private void read(Revision from) {
    var pin = pinned == null ? node.pin() : pinned;
    pinned = pin;
    switch (hub.plan(from, pin.state().kv())) {
      // Each chunk in a turn of its own: there may be very many, and each asks for the next one.
      case HistoryPlan.Known(var history) -> NextTurn.run(context, () -> arrived(pin, history));
      case HistoryPlan.Stored stored ->
          node.reader()
              .history(
                  from,
                  hub.chunk(),
                  () -> node.writer().awaitFlushed(pin.state().appliedIndex()),
                  loop(),
                  history -> arrived(pin, stored.complete(history)));
    }
  }

  private void arrived(NodeContext.PinnedState pin, History history) {
    guard.run(() -> perform(hub.history(history, moment(pin.state().kv()))));
  }

  private void unpin() {
    if (pinned != null) {
      pinned.close();
      pinned = null;
    }
  }

  private void count() {
    var metrics = node.metrics().watch();
    metrics.watchers(hub.watchers(), hub.watchersBehind(), hub.queuedEvents());
    metrics.sent(hub.sentEvents() - countedEvents);
    countedEvents = hub.sentEvents();
  }

  private void arm() {
    var next = hub.nextTickNanos();
    if (next >= armedFor) {
      return;
    }
    if (timer != null) {
      vertx.cancelTimer(timer);
    }
    armedFor = next;
    var wait = Math.max(0, next - System.nanoTime());
    timer =
        vertx.setTimer(
            TimeUnit.NANOSECONDS.toMillis(wait) + 1,
            _ -> {
              timer = null;
              armedFor = Long.MAX_VALUE;
              step(hub::tick);
            });
  }

  @Override
  public Future<?> stop() {
    unpin();
    return Future.succeededFuture();
  }
}
