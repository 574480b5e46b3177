package dev.kvorum.verticles.store;

import dev.kvorum.raft.verticle.NodeGuard;
import dev.kvorum.raft.verticle.RaftBus;
import dev.kvorum.storage.index.IndexUsage;
import dev.kvorum.storage.lease.LeaseChange;
import dev.kvorum.verticles.bus.LeaseBus;
import dev.kvorum.verticles.bus.StoreBus;
import dev.kvorum.verticles.bus.WatchBus;
import dev.kvorum.verticles.service.NodeContext;
import dev.kvorum.verticles.stage.Answer;
import dev.kvorum.verticles.stage.RequestId;
import dev.kvorum.verticles.stage.StoreEffect;
import dev.kvorum.verticles.stage.StoreStage;
import dev.kvorum.verticles.stage.WorkPace;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.Message;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The store's loop: hands messages to the stage and performs the effects in their order. */
public final class StoreVerticle extends VerticleBase {
  private static final Logger LOGGER = LoggerFactory.getLogger(StoreVerticle.class);

  /** How long the stage goes on in one turn of the loop; one slice more at most. */
  private static final long TURN_NANOS = 1_000_000;

  /** So long a delete is written before it rests. */
  private static final long SWEEP_NANOS = 500_000;

  /**
   * What the backend's thread needs to remove a record, about; a slice's rest is for its work, too.
   */
  private static final long REMOVAL_NANOS = 5_000;

  /** What it needs to write the tombstones of a slice; a delete rests for that, too. */
  private static final long SWEPT_SLICE_NANOS = 400 * StoreStage.SLICE_KEYS;

  /** A compaction that is held up looks again after it. */
  private static final long HELD_UP_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final StoreStage stage;
  private final NodeContext node;
  private final Runnable raiseNoSpace;
  private final NodeGuard guard;
  private final ViewWatchdog views = new ViewWatchdog();
  private WorkPace compactionPace;
  private long compactionBegan = System.nanoTime();

  /** What the stage asked for in this turn, if anything. */
  private StoreEffect.@Nullable CompactLater compactLater;

  /** Of the delete that is being written, if one is; the thread that hashes sees whether. */
  private volatile @Nullable WorkPace sweepPace;

  private StoreEffect.@Nullable SweepLater sweepLater;

  /** Of a delete in this turn. */
  private int sweptSlices;

  /** Who wants to hear that the store is defragmented, in the order of the wishes. */
  private final ArrayDeque<Message<?>> defragmenting = new ArrayDeque<>();

  /** Who wants to know the keys of leases, by the number of the question. */
  private final Map<Long, Message<?>> askingForKeys = new HashMap<>();

  private long lastAsk;

  /** Who writes checkpoints asks one thing after the other. */
  private final ArrayDeque<Message<?>> checkpointing = new ArrayDeque<>();

  /** A turn for {@link #flushed} is on its way. */
  private final AtomicBoolean flushedTold = new AtomicBoolean();

  /** The stage has more to do, in this turn or a later one. */
  private boolean wantsTurn;

  /** Answers of one batch by front end, reused; an entry is null while it has none. */
  private final List<@Nullable List<Answer>> answersByLoop = new ArrayList<>();

  /**
   * @param raiseNoSpace proposes this member's alarm; called on this loop
   */
  public StoreVerticle(StoreStage stage, NodeContext node, Runnable raiseNoSpace, NodeGuard guard) {
    this.stage = stage;
    this.node = node;
    compactionPace = WorkPace.ofCompaction(node.applied().appliedIndex(), System.nanoTime());
    this.raiseNoSpace = raiseNoSpace;
    this.guard = guard;
  }

  @Override
  public Future<?> start() {
    var bus = vertx.eventBus();
    bus.<RaftBus.Committed>localConsumer(
        RaftBus.COMMITTED, message -> step(() -> stage.committed(message.body().entries())));
    bus.<RaftBus.ReadConfirmed>localConsumer(
        RaftBus.READ_CONFIRMED,
        message -> {
          var read = message.body();
          step(() -> stage.readConfirmed(read.loop(), read.round(), read.index()));
        });
    bus.<StoreBus.Defragment>localConsumer(
        StoreBus.DEFRAGMENT,
        message -> {
          LOGGER.info("defragmenting");
          defragmenting.add(message);
          step(stage::defragment);
        });
    bus.<LeaseBus.FindKeys>localConsumer(
        LeaseBus.FIND_KEYS,
        message -> {
          var wanted = message.body();
          askingForKeys.put(++lastAsk, message);
          step(() -> stage.findKeys(lastAsk, wanted.ids(), wanted.countsOnly()));
        });
    bus.<StoreBus.BeginCheckpoint>localConsumer(
        StoreBus.BEGIN_CHECKPOINT,
        message -> {
          checkpointing.add(message);
          step(stage::beginCheckpoint);
        });
    bus.<StoreBus.CopyAttachments>localConsumer(
        StoreBus.COPY_ATTACHMENTS,
        message -> {
          checkpointing.add(message);
          step(() -> stage.copyAttachments(message.body().walk()));
        });
    step(stage::start);
    return Future.succeededFuture();
  }

