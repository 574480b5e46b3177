package dev.kvorum.storage.index;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.Revision;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/**
 * Bytes a key and nanoseconds an operation of the index alone, on keys {@code /registry/<one of 10
 * kinds>/ns-<3 digits>/} with random hexadecimal digits up to 41 bytes, in random order. Not a
 * test: {@code java ... IndexMeasurement 100000 1000000}.
 */
final class IndexMeasurement {
  private static final String[] KINDS = {
    "pods",
    "configmaps",
    "secrets",
    "leases",
    "events",
    "services",
    "endpoints",
    "deployments",
    "jobs",
    "roles"
  };
  private static final int KEY_BYTES = 41;
  private static final int BATCH = 100;
  private static final KeyRange ALL = new KeyRange(Bytes.EMPTY, null);

  private final int keys;
  private final KeyIndex index = new KeyIndex(IndexMemory.offHeap());
  private long main = 1;

  private IndexMeasurement(int keys) {
    this.keys = keys;
  }

  public static void main(String[] arguments) {
    for (var argument : arguments) {
      new IndexMeasurement(Integer.parseInt(argument)).run();
    }
  }

  /** Time of this thread's own, which other processes do not lengthen. */
  private static long now() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  /** The key of that number; the same number gives the same key. */
  static Bytes key(long number) {
    var random = new Random(number * 0x9e3779b97f4a7c15L);
    var key = new StringBuilder(KEY_BYTES).append("/registry/");
    key.append(KINDS[random.nextInt(KINDS.length)]).append("/ns-");
    key.append(100 + random.nextInt(900)).append('/');
    while (key.length() < KEY_BYTES) {
      key.append(Character.forDigit(random.nextInt(16), 16));
    }
    return Bytes.wrap(key.toString().getBytes(StandardCharsets.US_ASCII));
  }

  private void run() {
    var made = new Bytes[Math.min(keys, 1_000_000)];
    for (var i = 0; i < made.length; i++) {
      made[i] = key(i);
    }
    var began = now();
    var making = 0L;
    for (var i = 0; i < keys; i++) {
      var key = i < made.length ? made[i] : null;
      if (key == null) {
        var start = now();
        key = key(i);
        making += now() - start;
      }
      put(key, 1);
    }
    report("insert", now() - began - making, keys);
    memory("after inserts");
    var random = new Random(1);
    began = now();
    var updates = Math.min(keys, 1_000_000);
    for (var i = 0; i < updates; i++) {
      put(made[random.nextInt(made.length)], 2 + i);
    }
    report("update", now() - began, updates);
    memory("after updates");
    began = now();
    Bytes next = null;
    do {
      next = index.compact(main, next, 1_000, (_, _, _) -> {});
      index.publish();
    } while (next != null);
    report("compaction, a key", now() - began, keys);
    put(made[0], 3);
    index.publish();
    memory("compacted");
    var view = index.publish();
    var found = 0L;
    for (var round = 0; round < 3; round++) {
      began = now();
      for (var i = 0; i < 1_000_000; i++) {
        var entry = view.find(made[random.nextInt(made.length)], main);
        found += entry == null ? 0 : entry.version();
      }
      report("get", now() - began, 1_000_000);
    }
    began = now();
    for (var i = 0; i < 100_000; i++) {
      var one = made[random.nextInt(made.length)];
      var other = made[random.nextInt(made.length)];
      found += view.count(new KeyRange(one, other), main);
    }
    report("count of a random range", now() - began, 100_000);
    began = now();
    var scanned = new long[1];
    view.scan(
        ALL,
        main,
        entry -> {
          scanned[0]++;
          return true;
        });
    report("scan, a key", now() - began, scanned[0]);
    System.out.println(found);
  }

  private void put(Bytes key, long version) {
    main++;
    index.put(key, new Revision(main, 0), version == 1 ? main : 2, version, 320);
    if (main % BATCH == 0) {
      index.publish();
    }
  }

  private void memory(String when) {
    var usage = index.usage();
    System.out.printf(
        "%,11d keys, %-14s %6.1f bytes a key allocated, %6.1f used%n",
        keys, when, (double) usage.allocatedBytes() / keys, (double) usage.usedBytes() / keys);
  }

  private void report(String what, long nanos, long count) {
    System.out.printf("%,11d keys, %-24s %,8d ns%n", keys, what, nanos / count);
  }
}
