package dev.kvorum.storage.backend.xodus;

import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import jetbrains.exodus.env.EnvironmentImpl;
import jetbrains.exodus.env.Environments;
import jetbrains.exodus.env.StoreConfig;
import jetbrains.exodus.env.Transaction;
import jetbrains.exodus.io.DataReaderWriterProvider;
import jetbrains.exodus.io.DataWriter;
import jetbrains.exodus.log.LogConfig;

/**
 * One opening of the engine on a directory. The interface has no way to sync; the class behind it
 * does.
 */
record Engine(
    EnvironmentImpl environment,
    EnumMap<Bucket, XodusBucket> buckets,
    DeferredSync writer,
    PageRounds rounds,
    TreePages pages) {
  private static final String PARTS_STORE = "parts";

  /**
   * Opens the directory, which is there.
   *
   * @param disk stands between the engine and its files; tests make it fail
   */
  static Engine open(
      Path directory, XodusSettings settings, LogFiles logFiles, UnaryOperator<DataWriter> disk) {
    var files =
        new LogConfig()
            .setLocation(directory.toString())
            .setReaderWriterProvider(DataReaderWriterProvider.DEFAULT_READER_WRITER_PROVIDER);
    var reader = files.getReader();
    var writer = new DeferredSync(disk.apply(files.getWriter()), logFiles);
    files.setReaderWriter(reader, writer);
    EnvironmentImpl environment;
    try {
      environment = (EnvironmentImpl) Environments.newInstance(files, settings.toConfig());
    } catch (RuntimeException | Error failed) {
      // The engine leaves its lock behind when it fails to open.
      writer.release();
      throw failed;
    }
    try {
      var buckets = environment.computeInExclusiveTransaction(at -> openBuckets(environment, at));
      var rounds = new PageRounds(environment.getLog(), settings.cacheBytes());
      return new Engine(
          environment, buckets, writer, rounds, new TreePages(Runtime.getRuntime().maxMemory()));
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

  XodusBucket bucket(Bucket bucket) {
    return InvariantViolation.present(buckets.get(bucket), "every bucket is opened");
  }

  /** What the store says about itself: the applied index and all else that changes with it. */
  Map<Bytes, Bytes> meta() {
    var transaction = environment.beginReadonlyTransaction();
    try (var cursor = bucket(Bucket.META).openCursor(transaction)) {
      var meta = new TreeMap<Bytes, Bytes>();
      while (cursor.getNext()) {
        var key = XodusBucket.bytes(cursor.getKey());
        meta.put(
            key, bucket(Bucket.META).value(transaction, key, XodusBucket.bytes(cursor.getValue())));
      }
      return meta;
    } finally {
      transaction.abort();
    }
  }
}
