package dev.kvorum.verticles.store;

import dev.kvorum.storage.backend.Backend;
import dev.kvorum.storage.backend.BackendException;
import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.HashKv;
import dev.kvorum.storage.mvcc.KvHash;
import dev.kvorum.storage.mvcc.RangePiece;
import dev.kvorum.storage.mvcc.RecordCodec;
import dev.kvorum.storage.watch.ChunkLimits;
import dev.kvorum.storage.watch.History;
import dev.kvorum.storage.watch.HistoryScan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Reads records that are not in memory, on threads that may block, many records a trip. The threads
 * are never interrupted: an interrupt would close the engine's files.
 */
public final class RecordReader implements AutoCloseable {
  private static final int READ_THREADS = 2;
  private static final long IDLE_SECONDS = 30;
  private static final long CLOSE_MILLIS = 100;

  /** Records a read view of the engine is kept open for. */
  private static final int CHUNK_RECORDS = 10_000;

  /** Records that are hashed between two rests: about two milliseconds. */
  private static final int PIECE_RECORDS = 1_000;

  private final Backend backend;
  private final RecordMemory memory;
  private final Consumer<Throwable> onFault;

  /** For clients' cold reads. */
  private final ThreadPoolExecutor reads;

  /** For long answers, whose many pieces nobody else's read should wait behind. */
  private final ThreadPoolExecutor ranges;

  /** For what applying the log waits for; behind nobody else's work. */
  private final ThreadPoolExecutor log;

  /** For hashes, which take as long as the store is large. */
  private final ThreadPoolExecutor jobs;

  private final AtomicLong openViews = new AtomicLong();

  /**
   * @param onFault is told when a record cannot be read or is not what was written; called on a
   *     pool thread, and the read that met it is never answered
   */
  public RecordReader(Backend backend, RecordMemory memory, Consumer<Throwable> onFault) {
    this.backend = backend;
    this.memory = memory;
    this.onFault = onFault;
    reads = pool("kvorum-read-", READ_THREADS);
    ranges = pool("kvorum-read-range-", READ_THREADS);
    log = pool("kvorum-read-log-", 1);
    jobs = pool("kvorum-read-job-", 1);
  }

  private static ThreadPoolExecutor pool(String name, int threads) {
    var pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().name(name, 0).factory());
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  /** The record, if it needs no disk. */
  public @Nullable Bytes inMemory(Revision revision) {
    return memory.find(revision);
  }

  /**
   * Reads records that memory did not have. Hold a pin from before the view was read until the
   * answer, or a compaction may remove them.
   *
   * @param loop where the answer is to be given
   * @param answer gets every record asked for
   */
  public void fetch(
      List<Revision> revisions, Executor loop, Consumer<Map<Revision, Bytes>> answer) {
    fetch(reads, revisions, loop, answer);
  }

  /** The same for records that the log waits for. */
  public void fetchForLog(
      List<Revision> revisions, Executor loop, Consumer<Map<Revision, Bytes>> answer) {
    fetch(log, revisions, loop, answer);
  }

  private void fetch(
      Executor pool,
      List<Revision> revisions,
      Executor loop,
      Consumer<Map<Revision, Bytes>> answer) {
    run(
        pool,
        () -> {
          var found = read(revisions);
          loop.execute(() -> answer.accept(found));
        });
  }

  /** Runs a short job of a long answer; it may block, and read here. */
  public void runOfRange(Runnable job) {
    run(ranges, job);
  }

  /**
   * Reads records that memory did not have, on the calling thread, which may block. They are not
   * kept for the next reader: an answer that is long enough to be made here would leave nothing
   * else in the cache.
   */
  public Map<Revision, Bytes> readNow(List<Revision> revisions) {
    var found = HashMap.<Revision, Bytes>newHashMap(revisions.size());
    var ascending = revisions.stream().sorted().toList();
    read(
        ascending.stream().map(RecordCodec::bucketKey).toList(),
        (at, serialized) -> found.put(ascending.get(at), Bytes.wrap(serialized.toArray())));
    return found;
  }

  /** Runs a job that reads the backend at length. */
  public void run(Runnable job) {
    run(jobs, job);
  }

  private void run(Executor pool, Runnable job) {
    pool.execute(
        () -> {
          try {
            job.run();
          } catch (RuntimeException | Error fault) {
            onFault.accept(fault);
          }
        });
  }

  /** Views of the backend that are open now. */
  public long openViews() {
    return openViews.get();
  }

