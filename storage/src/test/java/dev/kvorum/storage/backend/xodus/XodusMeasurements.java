package dev.kvorum.storage.backend.xodus;

import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.model.Bytes;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Prints how fast the engine is; asserts nothing, and the build does not run it: {@code mvn -pl
 * storage -am test -Dtest=XodusMeasurements -Dsurefire.failIfNoSpecifiedTests=false}.
 */
final class XodusMeasurements {
  private static final int RECORDS = 200_000;
  private static final int BATCH = 1_000;

  @TempDir Path temporary;

  @Test
  void printsRates() throws IOException {
    report("first open of this JVM, empty", timed(() -> XodusBackend.open(dir("first")).close()));
    for (var round = 0; round < 3; round++) {
      var empty = dir("empty-" + round);
      report("open and close, new directory", timed(() -> XodusBackend.open(empty).close()));
      report("open and close, empty store", timed(() -> XodusBackend.open(empty).close()));
      measureStore(dir("store-" + round));
    }
  }

  private static void measureStore(Path directory) {
    var random = new Random(1);
    try (var store = XodusBackend.open(directory)) {
      var start = System.nanoTime();
      for (var revision = 0; revision < RECORDS; revision += BATCH) {
        var batch = new WriteBatch();
        for (var number = revision; number < revision + BATCH; number++) {
          var value = new byte[300];
          random.nextBytes(value);
          batch.put(Bucket.KEY, revisionKey(number), Bytes.wrap(value));
        }
        batch.put(Bucket.META, Bytes.utf8("applied"), revisionKey(revision));
        store.commit(batch);
      }
      rate("puts of 300 B in batches of 1,000", System.nanoTime() - start);
      report("sync", timed(store::sync));
      System.out.printf(
          "  disk bytes for each logical byte: %.3f%n",
          store.sizeOnDiskBytes() / (RECORDS * 318.0));
      scan(store);
      scan(store);
      start = System.nanoTime();
      try (var view = store.openReadView()) {
        for (var number = 0; number < RECORDS; number++) {
          view.get(Bucket.KEY, revisionKey(random.nextInt(RECORDS)));
        }
      }
      rate("random gets", System.nanoTime() - start);
    }
    report("open and close, 200,000 records", timed(() -> XodusBackend.open(directory).close()));
    var before = heapBytes();
    try (var store = XodusBackend.open(directory)) {
      scan(store);
      System.out.printf(
          "%-40s %9d KiB%n", "heap of the open store, warm cache", (heapBytes() - before) >> 10);
    }
  }

  private static void scan(XodusBackend store) {
    var start = System.nanoTime();
    var count = new int[1];
    try (var view = store.openReadView()) {
      view.scan(
          Bucket.KEY,
          Bytes.EMPTY,
          (_, _) -> {
            count[0]++;
            return true;
          });
    }
    rate("scan of " + count[0], System.nanoTime() - start);
  }

  private Path dir(String name) {
    return temporary.resolve(name);
  }

  private static Bytes revisionKey(long number) {
    return Bytes.wrap(ByteBuffer.allocate(17).putLong(number).put((byte) '_').putLong(0).array());
  }

  private static long heapBytes() {
    for (var collection = 0; collection < 3; collection++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private static long timed(Runnable action) {
    var start = System.nanoTime();
    action.run();
    return System.nanoTime() - start;
  }

  private static void report(String what, long nanos) {
    System.out.printf("%-40s %9.1f ms%n", what, nanos / 1e6);
  }

  private static void rate(String what, long nanos) {
    System.out.printf("%-40s %,9.0f a second%n", what, RECORDS * 1e9 / nanos);
  }
}
