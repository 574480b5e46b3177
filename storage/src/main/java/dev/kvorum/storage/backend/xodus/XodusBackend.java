package dev.kvorum.storage.backend.xodus;

import dev.kvorum.storage.backend.Backend;
import dev.kvorum.storage.backend.BackendException;
import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.FailStop;
import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.model.InvariantViolation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import jetbrains.exodus.env.EnvironmentImpl;
import jetbrains.exodus.env.Environments;
import jetbrains.exodus.env.StoreConfig;
import jetbrains.exodus.env.Transaction;
import jetbrains.exodus.io.DataReaderWriterProvider;
import jetbrains.exodus.log.LogConfig;

/**
 * The state store on disk, in a directory of its own. One thread commits and syncs; read views are
 * opened by any thread.
 *
 * <p>Xodus logs through SLF4J under {@code jetbrains.exodus}: openings and removed files at INFO,
 * and at ERROR what the caller gets as an exception as well. WARN is the level to run it at.
 */
public final class XodusBackend implements Backend {
  private static final String PARTS_STORE = "parts";

  private final Path directory;
  private final FailStop failStop;
  private final EnvironmentImpl environment;
  private final EnumMap<Bucket, XodusBucket> buckets;
  private final LogFiles logFiles;
  private boolean closed;

  private XodusBackend(
      Path directory,
      FailStop failStop,
      EnvironmentImpl environment,
      EnumMap<Bucket, XodusBucket> buckets,
      LogFiles logFiles) {
    this.directory = directory;
    this.failStop = failStop;
    this.environment = environment;
    this.buckets = buckets;
    this.logFiles = logFiles;
  }

  /**
   * Opens the store in the directory, which is created when it is missing.
   *
   * @throws BackendException when the directory does not hold a store that can be read; nothing was
   *     changed in it but for a torn tail that was cut off
   */
  public static XodusBackend open(Path directory) {
    return open(directory, XodusSettings.SERVER);
  }

  static XodusBackend open(Path directory, XodusSettings settings) {
    var failStop = new FailStop("state store " + directory);
    return failStop.call("open", () -> openGuarded(directory, settings, failStop));
  }

  private static XodusBackend openGuarded(
      Path directory, XodusSettings settings, FailStop failStop) {
    try {
      Files.createDirectories(directory);
    } catch (IOException failed) {
      throw new BackendException("cannot create " + directory, failed);
    }
    // The interface has no way to sync; the class behind it does.
    var logFiles = new LogFiles(directory);
    var files =
        new LogConfig()
            .setLocation(directory.toString())
            .setReaderWriterProvider(DataReaderWriterProvider.DEFAULT_READER_WRITER_PROVIDER);
    files.setReaderWriter(files.getReader(), new DeferredSync(files.getWriter(), logFiles));
    var environment = (EnvironmentImpl) Environments.newInstance(files, settings.toConfig());
    try {
      var buckets = environment.computeInExclusiveTransaction(at -> openBuckets(environment, at));
      return new XodusBackend(directory, failStop, environment, buckets, logFiles);
    } catch (RuntimeException | Error failed) {
      environment.close();
      throw failed;
    }
  }

  private static EnumMap<Bucket, XodusBucket> openBuckets(
      EnvironmentImpl environment, Transaction transaction) {
    var layout = StoreConfig.WITHOUT_DUPLICATES;
    var parts = environment.openStore(PARTS_STORE, layout, transaction);
    var buckets = new EnumMap<Bucket, XodusBucket>(Bucket.class);
    for (var bucket : Bucket.values()) {
      var store = environment.openStore(bucket.title(), layout, transaction);
      buckets.put(bucket, new XodusBucket(bucket, store, parts, transaction));
    }
    return buckets;
  }

  @Override
  public void commit(WriteBatch batch) {
    checkOpen();
    failStop.run("commit of " + batch.changes().size() + " changes", () -> commitGuarded(batch));
  }

  private void commitGuarded(WriteBatch batch) {
    // Exclusive, so that the cleaner never makes this transaction one that has to be repeated.
    var transaction = environment.beginExclusiveTransaction();
    try {
      for (var change : batch.changes()) {
        var bucket =
            InvariantViolation.present(buckets.get(change.bucket()), "every bucket is opened");
        if (change.value() == null) {
          bucket.delete(transaction, change.key());
        } else {
          bucket.put(transaction, change.key(), change.value());
        }
      }
      if (!transaction.commit()) {
        throw new BackendException("an exclusive transaction met a conflict");
      }
    } finally {
      if (!transaction.isFinished()) {
        transaction.abort();
      }
    }
  }

  @Override
  public void sync() {
    checkOpen();
    failStop.run(
        "sync",
        () -> {
          environment.flushAndSync();
          logFiles.force();
        });
  }

  @Override
  public ReadView openReadView() {
    checkOpen();
    return failStop.call(
        "opening a view",
        () -> new XodusReadView(failStop, buckets, environment.beginReadonlyTransaction()));
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
      environment.close();
    } catch (RuntimeException failed) {
      if (!failStop.hasFailed()) {
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
