package dev.kvorum.simulator.world;

import dev.kvorum.simulator.engine.Scheduler;
import dev.kvorum.simulator.plan.Tuning;
import dev.kvorum.storage.backend.memory.MemoryBackend;
import dev.kvorum.storage.mvcc.StoreMeta;
import dev.kvorum.verticles.stage.Flush;
import dev.kvorum.verticles.stage.FlushBatch;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What writes a member's state store, behind everything that was acknowledged: it lets flushes
 * collect, commits them in one transaction, and syncs now and then.
 */
final class StateDisk extends Actor {
  /** Hears what was written; as an event of the member's logic. */
  interface Listener {
    void flushed(FlushBatch batch);

    void synced(StoreMeta meta);
  }

  private static final int FLUSH = 0;
  private static final int SYNC = 1;
  private static final long SOON_NANOS = 200_000;

  private final MemoryBackend backend;
  private final Tuning tuning;
  private final Listener listener;
  private final List<Flush> queue = new ArrayList<>();
  private boolean flushing;
  private boolean syncing;
  private long flushedIndex;
  private @Nullable StoreMeta unsynced;

  StateDisk(
      Scheduler scheduler,
      MemoryBackend backend,
      Tuning tuning,
      long flushedIndex,
      Listener listener) {
    super(scheduler);
    this.backend = backend;
    this.tuning = tuning;
    this.flushedIndex = flushedIndex;
    this.listener = listener;
  }

  MemoryBackend backend() {
    return backend;
  }

  /** What the backend shows. */
  long flushedIndex() {
    return flushedIndex;
  }

  void submit(Flush flush) {
    queue.add(flush);
    if (!flushing) {
      flushing = true;
      later(tuning.stateFlushNanos(), FLUSH, 0, null);
    }
  }

  /** The store waits for room in memory: what was submitted is written without waiting for more. */
  void flushSoon() {
    later(SOON_NANOS, FLUSH, 0, null);
  }

  /** Writes down at once what was submitted; for whoever must read it in the backend. */
  void flushNow() {
    if (!queue.isEmpty()) {
      var batch = FlushBatch.of(queue);
      queue.clear();
      backend.commit(batch.batch());
      flushedIndex = batch.meta().appliedIndex();
      unsynced = batch.meta();
      if (!syncing) {
        syncing = true;
        later(tuning.stateSyncNanos(), SYNC, 0, null);
      }
      listener.flushed(batch);
    }
  }

  @Override
  boolean loses(int kind) {
    return false;
  }

  @Override
  void lost(int kind) {}

  @Override
  void happen(int kind, long argument, @Nullable Object payload) {
    if (kind == FLUSH) {
      flushing = false;
      flushNow();
    } else {
      syncing = false;
      var meta = unsynced;
      if (meta != null) {
        unsynced = null;
        backend.sync();
        listener.synced(meta);
      }
    }
  }
}
