package dev.kvorum.benchmarks;

import dev.kvorum.storage.index.IndexEntry;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.index.IndexView;
import dev.kvorum.storage.index.KeyIndex;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.Revision;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The key index alone, with keys as a Kubernetes cluster has them: {@code /registry/<one of 10
 * kinds>/ns-<3 digits>/} and random hexadecimal digits up to 41 bytes, put in random order.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "--enable-native-access=ALL-UNNAMED",
      "-Xmx2g",
      "-XX:+UseSerialGC",
      "-XX:+UseCompactObjectHeaders"
    })
public class IndexBenchmark {
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
  private static final int RECORD_BYTES = 320;

  /** Puts between two views, as of a batch of the log. */
  private static final int BATCH = 100;

  /** Keys that are asked for; as many as make every look one at memory that is not in a cache. */
  private static final int SAMPLE = 1 << 17;

  private static final int SCANNED = 500;

  /** How many keys there are. */
  @Param({"100000", "1000000", "10000000"})
  public int keys;

  private final Bytes[] sample = new Bytes[SAMPLE];
  private final KeyIndex index = new KeyIndex(IndexMemory.offHeap());
  private long main = 1;
  private int next;

  /** Puts all keys once. */
  @Setup(Level.Trial)
  public void fill() {
    for (var number = 0; number < keys; number++) {
      var key = key(number);
      put(key, 1);
      if (number < SAMPLE) {
        sample[number] = key;
      }
    }
    for (var number = keys; number < SAMPLE; number++) {
      sample[number] = sample[number - keys];
    }
  }

  /**
   * What readers look at; held only while they are measured, because it keeps what puts replace.
   */
  @State(Scope.Benchmark)
  public static class Held {
    private @Nullable IndexView view;

    /** Takes the index as it is. */
    @Setup(Level.Trial)
    public void hold(IndexBenchmark benchmark) {
      view = benchmark.index.hold();
    }

    /** Gives it up. */
    @TearDown(Level.Trial)
    public void release() {
      view().release();
    }

    private IndexView view() {
      return Objects.requireNonNull(view, "held while it is measured");
    }
  }

  /** A further revision of a key. */
  @Benchmark
  public void put() {
    put(key(), 2);
  }

  /** A key as of now. */
  @Benchmark
  public @Nullable IndexEntry get(Held held) {
    return held.view().find(key(), main);
  }

  /** The number of keys between two others, anywhere. */
  @Benchmark
  public long count(Held held) {
    var one = key();
    var other = key();
    return held.view().count(range(one, other), main);
  }

  /** One key of a page of 500. */
  @Benchmark
  @OperationsPerInvocation(SCANNED)
  public long scan(Held held) {
    var found = new long[1];
    held.view()
        .scan(
            new KeyRange(key(), null),
            main,
            entry -> {
              found[0]++;
              return found[0] < SCANNED;
            });
    return found[0];
  }

  private static KeyRange range(Bytes one, Bytes other) {
    return one.compareTo(other) < 0 ? new KeyRange(one, other) : new KeyRange(other, one);
  }

  private Bytes key() {
    next = (next + 1) & (SAMPLE - 1);
    return sample[next];
  }

  private void put(Bytes key, long version) {
    main++;
    index.put(key, new Revision(main, 0), version == 1 ? main : 2, version, RECORD_BYTES);
    if (main % BATCH == 0) {
      index.publish();
    }
  }

  /** The key of that number; the same number gives the same key. */
  private static Bytes key(long number) {
    var random = new Random(number * 0x9e3779b97f4a7c15L);
    var key = new StringBuilder(KEY_BYTES).append("/registry/");
    key.append(KINDS[random.nextInt(KINDS.length)]).append("/ns-");
    key.append(100 + random.nextInt(900)).append('/');
    while (key.length() < KEY_BYTES) {
      key.append(Character.forDigit(random.nextInt(16), 16));
    }
    return Bytes.wrap(key.toString().getBytes(StandardCharsets.US_ASCII));
  }
}
