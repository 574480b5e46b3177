package dev.kvorum.verticles.store;

import dev.kvorum.storage.backend.Backend;
import dev.kvorum.storage.backend.BackendFullException;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.StoreMeta;
import dev.kvorum.verticles.stage.Flush;
import dev.kvorum.verticles.stage.FlushBatch;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that writes the backend, in the order of the log and behind the acknowledgement.
 *
 * <p>A transaction of the engine costs much the same for one record and for a thousand, and nobody
 * waits for it, so the writer lets changes collect for a moment before it takes all that are there.
 * It never syncs for a client's sake; it syncs when much was written or some time has passed, so
 * that the journal behind the synced index can be released.
 *
 * <p>Without space it waits and tries again each second (P15). What it has not written stays in
 * memory and in the journal; how much that may become is for those who accept requests, who ask
 * {@link #isBehindFullDisk}.
 */
public final class BackendWriter implements AutoCloseable {
  private static final long LINGER_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final int FULL_RECORDS = 8_000;
  private static final long FULL_BYTES = 4L << 20;
  private static final long LARGEST_TRANSACTION_BYTES = 16L << 20;

  /** A transaction is built as objects, which must not fill the heap. */
  private static final int LARGEST_TRANSACTION_CHANGES = 20_000;

  private static final long SYNC_BYTES = 64L << 20;
  private static final long SYNC_AFTER_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final long SPACE_RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Changes without a record, deletions above all, weigh on no other bound. */
  private static final int MOST_WAITING_RECORDS = 200_000;

  /** Hears what the thread did; called on the thread. */
  public interface Listener {
    /** Readers that open a view from now on find these records in the backend. */
    void flushed(List<Revision> records, long appliedIndex, long tookNanos);

    /** The backend holds everything up to this position, durably. */
    void synced(StoreMeta meta);

    /** There is no space; called once, and then {@link #spaceFound} when writing goes on. */
    void spaceMissing(BackendFullException full);

    /** Writing goes on. */
    void spaceFound();

    /** The backend cannot be written; the thread has ended. */
    void failed(Throwable fault);
  }

  private final Backend backend;
  private final Listener listener;
  private final Thread thread;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition wakeUp = lock.newCondition();
  private final Condition caughtUp = lock.newCondition();
  private final ArrayDeque<Flush> queue = new ArrayDeque<>();
  private int queuedRecords;

  /** Of them those that are removed. */
  private int queuedRemovals;

  private long queuedBytes;
  private boolean urgent;
  private boolean closing;
  private boolean ended;
  private long flushedIndex;
  private volatile boolean waitsForSpace;

  public BackendWriter(Backend backend, long flushedIndex, Listener listener) {
    this.backend = backend;
    this.flushedIndex = flushedIndex;
    this.listener = listener;
    thread = Thread.ofPlatform().name("kvorum-backend-writer").unstarted(this::run);
  }

  public void start() {
    thread.start();
  }

  /** Queues changes; they reach the backend in the order of these calls. */
  public void submit(Flush flush) {
    lock.lock();
    try {
      queue.add(flush);
      queuedRecords += flush.records().size() + flush.removals().size();
      queuedRemovals += flush.removals().size();
      queuedBytes += bytes(flush);
      if (queue.size() == 1 || isFull()) {
        wakeUp.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Blocks until the backend shows everything up to that index. Never on an event loop. */
  public void awaitFlushed(long appliedIndex) {
    lock.lock();
    try {
      while (flushedIndex < appliedIndex && !ended) {
        urgent = true;
        wakeUp.signal();
        caughtUp.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether so few removals wait that more may come, which can as well come later. */
  public boolean hasRoomForRemovals() {
    lock.lock();
    try {
      return queuedRemovals < FULL_RECORDS;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Whether the disk is full and as much waits for it as may.
   *
   * @param isTailFull whether as many records are in memory as may be that the backend does not
   *     show
   */
  public boolean isBehindFullDisk(boolean isTailFull) {
    if (!waitsForSpace) {
      return false;
    }
    if (isTailFull) {
      return true;
    }
    lock.lock();
    try {
      return queuedRecords > MOST_WAITING_RECORDS;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Flushes and syncs what was submitted, then ends the thread. Blocks. Without space it ends as it
   * is: the journal has the rest.
   */
  @Override
  public void close() {
    lock.lock();
    try {
      closing = true;
      wakeUp.signal();
    } finally {
      lock.unlock();
    }
    var interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isFull() {
    return queuedRecords >= FULL_RECORDS || queuedBytes >= FULL_BYTES;
  }

  private void run() {
    try {
      loop();
    } catch (RuntimeException | Error fault) {
      listener.failed(fault);
    } finally {
      lock.lock();
      try {
        ended = true;
        caughtUp.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  private void loop() {
    var unsyncedBytes = 0L;
    var unsyncedSince = 0L;
    @Nullable StoreMeta unsynced = null;
    while (true) {
      var taken = take(unsynced == null ? Long.MAX_VALUE : unsyncedSince + SYNC_AFTER_NANOS);
      if (!taken.isEmpty()) {
        if (unsynced == null) {
          unsyncedSince = System.nanoTime();
        }
        var bytes = commit(taken);
        if (bytes < 0) {
          return;
        }
        unsyncedBytes += bytes;
        unsynced = taken.getLast().meta();
      }
      var ending = taken.isEmpty() && isClosing();
      if (unsynced != null
          && (ending
              || unsyncedBytes >= SYNC_BYTES
              || System.nanoTime() - unsyncedSince >= SYNC_AFTER_NANOS)) {
        if (!whenThereIsSpace(backend::sync)) {
          return;
        }
        listener.synced(unsynced);
        unsynced = null;
        unsyncedBytes = 0;
      }
      if (ending) {
        return;
      }
    }
  }

  private boolean isClosing() {
    lock.lock();
    try {
      return closing;
    } finally {
      lock.unlock();
    }
  }

  /** Everything that is queued, once it is worth a transaction; nothing at the deadline. */
  private List<Flush> take(long syncDeadlineNanos) {
    lock.lock();
    try {
      var lingerUntil = 0L;
      while (true) {
        var now = System.nanoTime();
        if (!queue.isEmpty()) {
          if (lingerUntil == 0) {
            lingerUntil = now + LINGER_NANOS;
          }
          if (urgent || closing || isFull() || now - lingerUntil >= 0) {
            return takeSome();
          }
        } else if (closing) {
          return List.of();
        }
        var deadline = queue.isEmpty() ? syncDeadlineNanos : lingerUntil;
        if (deadline != Long.MAX_VALUE && now - deadline >= 0) {
          return List.of();
        }
        if (deadline == Long.MAX_VALUE) {
          wakeUp.awaitUninterruptibly();
        } else {
          var _ = wakeUp.awaitNanos(deadline - now);
        }
      }
    } catch (InterruptedException interrupt) {
      throw new IllegalStateException("the backend writer is never interrupted", interrupt);
    } finally {
      lock.unlock();
    }
  }

  /** What one transaction may hold; the rest is taken next. */
  private List<Flush> takeSome() {
    var taken = new ArrayList<Flush>();
    var bytes = 0L;
    var changes = 0;
    while (!queue.isEmpty()
        && bytes < LARGEST_TRANSACTION_BYTES
        && changes < LARGEST_TRANSACTION_CHANGES) {
      var flush = queue.removeFirst();
      taken.add(flush);
      changes += flush.records().size() + flush.removals().size();
      queuedRemovals -= flush.removals().size();
      bytes += bytes(flush);
    }
    queuedRecords -= changes;
    queuedBytes -= bytes;
    urgent = urgent && !queue.isEmpty();
    return taken;
  }

  private static long bytes(Flush flush) {
    var bytes = 0L;
    for (var write : flush.records()) {
      bytes += write.record().size();
    }
    return bytes;
  }

  /** Commits in one transaction and says how many bytes; -1 if the writer is closed meanwhile. */
  private long commit(List<Flush> flushes) {
    var began = System.nanoTime();
    var flush = FlushBatch.of(flushes);
    if (!whenThereIsSpace(() -> backend.commit(flush.batch()))) {
      return -1;
    }
    listener.flushed(flush.records(), flush.meta().appliedIndex(), System.nanoTime() - began);
    lock.lock();
    try {
      flushedIndex = flush.meta().appliedIndex();
      caughtUp.signalAll();
    } finally {
      lock.unlock();
    }
    return flush.recordBytes();
  }

  /** Does it, as often as it takes; false if the writer is closed before there is space. */
  private boolean whenThereIsSpace(Runnable write) {
    while (true) {
      try {
        write.run();
        break;
      } catch (BackendFullException full) {
        if (!waitsForSpace) {
          waitsForSpace = true;
          listener.spaceMissing(full);
        }
        if (!rest()) {
          return false;
        }
      }
    }
    if (waitsForSpace) {
      waitsForSpace = false;
      listener.spaceFound();
    }
    return true;
  }

  /** Waits until the next attempt is due; false when the writer is closed. */
  private boolean rest() {
    lock.lock();
    try {
      var left = SPACE_RETRY_NANOS;
      while (left > 0 && !closing) {
        left = wakeUp.awaitNanos(left);
      }
      return !closing;
    } catch (InterruptedException interrupt) {
      throw new IllegalStateException("the backend writer is never interrupted", interrupt);
    } finally {
      lock.unlock();
    }
  }
}
