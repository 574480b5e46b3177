package dev.kvorum.raft.verticle;

import dev.kvorum.raft.stage.RaftEffect;
import dev.kvorum.raft.stage.RaftStage;
import dev.kvorum.raft.stage.RaftStatus;
import dev.kvorum.raft.stage.Ticks;
import dev.kvorum.storage.journal.DiskSpace;
import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.Journal;
import dev.kvorum.storage.journal.JournalDriver;
import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Raft loop: gives the stage its time, its messages and its disk, and performs what it asks
 * for. It decides nothing.
 */
public final class RaftVerticle extends VerticleBase {
  private static final Logger LOGGER = LoggerFactory.getLogger(RaftVerticle.class);
  private static final long SPACE_RETRY_MILLIS = 1_000;

  /** After the disk was nearly full once, preparing files ahead is tried again this much later. */
  private static final long SPACE_CHECK_MILLIS = 30_000;

  private final RaftStage stage;
  private final Journal journal;
  private final Disk disk;
  private final long tickMillis;
  private final Consumer<RaftStatus> statusListener;
  private final LongConsumer tickListener;
  private final Runnable onDiskLow;
  private final NodeGuard guard;
  private final FlightRecorder recorder;
  private @Nullable JournalDriver driver;

  /** The shortage has been told and has not ended; telling it again would help nobody. */
  private boolean lowTold;

  private boolean fullTold;

  /**
   * @param tickMillis the heartbeat interval
   * @param statusListener hears of every change of term, leader or commit index, on this loop
   * @param tickListener hears at each tick by how many nanoseconds it is late, on this loop
   * @param onDiskLow raises the member's space alarm; called on this loop
   */
  public RaftVerticle(
      RaftStage stage,
      Journal journal,
      Disk disk,
      long tickMillis,
      Consumer<RaftStatus> statusListener,
      LongConsumer tickListener,
      Runnable onDiskLow,
      NodeGuard guard,
      FlightRecorder recorder) {
    this.stage = stage;
    this.journal = journal;
    this.disk = disk;
    this.tickMillis = tickMillis;
    this.statusListener = statusListener;
    this.tickListener = tickListener;
    this.onDiskLow = onDiskLow;
    this.guard = guard;
    this.recorder = recorder;
    recorder.attach(stage.events());
  }

  @Override
  public Future<?> start() {
    driver =
        new JournalDriver(
            journal,
            disk,
            action -> context.runOnContext(_ -> guard.run(action)),
            outcome -> perform(stage.journal(outcome)));
    handle(
        RaftBus.PROPOSE,
        (RaftBus.Proposals batch) ->
            stage.propose(batch.loop(), batch.firstRequestId(), batch.envelopes()));
    handle(RaftBus.READ, (RaftBus.ReadRound read) -> stage.read(read.loop(), read.round()));
    handle(RaftBus.APPLIED, (RaftBus.Applied applied) -> stage.applied(applied.index()));
    handle(RaftBus.SYNCED, (RaftBus.StateSynced synced) -> stage.stateSynced(synced.index()));
    handle(
        RaftBus.SNAPSHOT_ENDED,
        (RaftBus.SnapshotEnded ended) ->
            ended.position() == null
                ? stage.snapshotFailed()
                : stage.snapshotTaken(ended.position(), ended.liveBytes()));
    handle(RaftBus.DATA_SHRANK, (RaftBus.DataShrank _) -> stage.dataShrank());
    var plan = new TickPlan(TimeUnit.MILLISECONDS.toNanos(tickMillis), System.nanoTime());
    var ticks = new Ticks(TimeUnit.MILLISECONDS.toNanos(tickMillis));
    vertx.setPeriodic(
        tickMillis,
        _ -> {
          var now = System.nanoTime();
          tickListener.accept(plan.ticked(now));
          if (ticks.isTick(now)) {
            guard.run(() -> perform(stage.tick()));
          }
        });
    guard.run(() -> perform(stage.start()));
    return Future.succeededFuture();
  }

  /** Steps the stage for every message of an address. */
  private <T> void handle(String address, Function<T, List<RaftEffect>> step) {
    vertx
        .eventBus()
        .<T>localConsumer(address, message -> guard.run(() -> perform(step.apply(message.body()))));
  }