  /**
   * The backend shows more records: an apply that waits for room may go on. Any thread may call.
   */
  public void flushed() {
    if (!flushedTold.getAndSet(true)) {
      context.runOnContext(
          _ -> {
            flushedTold.set(false);
            step(stage::flushed);
          });
    }
  }

  private void step(Supplier<List<StoreEffect>> input) {
    var began = System.nanoTime();
    guard.run(() -> input.get().forEach(this::perform));
    goOn(began);
  }

  /** As many slices as a turn has time for. */
  private void proceed() {
    var began = System.nanoTime();
    do {
      wantsTurn = false;
      guard.run(() -> stage.proceed().forEach(this::perform));
    } while (wantsTurn && System.nanoTime() - began < TURN_NANOS);
    goOn(began);
  }

  /** Slices of a delete that has taken effect, for a moment, or a turn if somebody waits for it. */
  private void sweep() {
    var began = System.nanoTime();
    // Whoever waits says so after one slice and has a turn then: that the next slices are waited
    // for as well shows in that turn only.
    var isWaitedFor = false;
    do {
      sweepLater = null;
      guard.run(() -> stage.sweep().forEach(this::perform));
      sweptSlices++;
      isWaitedFor |= sweepLater != null && sweepLater.isWaitedFor();
    } while (sweepLater != null
        && System.nanoTime() - began < (isWaitedFor ? TURN_NANOS : SWEEP_NANOS));
    if (sweepLater == null) {
      sweepPace = null;
    } else {
      sweepLater = new StoreEffect.SweepLater(isWaitedFor);
    }
    goOn(began);
  }

  /** Sees to it that what is left to do gets its turns. */
  private void goOn(long beganNanos) {
    if (sweepLater != null) {
      var now = System.nanoTime();
      var applied = node.applied().appliedIndex();
      var pace = sweepPace;
      if (pace == null) {
        pace = WorkPace.ofSweep(applied, now);
        sweepPace = pace;
      }
      var worked = now - beganNanos + sweptSlices * SWEPT_SLICE_NANOS;
      var rest = pace.restNanos(worked, applied, now);
      NextTurn.run(context, sweepLater.isWaitedFor() ? 0 : rest, this::sweep);
      sweepLater = null;
    }
    sweptSlices = 0;
    if (wantsTurn) {
      wantsTurn = false;
      NextTurn.run(context, this::proceed);
    }
    if (compactLater != null) {
      var now = System.nanoTime();
      var worked = now - beganNanos + compactLater.removed() * REMOVAL_NANOS;
      var rest = compactionPace.restNanos(worked, node.applied().appliedIndex(), now);
      NextTurn.run(
          context, compactLater.isHeldUp() ? HELD_UP_NANOS : rest, () -> step(stage::compactSlice));
      compactLater = null;
    }
  }