  private ReadView open() {
    var view = backend.openReadView();
    openViews.incrementAndGet();
    return new ReadView() {
      @Override
      public @Nullable Bytes get(Bucket bucket, Bytes key) {
        return view.get(bucket, key);
      }

      @Override
      public void getAll(Bucket bucket, List<Bytes> keys, Found found) {
        view.getAll(bucket, keys, found);
      }

      @Override
      public void scan(Bucket bucket, Bytes from, Visitor visitor) {
        view.scan(bucket, from, visitor);
      }

      @Override
      public void close() {
        openViews.decrementAndGet();
        view.close();
      }
    };
  }

  /** Uses a view of the backend on the calling thread, which may block. */
  public void view(Consumer<ReadView> use) {
    try (var view = open()) {
      use.accept(view);
    }
  }

  /** Hashes history on the calling thread, which may block; each chunk on a view of its own. */
  public KvHash hash(HashKv hash) {
    return hash(hash, CHUNK_RECORDS, _ -> 0);
  }

  /**
   * The same for somebody who can wait.
   *
   * @param restNanos how long to rest after a piece of work that took so many nanoseconds
   */
  KvHash hash(HashKv hash, LongUnaryOperator restNanos) {
    return hash(hash, PIECE_RECORDS, restNanos);
  }

  private KvHash hash(HashKv hash, int records, LongUnaryOperator restNanos) {
    while (true) {
      var began = System.nanoTime();
      try (var view = open()) {
        if (hash.step(view, records)) {
          return hash.result();
        }
      }
      LockSupport.parkNanos(restNanos.applyAsLong(System.nanoTime() - began));
    }
  }

  /**
   * Reads what happened from there on, a chunk of it. Hold a pin until the history is used up.
   *
   * @param awaitFlushed blocks until the backend shows everything up to the pinned state; called on
   *     a pool thread if the backend has nothing to tell yet
   */
  public void history(
      Revision from,
      ChunkLimits limits,
      Runnable awaitFlushed,
      Executor loop,
      Consumer<History> answer) {
    run(
        reads,
        () -> {
          var found = history(from, limits);
          if (found.to() < from.main()) {
            awaitFlushed.run();
            found = history(from, limits);
          }
          var complete = found;
          loop.execute(() -> answer.accept(complete));
        });
  }

  private History history(Revision from, ChunkLimits limits) {
    try (var view = open()) {
      return HistoryScan.scan(view, from, limits);
    }
  }

  private Map<Revision, Bytes> read(List<Revision> revisions) {
    var found = readNow(revisions);
    found.forEach(memory::loaded);
    return found;
  }

  /**
   * Puts the records of a piece into their places. Reads those that the backend shows on the
   * calling thread, which may block, and keeps none of them for the next reader: an answer that is
   * long enough to be made here would leave nothing else in the cache, and is no faster with it.
   */
  public void fill(RangePiece piece) {
    var numbers = piece.byRevision();
    var cold = 0;
    // What the tail has lost by now is in the backend, and the view of it is opened later.
    var isTailEmpty = memory.isTailEmpty();
    for (var number : numbers) {
      var inTail = isTailEmpty ? null : memory.inTail(piece.revision(number));
      if (inTail == null) {
        numbers[cold++] = number;
      } else {
        piece.put(number, inTail);
      }
    }
    var keys = new ArrayList<Bytes>(cold);
    for (var i = 0; i < cold; i++) {
      keys.add(RecordCodec.bucketKey(piece.revision(numbers[i])));
    }
    read(keys, (at, serialized) -> piece.put(numbers[at], serialized));
  }

  /** Takes the records one after the other, each until the method returns. */
  private interface Taker {
    void take(int number, Bytes serialized);
  }

  /**
   * Reads the records of these keys of their bucket; fast where the keys ascend.
   *
   * @param keys not changed meanwhile
   */
  private void read(List<Bytes> keys, Taker taker) {
    if (keys.isEmpty()) {
      return;
    }
    try (var view = open()) {
      view.getAll(
          Bucket.KEY,
          keys,
          (at, value) -> {
            var key = keys.get(at);
            if (value == null) {
              throw new BackendException(
                  "the record of revision " + RecordCodec.id(key).revision() + " is missing");
            }
            taker.take(at, RecordCodec.record(key, value));
          });
    }
  }

  /** Takes nothing new and lets the threads end; waits a moment for what runs. */
  @Override
  public void close() {
    for (var pool : List.of(reads, ranges, log, jobs)) {
      pool.shutdown();
    }
    try {
      for (var pool : List.of(reads, ranges, log, jobs)) {
        var _ = pool.awaitTermination(CLOSE_MILLIS, TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
