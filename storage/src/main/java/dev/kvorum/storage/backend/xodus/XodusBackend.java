package dev.kvorum.storage.backend.xodus;

import dev.kvorum.storage.backend.Backend;
import dev.kvorum.storage.backend.BackendException;
import dev.kvorum.storage.backend.BackendFullException;
import dev.kvorum.storage.backend.FailStop;
import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.backend.WriteBatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.UnaryOperator;
import jetbrains.exodus.env.ReadonlyTransaction;
import jetbrains.exodus.io.DataWriter;

/**
 * The state store on disk, in a directory of its own. One thread commits and syncs; read views are
 * opened by any thread.
 *
 * <p><b>Without space.</b> A commit that finds none is rolled back by the engine, which cuts its
 * log where the transaction began; readers never saw it, and go on. The engine is not believed to
 * have done that well: before the next commit, and when there is space, it is closed and opened
 * again, which reads its log from the disk, and what it then says about itself, the applied index
 * above all, must be what it said before. Otherwise it has failed like any other failed engine.
 *
 * <p>Xodus logs through SLF4J under {@code jetbrains.exodus}: openings and removed files at INFO,
 * and at ERROR what the caller gets as an exception as well. WARN is the level to run it at.
 */
public final class XodusBackend implements Backend {
  /**
   * What must be free, beside twice the batch, before the engine is tried again after it found no
   * space: what a commit writes for the tree's pages, and a little for everybody else.
   */
  private static final long ROOM_BYTES = 4L << 20;

  /** How long opening again waits for views; readers that come meanwhile wait behind it. */
  private static final long VIEWS_WAIT_MILLIS = 500;

  private final Path directory;
  private final XodusSettings settings;
  private final UnaryOperator<DataWriter> disk;
  private final FailStop failStop;
  private final LogFiles logFiles;

  /** Held by each open view for reading, and for writing while the engine is opened again. */
  private final ReentrantReadWriteLock opening = new ReentrantReadWriteLock();

  private volatile Engine engine;
  private boolean closed;

  private XodusBackend(
      Path directory,
      XodusSettings settings,
      UnaryOperator<DataWriter> disk,
      FailStop failStop,
      LogFiles logFiles,
      Engine engine) {
    this.directory = directory;
    this.settings = settings;
    this.disk = disk;
    this.failStop = failStop;
    this.logFiles = logFiles;
    this.engine = engine;
  }

  /**
   * Opens the store in the directory, which is created when it is missing.
   *
   * @throws BackendException when the directory does not hold a store that can be read; nothing was
   *     changed in it but for a torn tail that was cut off
   * @throws BackendFullException when opening needs space that is not there, which says nothing
   *     about the store
   */
  public static XodusBackend open(Path directory) {
    return open(directory, XodusSettings.SERVER);
  }

  static XodusBackend open(Path directory, XodusSettings settings) {
    return open(directory, settings, UnaryOperator.identity());
  }

  static XodusBackend open(Path directory, XodusSettings settings, UnaryOperator<DataWriter> disk) {
    var failStop = new FailStop("state store " + directory);
    return failStop.call(
        "open",
        () -> {
          var logFiles = new LogFiles(directory);
          var engine = openEngine(directory, settings, logFiles, disk);
          return new XodusBackend(directory, settings, disk, failStop, logFiles, engine);
        });
  }

  private static Engine openEngine(
      Path directory, XodusSettings settings, LogFiles logFiles, UnaryOperator<DataWriter> disk) {
    try {
      Files.createDirectories(directory);
      return Engine.open(directory, settings, logFiles, disk);
    } catch (IOException | RuntimeException failed) {
      if (NoSpace.isCauseOf(failed)) {
        throw new BackendFullException("no space to open " + directory, failed);
      }
      throw new BackendException("cannot open " + directory, failed);
    }
  }

  @Override
  public void commit(WriteBatch batch) {
    checkOpen();
    failStop.run(
        "commit of " + batch.changes().size() + " changes",
        () -> {
          if (engine.writer().ranOutOfSpace()) {
            openAgain(bytes(batch));
          }
          orFull("commit", () -> commitTo(engine, batch));
        });
  }

