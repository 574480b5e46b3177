package dev.kvorum.verticles.store;

import dev.kvorum.storage.checkpoint.Attachments;
import dev.kvorum.storage.checkpoint.CheckpointRule;
import dev.kvorum.storage.checkpoint.CheckpointWriter;
import dev.kvorum.storage.checkpoint.Checkpoints;
import dev.kvorum.storage.checkpoint.IndexViews;
import dev.kvorum.storage.index.IndexSummary;
import dev.kvorum.storage.index.IndexView;
import dev.kvorum.storage.journal.disk.DiskFault;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.lease.LeaseTable;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.mvcc.StoreMeta;
import dev.kvorum.verticles.bus.StoreBus;
import dev.kvorum.verticles.service.NodeContext;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.DeliveryOptions;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes checkpoints of the key index in the background, when {@link CheckpointRule} says so. One
 * at a time, on a thread that may block and that rests as long as it works.
 *
 * <p>The index is held only for moments, while some of its pages are copied: what puts replace
 * meanwhile takes memory.
 */
public final class CheckpointVerticle extends VerticleBase {
  private static final Logger LOGGER = LoggerFactory.getLogger(CheckpointVerticle.class);

  private static final KeyRange ALL_KEYS = new KeyRange(Bytes.EMPTY, null);
  private static final long LOOK_MILLIS = 500;

  /** After a sync, which takes time without taking any from others. */
  private static final long LONGEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private record Saved(long bytes, Duration took) {}

  private final NodeContext node;
  private final Checkpoints checkpoints;
  private final CheckpointRule rule;
  private final Consumer<Throwable> onStateFault;

  /** The store has as long as it takes: a command under way may be a very long one. */
  private static final DeliveryOptions PATIENT =
      new DeliveryOptions().setSendTimeout(TimeUnit.DAYS.toMillis(1));

  private boolean running;

  /** The thread's work. */
  private Future<?> writing = Future.succeededFuture();

  private volatile boolean stopping;

  /**
   * @param onStateFault hears when the disk failed for good
   */
  public CheckpointVerticle(
      NodeContext node,
      Checkpoints checkpoints,
      CheckpointRule rule,
      Consumer<Throwable> onStateFault) {
    this.node = node;
    this.checkpoints = checkpoints;
    this.rule = rule;
    this.onStateFault = onStateFault;
  }

  @Override
  public Future<?> start() {
    vertx.setPeriodic(LOOK_MILLIS, _ -> look());
    return Future.succeededFuture();
  }

  @Override
  public Future<?> stop() {
    stopping = true;
    return writing.otherwiseEmpty();
  }

  private void look() {
    if (running || !isDue()) {
      return;
    }
    running = true;
    vertx
        .eventBus()
        .<StoreBus.CheckpointBegun>request(
            StoreBus.BEGIN_CHECKPOINT, new StoreBus.BeginCheckpoint(), PATIENT)
        .compose(answer -> begin(answer.body().meta()))
        .onComplete(_ -> running = false)
        .onFailure(this::failed);
  }

  private boolean isDue() {
    try (var held = node.hold()) {
      var kv = held.state().kv();
      return rule.isDue(
          kv.records(),
          kv.index().count(ALL_KEYS, kv.revision()),
          kv.compactRevision(),
          System.nanoTime());
    }
  }

  private Future<?> begin(@Nullable StoreMeta meta) {
    if (meta == null) {
      return Future.succeededFuture();
    }
    rule.began(node.applied().kv().records(), meta.revision(), System.nanoTime());
    var saving = vertx.executeBlocking(() -> write(meta), false);
    writing = saving;
    return saving.onSuccess(
        saved ->
            LOGGER
                .atInfo()
                .addKeyValue("revision", meta.revision())
                .addKeyValue("bytes", saved.bytes())
                .addKeyValue("took", saved.took())
                .log("saved index checkpoint"));
  }

  private Saved write(StoreMeta meta) throws DiskFaultException {
    var began = System.nanoTime();
    try (var writer = checkpoints.begin()) {
      try {
        writer.pace(new Pace());
        writer.header(meta);
        var summary = pages(writer, meta);
        var complete = writer.attachments(new Copy());
        var bytes = writer.finish(complete, summary);
        node.writer().awaitFlushed(complete.appliedIndex());
        writer.adopt();
        return new Saved(bytes, Duration.ofNanos(System.nanoTime() - began));
      } catch (DiskFaultException | RuntimeException fault) {
        abandon(writer, fault);
        throw fault;
      }
    }
  }

  /** A compaction that begins meanwhile waits for the pin before it takes anything away. */
  private IndexSummary pages(CheckpointWriter writer, StoreMeta begun) throws DiskFaultException {
    try (var pinned = node.pin().withoutIndex()) {
      if (pinned.state().kv().compactRevision() != begun.compactRevision()) {
        throw new CancellationException("a compaction was begun");
      }
      return writer.pages(() -> holdIndex(begun));
    }
  }

  /** The newest index; see {@link IndexViews}. */
  private IndexView holdIndex(StoreMeta begun) {
    checkGoesOn();
    var kv = node.hold().state().kv();
    InvariantViolation.check(
        kv.revision() >= begun.revision(), "the index is not older than what was said of it");
    if (kv.compactRevision() > begun.revision()) {
      kv.release();
      throw new CancellationException("history was compacted beyond it");
    }
    return kv.index();
  }

  private void checkGoesOn() {
    if (stopping) {
      throw new CancellationException("the node stops");
    }
  }

  private static void abandon(CheckpointWriter writer, Exception fault) {
    try {
      writer.abandon();
    } catch (DiskFaultException second) {
      fault.addSuppressed(second);
    }
  }

  /**
   * The checkpoint before is still there. A disk that failed is not tried again (P9), and a node
   * that is wrong about its own index stops.
   */
  private void failed(Throwable fault) {
    if (stopping) {
      return;
    }
    if (fault instanceof InvariantViolation
        || (fault instanceof DiskFaultException disk
            && disk.fault().kind() != DiskFault.Kind.NO_SPACE)) {
      onStateFault.accept(fault);
      return;
    }
    if (fault instanceof CancellationException) {
      rule.gaveUp();
      LOGGER.info("the index checkpoint is given up: {}; the one before stays", fault.getMessage());
      return;
    }
    LOGGER.warn("the index checkpoint could not be saved; the one before stays", fault);
  }

  /** Rests as long as the work since the last rest took. */
  private final class Pace implements Runnable {
    private long resumedNanos = System.nanoTime();

    @Override
    public void run() {
      checkGoesOn();
      var worked = System.nanoTime() - resumedNanos;
      LockSupport.parkNanos(Math.min(worked, LONGEST_PAUSE_NANOS));
      resumedNanos = System.nanoTime();
    }
  }

  /** Fetches slices from the store's loop. */
  private final class Copy implements Attachments {
    private final LeaseTable.Walk walk = new LeaseTable.Walk();

    @Override
    public Slice next() {
      var answer =
          vertx
              .eventBus()
              .<StoreBus.AttachmentsCopied>request(
                  StoreBus.COPY_ATTACHMENTS, new StoreBus.CopyAttachments(walk), PATIENT)
              .toCompletionStage()
              .toCompletableFuture()
              .join();
      return answer.body().slice();
    }
  }
}