  private void perform(StoreEffect effect) {
    switch (effect) {
      case StoreEffect.Publish publish -> {
        node.publish(publish.state());
        watch(publish.state().kv().indexUsage());
      }
      case StoreEffect.Count count -> {
        var mvcc = node.metrics().mvcc();
        mvcc.executed(0, count.puts(), count.deletes(), count.txns());
        mvcc.putBytes(count.putBytes());
      }
      case StoreEffect.Write write -> node.writer().submit(write.flush());
      case StoreEffect.LeasesChanged leases -> {
        count(leases.changes());
        vertx.eventBus().send(LeaseBus.CHANGED, new LeaseBus.Changed(leases.changes()));
      }
      case StoreEffect.Happened happened ->
          vertx.eventBus().send(WatchBus.HAPPENED, new WatchBus.Happened(happened.events()));
      case StoreEffect.TooMuchHappened much ->
          vertx.eventBus().send(WatchBus.HAPPENED, new WatchBus.TooMuchHappened(much.revision()));
      case StoreEffect.Reply reply -> reply(reply.answers());
      case StoreEffect.InProgress work ->
          vertx
              .eventBus()
              .send(
                  StoreBus.inProgress(RequestId.loop(work.requestId())),
                  new StoreBus.InProgress(work.requestId()));
      case StoreEffect.Fetch fetch ->
          node.reader()
              .fetchForLog(
                  fetch.revisions(),
                  action -> context.runOnContext(_ -> action.run()),
                  found -> step(() -> stage.fetched(found)));
      case StoreEffect.AppliedTo applied ->
          vertx.eventBus().send(RaftBus.APPLIED, new RaftBus.Applied(applied.index()));
      case StoreEffect.ReadsReady ready ->
          vertx
              .eventBus()
              .send(StoreBus.reads(ready.loop()), new StoreBus.ReadsReady(ready.round()));
      case StoreEffect.FoundKeys found -> {
        var asking = askingForKeys.remove(found.ask());
        if (asking != null) {
          asking.reply(new LeaseBus.Keys(found.counts(), found.keys()));
        }
      }
      case StoreEffect.CheckpointBegun begun ->
          checkpointing.remove().reply(new StoreBus.CheckpointBegun(begun.meta()));
      case StoreEffect.AttachmentsCopied copied ->
          checkpointing.remove().reply(new StoreBus.AttachmentsCopied(copied.slice()));
      case StoreEffect.Defragmented _ -> defragmented();
      case StoreEffect.Continue _ -> wantsTurn = true;
      case StoreEffect.RaiseNoSpace _ -> raiseNoSpace.run();
      case StoreEffect.HashHistory history -> hash(history);
      case StoreEffect.CompactLater later -> compactLater = later;
      case StoreEffect.SweepLater later -> sweepLater = later;
      case StoreEffect.CompactionFinished finished -> logFinished(finished);
    }
  }

  private void watch(IndexUsage usage) {
    node.metrics().index().published(usage);
    if (views.isSuspicious(usage, System.nanoTime())) {
      LOGGER
          .atWarn()
          .addKeyValue("views-since", usage.oldestViewAge())
          .addKeyValue("retired-bytes", usage.retiredBytes())
          .log("a view of the key index is held for minutes");
    }
  }

  private void defragmented() {
    LOGGER
        .atInfo()
        .addKeyValue("current-db-size-bytes", node.applied().allocatedBytes())
        .log("finished defragmenting directory");
    var asking = defragmenting.poll();
    if (asking != null) {
      asking.reply(new StoreBus.Defragment());
    }
  }

  private void count(List<LeaseChange> changes) {
    for (var change : changes) {
      switch (change) {
        case LeaseChange.Granted granted -> node.metrics().lease().granted(granted.ttlSeconds());
        case LeaseChange.Revoked _ -> node.metrics().lease().revoked();
        case LeaseChange.Checkpointed _ -> {}
      }
    }
  }

  private void logFinished(StoreEffect.CompactionFinished finished) {
    LOGGER
        .atInfo()
        .addKeyValue("compact-revision", finished.revision())
        .addKeyValue("took", Duration.ofNanos(System.nanoTime() - compactionBegan))
        .addKeyValue("hash", Integer.toUnsignedLong(finished.hash()))
        .log("finished scheduled compaction");
  }

  private void hash(StoreEffect.HashHistory history) {
    compactionBegan = System.nanoTime();
    // The pin keeps the compaction after this one from removing what is being hashed.
    var pinned = node.pin();
    compactionPace = WorkPace.ofCompaction(history.appliedIndex(), compactionBegan);
    var pace = WorkPace.ofCompaction(history.appliedIndex(), compactionBegan);
    node.reader()
        .run(
            () -> {
              node.writer().awaitFlushed(history.appliedIndex());
              var hash = node.reader().hash(history.hash(), worked -> hashRest(pace, worked));
              pinned.close();
              context.runOnContext(_ -> step(() -> stage.hashed(hash)));
            });
  }

  /** On the thread that hashes. */
  private long hashRest(WorkPace pace, long workedNanos) {
    var applied = node.applied().appliedIndex();
    var now = System.nanoTime();
    return sweepPace != null
        ? pace.restBesideSweepNanos(workedNanos, applied, now)
        : pace.restNanos(workedNanos, applied, now);
  }

  private void reply(List<Answer> answers) {
    for (var answer : answers) {
      var loop = RequestId.loop(answer.requestId());
      while (answersByLoop.size() <= loop) {
        answersByLoop.add(null);
      }
      var ofLoop = answersByLoop.get(loop);
      if (ofLoop == null) {
        ofLoop = new ArrayList<>();
        answersByLoop.set(loop, ofLoop);
      }
      ofLoop.add(answer);
    }
    for (var loop = 0; loop < answersByLoop.size(); loop++) {
      var ofLoop = answersByLoop.get(loop);
      if (ofLoop != null) {
        answersByLoop.set(loop, null);
        vertx.eventBus().send(StoreBus.answers(loop), new StoreBus.Answers(ofLoop));
      }
    }
  }
}
