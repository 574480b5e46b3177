package dev.kvorum.verticles.store;

import dev.kvorum.raft.verticle.RaftBus;
import dev.kvorum.storage.backend.Backend;
import dev.kvorum.storage.backend.BackendException;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.disk.DiskFault;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.snapshot.SnapshotDamagedException;
import dev.kvorum.storage.journal.snapshot.Snapshots;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.mvcc.CorruptRecordException;
import dev.kvorum.storage.state.StateSnapshot;
import dev.kvorum.verticles.service.NodeContext;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes full snapshot files in the background when Raft finds the journal long enough, deletes
 * those that a newer one made useless, and tells Raft when most of what the newest one holds was
 * deleted. One job at a time, on a thread that may block.
 */
public final class SnapshotVerticle extends VerticleBase {
  private static final Logger LOGGER = LoggerFactory.getLogger(SnapshotVerticle.class);

  private static final long LOOK_MILLIS = 10_000;

  /**
   * No snapshot is begun sooner. A journal that was long when the last life ended asks for one at
   * once, and a start has better things to do: all code is cold, and clients come back together.
   */
  private static final long NOT_BEFORE_MILLIS = 15_000;

  private final NodeContext node;
  private final Backend backend;
  private final Snapshots snapshots;
  private final Bytes membership;
  private final Consumer<Throwable> onStateFault;
  private final ShrunkData shrunk = new ShrunkData();

  private final long startedNanos = System.nanoTime();

  /** The size of the newest snapshot file. */
  private long newestBytes;

  /** A file that was written, and its size. */
  private record Written(EntryId position, long bytes) {}

  /**
   * @param membership who takes part, opaque here, for the snapshots' headers
   * @param onStateFault hears when the state store cannot be read or is not what was written, and
   *     when the disk of the snapshots failed for good
   */
  public SnapshotVerticle(
      NodeContext node,
      Backend backend,
      Snapshots snapshots,
      Bytes membership,
      Consumer<Throwable> onStateFault) {
    this.node = node;
    this.backend = backend;
    this.snapshots = snapshots;
    this.membership = membership;
    this.onStateFault = onStateFault;
  }

  @Override
  public Future<?> start() {
    var bus = vertx.eventBus();
    bus.<RaftBus.TakeSnapshot>localConsumer(RaftBus.TAKE_SNAPSHOT, _ -> takeInTime());
    bus.<RaftBus.DropSnapshots>localConsumer(
        RaftBus.DROP_SNAPSHOTS, message -> drop(message.body().below()));
    vertx.setPeriodic(LOOK_MILLIS, _ -> look());
    return vertx
        .executeBlocking(snapshots::newestBytes)
        .onSuccess(bytes -> newestBytes = bytes)
        .mapEmpty();
  }

  private void look() {
    if (shrunk.isSeen(newestBytes, node.applied().inUseBytes())) {
      vertx.eventBus().send(RaftBus.DATA_SHRANK, new RaftBus.DataShrank());
    }
  }

  private void takeInTime() {
    var age = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startedNanos);
    if (age < NOT_BEFORE_MILLIS) {
      vertx.setTimer(NOT_BEFORE_MILLIS - age, _ -> take());
    } else {
      take();
    }
  }

  private void take() {
    var pinned = node.pin().withoutIndex();
    vertx
        .<Written>executeBlocking(() -> write(pinned.state().appliedIndex()))
        .onComplete(
            written -> {
              pinned.close();
              if (written.succeeded()) {
                newestBytes = written.result().bytes();
                saved(written.result().position());
              } else {
                failed(written.cause());
              }
            });
  }

  private Written write(long appliedIndex) throws DiskFaultException, SnapshotDamagedException {
    node.writer().awaitFlushed(appliedIndex);
    var header = StateSnapshot.write(backend, membership, snapshots);
    return new Written(header.position(), snapshots.newestBytes());
  }

  private void saved(EntryId position) {
    LOGGER
        .atInfo()
        .addKeyValue("snapshot-index", position.index())
        .addKeyValue("snapshot-term", position.term())
        .log("saved snapshot");
    var liveBytes = node.applied().inUseBytes();
    vertx.eventBus().send(RaftBus.SNAPSHOT_ENDED, new RaftBus.SnapshotEnded(position, liveBytes));
  }

  /**
   * Without space nothing is lost: the journal and the older snapshot still hold everything. A
   * state store that cannot be read must not be served from, and a disk that failed is not tried
   * again (P9).
   */
  private void failed(Throwable fault) {
    if (fault instanceof CorruptRecordException
        || fault instanceof BackendException
        || (fault instanceof DiskFaultException disk && isFinal(disk.fault().kind()))) {
      onStateFault.accept(fault);
      return;
    }
    LOGGER.error("the snapshot could not be saved; the journal is kept", fault);
    vertx.eventBus().send(RaftBus.SNAPSHOT_ENDED, new RaftBus.SnapshotEnded(null, 0));
  }

  private static boolean isFinal(DiskFault.Kind kind) {
    return kind == DiskFault.Kind.WRITE || kind == DiskFault.Kind.SYNC;
  }

  private void drop(EntryId below) {
    vertx
        .executeBlocking(
            () -> {
              snapshots.deleteBelow(below);
              return below;
            })
        .onFailure(fault -> LOGGER.warn("older snapshot files could not be deleted", fault));
  }
}