  private static long bytes(WriteBatch batch) {
    var bytes = 0L;
    for (var change : batch.changes()) {
      var value = change.value();
      bytes += change.key().size() + (value == null ? 0 : value.size());
    }
    return bytes;
  }

  private static void commitTo(Engine engine, WriteBatch batch) {
    // Exclusive, so that the cleaner never makes this transaction one that has to be repeated.
    var transaction = engine.environment().beginExclusiveTransaction();
    try {
      for (var change : batch.changes()) {
        var bucket = engine.bucket(change.bucket());
        if (change.value() == null) {
          bucket.delete(transaction, change.key());
        } else {
          bucket.put(transaction, change.key(), change.value());
        }
      }
      if (!transaction.commit()) {
        throw new BackendException("an exclusive transaction met a conflict");
      }
      engine.rounds().committed();
    } finally {
      if (!transaction.isFinished()) {
        transaction.abort();
      }
    }
  }

  private void orFull(String what, Runnable write) {
    try {
      write.run();
    } catch (RuntimeException failed) {
      if (engine.writer().ranOutOfSpace() && NoSpace.isCauseOf(failed)) {
        throw new BackendFullException(
            "state store " + directory + ": no space to " + what, failed);
      }
      throw failed;
    }
  }

  /** Puts a new opening of the engine in the place of one that found no space. */
  private void openAgain(long batchBytes) {
    var room = usableBytes();
    var needed = ROOM_BYTES + 2 * batchBytes;
    if (room < needed) {
      throw new BackendFullException(
          "state store %s: %d bytes are free, %d are needed".formatted(directory, room, needed));
    }
    lockOutViews();
    try {
      var before = engine.meta();
      closeQuietly(engine);
      var opened = openEngine(directory, settings, logFiles, disk);
      engine = opened;
      if (!opened.meta().equals(before)) {
        throw new BackendException("after it ran out of space it came back in another state");
      }
    } finally {
      opening.writeLock().unlock();
    }
  }

  private void lockOutViews() {
    try {
      if (!opening.writeLock().tryLock(VIEWS_WAIT_MILLIS, TimeUnit.MILLISECONDS)) {
        throw new BackendFullException("state store " + directory + ": readers are still at work");
      }
    } catch (InterruptedException interrupt) {
      throw new IllegalStateException("nobody interrupts who writes the store", interrupt);
    }
  }

  private long usableBytes() {
    try {
      return Files.getFileStore(directory).getUsableSpace();
    } catch (IOException failed) {
      throw new BackendException("cannot see how much space there is", failed);
    }
  }

  /** What it says is checked when it is open again; how it ended does not matter. */
  private static void closeQuietly(Engine engine) {
    try {
      engine.environment().close();
    } catch (RuntimeException _) {
      engine.writer().close();
      engine.writer().release();
    }
  }

  @Override
  public void sync() {
    checkOpen();
    failStop.run(
        "sync",
        () -> {
          if (engine.writer().ranOutOfSpace()) {
            openAgain(0);
          }
          orFull("sync", () -> engine.environment().flushAndSync());
          logFiles.force();
        });
  }

  @Override
  public ReadView openReadView() {
    checkOpen();
    // Released when the view is closed, on this thread.
    opening.readLock().lock();
    try {
      return failStop.call(
          "opening a view",
          () -> {
            var current = engine;
            return new XodusReadView(
                failStop,
                current.buckets(),
                (ReadonlyTransaction) current.environment().beginReadonlyTransaction(),
                current.pages(),
                () -> opening.readLock().unlock());
          });
    } catch (RuntimeException failed) {
      opening.readLock().unlock();
      throw failed;
    }
  }

  @Override
  public long sizeOnDiskBytes() {
    return failStop.call("size", logFiles::sizeBytes);
  }

  /** Releases the directory. What was committed stays; only a sync makes it durable. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      engine.environment().close();
    } catch (RuntimeException failed) {
      if (!failStop.hasFailed() && !engine.writer().ranOutOfSpace()) {
        throw new BackendException("state store " + directory + ": close failed", failed);
      }
    }
  }

  /** Where the store's files are. */
  public Path directory() {
    return directory;
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the state store is closed");
    }
  }
}