  private void perform(List<RaftEffect> effects) {
    for (var effect : effects) {
      perform(effect);
    }
    if (driver != null) {
      driver.pump();
    }
  }

  private void perform(RaftEffect effect) {
    var bus = vertx.eventBus();
    switch (effect) {
      case RaftEffect.Commit commit ->
          bus.send(RaftBus.COMMITTED, new RaftBus.Committed(commit.entries()));
      case RaftEffect.Refuse refuse ->
          bus.send(
              RaftBus.refused(refuse.loop()),
              new RaftBus.Refused(
                  refuse.loop(), refuse.firstRequestId(), refuse.count(), refuse.failure()));
      case RaftEffect.ConfirmRead read ->
          bus.send(
              RaftBus.READ_CONFIRMED,
              new RaftBus.ReadConfirmed(read.loop(), read.round(), read.index()));
      case RaftEffect.ReadEntries wanted -> read(wanted);
      case RaftEffect.TakeSnapshot _ -> bus.send(RaftBus.TAKE_SNAPSHOT, new RaftBus.TakeSnapshot());
      case RaftEffect.DropSnapshotsBelow drop ->
          bus.send(RaftBus.DROP_SNAPSHOTS, new RaftBus.DropSnapshots(drop.position()));
      case RaftEffect.Publish publish -> statusListener.accept(publish.status());
      case RaftEffect.Trace trace -> recorder.record(trace.record());
      case RaftEffect.DiskLow low -> {
        if (!lowTold) {
          lowTold = true;
          LOGGER
              .atWarn()
              .addKeyValue("error", low.fault().message())
              .log("the disk is full; the ballast is given back");
          onDiskLow.run();
        }
        prepareAheadLater();
      }
      case RaftEffect.DiskFull full -> waitForSpace(full);
      case RaftEffect.DiskHasSpace _ -> {
        lowTold = false;
        fullTold = false;
        LOGGER.info("the disk has space again; writes go on");
      }
      case RaftEffect.Halt halt ->
          guard.halt("the disk failed", new DiskFaultException(halt.fault()));
      case RaftEffect.Found found -> LOGGER.atError().log(found.finding().message());
      case RaftEffect.Send send ->
          throw new IllegalStateException("a lone voter has nobody to send to: " + send);
      case RaftEffect.SendSnapshot send ->
          throw new IllegalStateException("a lone voter has nobody to send to: " + send);
      case RaftEffect.InstallSnapshot install ->
          throw new IllegalStateException("a lone voter gets no snapshot: " + install);
    }
  }

  private void waitForSpace(RaftEffect.DiskFull full) {
    if (!fullTold) {
      fullTold = true;
      LOGGER
          .atError()
          .addKeyValue("error", full.fault().message())
          .log("the disk is full; writes wait until there is space");
    }
    vertx.setTimer(SPACE_RETRY_MILLIS, _ -> retrySpace());
  }

  /**
   * Files are prepared ahead again, and the ballast is made anew, only when there is clearly room
   * for them: an attempt that fails fills the disk for everybody else.
   */
  private void prepareAheadLater() {
    vertx.setTimer(
        SPACE_CHECK_MILLIS,
        _ ->
            vertx
                .executeBlocking(() -> DiskSpace.of(disk).isLow(), false)
                .onComplete(
                    low -> {
                      if (low.succeeded() && low.result()) {
                        prepareAheadLater();
                      } else {
                        retrySpace();
                      }
                    }));
  }

  private void retrySpace() {
    guard.run(
        () -> {
          stage.retrySpace();
          perform(List.of());
        });
  }

  /** Reads the journal on a worker: it may block for as long as the disk likes. */
  private void read(RaftEffect.ReadEntries wanted) {
    vertx
        .<List<Entry>>executeBlocking(() -> wanted.range().read(disk, wanted.maxBytes()), false)
        .onSuccess(
            entries ->
                guard.run(
                    () -> perform(stage.entriesRead(wanted.reader(), wanted.from(), entries))))
        .onFailure(
            fault ->
                guard.run(
                    () -> {
                      perform(stage.entriesUnreadable(wanted.from()));
                      guard.halt("the journal cannot be read", fault);
                    }));
  }
}
