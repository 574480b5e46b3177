package dev.kvorum.storage.state;

import dev.kvorum.storage.backend.Backend;
import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.backend.xodus.XodusBackend;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.mvcc.MvccStore;
import dev.kvorum.storage.mvcc.RecordCodec;
import dev.kvorum.storage.mvcc.Records;
import dev.kvorum.storage.mvcc.StoreMeta;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/**
 * What a start costs that reads every record, part by part. Not a test: {@code java ...
 * LoadMeasurement 500000 [directory]}.
 */
final class LoadMeasurement {
  private static final int BATCH = 1_000;
  private static final Bytes VALUE = Bytes.wrap(new byte[256]);

  private LoadMeasurement() {}

  public static void main(String[] arguments) throws Exception {
    var records = Integer.parseInt(arguments[0]);
    var parent =
        Path.of(arguments.length > 1 ? arguments[1] : System.getProperty("java.io.tmpdir"));
    var directory = Files.createTempDirectory(parent, "load-measurement");
    try (var backend = XodusBackend.open(directory)) {
      fill(backend, records);
    }
    for (var round = 0; round < 3; round++) {
      try (var backend = XodusBackend.open(directory)) {
        report(
            "records read",
            records,
            () -> scan(backend, (key, value) -> key.size() + value.size() > 0));
        report(
            "read, checked and decoded",
            records,
            () ->
                scan(
                    backend,
                    (key, value) ->
                        !KeyValueCodec.decodeStored(RecordCodec.record(key, value))
                            .key()
                            .isEmpty()));
        report(
            "all, with the index built",
            records,
            () -> LoadedState.open(backend, IndexMemory.offHeap()));
      }
    }
  }

  private static void fill(Backend backend, int records) {
    var store = new MvccStore(IndexMemory.offHeap());
    var random = new Random(1);
    for (var made = 0; made < records; ) {
      var batch = new WriteBatch();
      for (var i = 0; i < BATCH; i++, made++) {
        var key =
            "/registry/pods/ns-%03d/%018x"
                .formatted(random.nextInt(1_000), random.nextLong())
                .getBytes(StandardCharsets.US_ASCII);
        var put = new Command.Put(Bytes.wrap(key), VALUE, 0, false, false, false);
        for (var write : store.apply(put, Records.NONE, _ -> false).writes()) {
          batch.put(Bucket.KEY, write.bucketKey(), write.bucketValue());
        }
      }
      batch.put(Bucket.META, StoreMeta.KEY, store.meta(made, 1).encode());
      backend.commit(batch);
    }
    backend.sync();
  }

  private static void scan(Backend backend, ReadView.Visitor visitor) {
    try (var view = backend.openReadView()) {
      view.scan(Bucket.KEY, Bytes.EMPTY, visitor);
    }
  }

  private static void report(String what, int records, Runnable work) {
    var cpu = ManagementFactory.getThreadMXBean();
    var wall = System.nanoTime();
    var began = cpu.getCurrentThreadCpuTime();
    work.run();
    System.out.printf(
        "%-28s %,8d ns of CPU a record, %,8d ns in all%n",
        what,
        (cpu.getCurrentThreadCpuTime() - began) / records,
        (System.nanoTime() - wall) / records);
  }
}
