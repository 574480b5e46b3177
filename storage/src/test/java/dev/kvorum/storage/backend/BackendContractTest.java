package dev.kvorum.storage.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.storage.model.Bytes;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every engine behind the port promises. An engine's own test says how it is opened. */
public abstract class BackendContractTest {
  private final List<Backend> opened = new ArrayList<>();
  private Backend backend;

  /** An empty store. */
  protected abstract Backend open() throws Exception;

  /** The store of a backend that was closed. */
  protected abstract Backend reopen(Backend closed) throws Exception;

  /** What a new process would open if the one that has this store open were killed now. */
  protected abstract Backend openAfterKill(Backend stillOpen) throws Exception;

  @BeforeEach
  void openStore() throws Exception {
    backend = track(open());
  }

  @AfterEach
  void closeStores() {
    opened.forEach(Backend::close);
  }

  private Backend track(Backend store) {
    opened.add(store);
    return store;
  }

  @Test
  void newStoreIsEmptyInEveryBucket() {
    try (var view = backend.openReadView()) {
      for (var bucket : Bucket.values()) {
        assertThat(scan(view, bucket, Bytes.EMPTY)).isEmpty();
        assertThat(view.get(bucket, text("k"))).isNull();
      }
    }
  }

  @Test
  void viewShowsEverythingThatWasCommittedBeforeIt() {
    backend.commit(new WriteBatch().put(Bucket.KEY, text("a"), text("1")));
    backend.commit(
        new WriteBatch()
            .put(Bucket.KEY, text("b"), text("2"))
            .put(Bucket.META, text("applied"), text("7")));

    try (var view = backend.openReadView()) {
      assertThat(view.get(Bucket.KEY, text("a"))).isEqualTo(text("1"));
      assertThat(view.get(Bucket.KEY, text("b"))).isEqualTo(text("2"));
      assertThat(view.get(Bucket.META, text("applied"))).isEqualTo(text("7"));
      assertThat(view.get(Bucket.KEY, text("c"))).isNull();
    }
  }

  @Test
  void changesOfABatchApplyInTheirOrder() {
    backend.commit(new WriteBatch().put(Bucket.KEY, text("old"), text("0")));
    backend.commit(
        new WriteBatch()
            .put(Bucket.KEY, text("twice"), text("1"))
            .put(Bucket.KEY, text("twice"), text("2"))
            .put(Bucket.KEY, text("gone"), text("1"))
            .delete(Bucket.KEY, text("gone"))
            .delete(Bucket.KEY, text("old"))
            .put(Bucket.KEY, text("old"), text("again")));

    try (var view = backend.openReadView()) {
      assertThat(scan(view, Bucket.KEY, Bytes.EMPTY))
          .containsExactly(
              Map.entry(text("old"), text("again")), Map.entry(text("twice"), text("2")));
    }
  }

  @Test
  void deletingAMissingKeyAndCommittingNothingAreLegal() {
    backend.commit(new WriteBatch().delete(Bucket.LEASE, text("never")));
    backend.commit(new WriteBatch());

    try (var view = backend.openReadView()) {
      assertThat(scan(view, Bucket.LEASE, Bytes.EMPTY)).isEmpty();
    }
  }

  @Test
  void scanFollowsTheUnsignedOrderOfBytes() {
    var ascending =
        List.of("00", "0000", "01", "7f", "7fff", "80", "8000", "ff", "ff00", "ffff").stream()
            .map(Bytes::hex)
            .toList();
    var batch = new WriteBatch();
    ascending.reversed().forEach(key -> batch.put(Bucket.AUTH_USERS, key, key));
    backend.commit(batch);

    try (var view = backend.openReadView()) {
      assertThat(keys(scan(view, Bucket.AUTH_USERS, Bytes.EMPTY))).isEqualTo(ascending);
    }
  }

  @Test
  void scanBeginsAtTheFirstKeyThatIsNotBelowFrom() {
    backend.commit(
        new WriteBatch()
            .put(Bucket.KEY, text("b"), text("1"))
            .put(Bucket.KEY, text("d"), text("2"))
            .put(Bucket.KEY, text("f"), text("3")));

    try (var view = backend.openReadView()) {
      assertThat(keys(scan(view, Bucket.KEY, text("a")))).isEqualTo(texts("b", "d", "f"));
      assertThat(keys(scan(view, Bucket.KEY, text("d")))).isEqualTo(texts("d", "f"));
      assertThat(keys(scan(view, Bucket.KEY, text("d0")))).isEqualTo(texts("f"));
      assertThat(keys(scan(view, Bucket.KEY, text("g")))).isEmpty();
    }
  }

  @Test
  void scanStopsWhenTheVisitorHasEnough() {
    var batch = new WriteBatch();
    for (var number = 0; number < 1_000; number++) {
      batch.put(Bucket.KEY, number(number), text("v"));
    }
    backend.commit(batch);

    try (var view = backend.openReadView()) {
      var seen = new ArrayList<Bytes>();
      view.scan(
          Bucket.KEY,
          number(500),
          (key, _) -> {
            seen.add(key);
            return seen.size() < 3;
          });
      assertThat(seen).containsExactly(number(500), number(501), number(502));
    }
  }

  @Test
  void whatAVisitorThrowsIsNotTheEnginesFailure() {
    backend.commit(new WriteBatch().put(Bucket.KEY, text("a"), text("1")));
    try (var view = backend.openReadView()) {
      assertThatThrownBy(
              () ->
                  view.scan(
                      Bucket.KEY,
                      Bytes.EMPTY,
                      (_, _) -> {
                        throw new IllegalArgumentException("the visitor's own");
                      }))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("the visitor's own");

      assertThat(view.get(Bucket.KEY, text("a"))).isEqualTo(text("1"));
    }
    backend.commit(new WriteBatch().put(Bucket.KEY, text("b"), text("2")));
  }

  @Test
  void bucketsDoNotShareKeys() {
    var batch = new WriteBatch();
    for (var bucket : Bucket.values()) {
      batch.put(bucket, text("same"), text(bucket.title()));
    }
    batch.delete(Bucket.ALARM, text("same"));
    backend.commit(batch);

    try (var view = backend.openReadView()) {
      for (var bucket : Bucket.values()) {
        assertThat(view.get(bucket, text("same")))
            .isEqualTo(bucket == Bucket.ALARM ? null : text(bucket.title()));
      }
    }
  }

  @Test
  void openViewDoesNotSeeLaterCommits() {
    backend.commit(
        new WriteBatch()
            .put(Bucket.KEY, text("changed"), text("before"))
            .put(Bucket.KEY, text("deleted"), text("before")));
    try (var before = backend.openReadView()) {
      backend.commit(
          new WriteBatch()
              .put(Bucket.KEY, text("changed"), text("after"))
              .put(Bucket.KEY, text("created"), text("after"))
              .delete(Bucket.KEY, text("deleted")));
      backend.sync();

      assertThat(scan(before, Bucket.KEY, Bytes.EMPTY))
          .containsExactly(
              Map.entry(text("changed"), text("before")),
              Map.entry(text("deleted"), text("before")));
      assertThat(before.get(Bucket.KEY, text("created"))).isNull();
      try (var after = backend.openReadView()) {
        assertThat(keys(scan(after, Bucket.KEY, Bytes.EMPTY)))
            .isEqualTo(texts("changed", "created"));
      }
    }
  }

  /** The sizes lie around an engine's page, its part of a large value, and its log file. */
  @ParameterizedTest
  @ValueSource(
      ints = {
        0,
        1,
        (16 << 10) - 1,
        16 << 10,
        40_000,
        (1 << 20) - 1,
        1 << 20,
        (1 << 20) + 1,
        3 << 19,
        (8 << 20) - 40,
        8 << 20,
        17 << 20
      })
  void valueOfAnySizeReadsBackAsItWas(int sizeBytes) throws Exception {
    var value = randomBytes(new Random(sizeBytes), sizeBytes);
    backend.commit(
        new WriteBatch()
            .put(Bucket.KEY, text("before"), text("1"))
            .put(Bucket.KEY, text("k"), value)
            .put(Bucket.KEY, text("z"), text("2")));

    for (var store : List.of(backend, track(openAfterKill(backend)))) {
      try (var view = store.openReadView()) {
        // Not AssertJ's isEqualTo: its message would hold the whole value.
        assertThat(Objects.equals(value, view.get(Bucket.KEY, text("k")))).isTrue();
        assertThat(getAll(view, texts("before", "k", "z")).get(1)).isEqualTo(digest(value));
        var scanned = scan(view, Bucket.KEY, text("k"));
        assertThat(keys(scanned)).isEqualTo(texts("k", "z"));
        assertThat(scanned.getFirst().getValue().equals(value)).isTrue();
      }
    }
  }

  /** Keys as records have them, some with gaps between them, and others; some are deleted again. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void manyValuesAreThoseThatOneByOneWouldGet(long seed) throws Exception {
    var random = new Random(seed);
    var all = new ArrayList<Bytes>();
    var main = 1L;
    while (all.size() < 5_000) {
      var batch = new WriteBatch();
      for (var changes = random.nextInt(1, 300); changes > 0; changes--) {
        main += random.nextInt(10) == 0 ? random.nextLong(1, 50) : 1;
        for (var sub = random.nextInt(5) == 0 ? random.nextLong(20) : 0; sub >= 0; sub--) {
          all.add(recordKey(main, sub, random.nextInt(30) == 0));
          batch.put(Bucket.KEY, all.getLast(), randomBytes(random, random.nextInt(700)));
        }
        if (random.nextInt(4) == 0) {
          batch.delete(Bucket.KEY, all.get(random.nextInt(all.size())));
        }
      }
      backend.commit(batch);
    }
    all.add(text("a"));
    all.add(Bytes.EMPTY);
    all.add(recordKey(main + 1, 0, false));
    all.add(recordKey(0, 7, false));

    for (var store : List.of(backend, track(openAfterKill(backend)))) {
      for (var reads = 0; reads < 20; reads++) {
        try (var view = store.openReadView()) {
          var keys = new ArrayList<Bytes>();
          var share = random.nextInt(1, 100);
          all.stream().filter(_ -> random.nextInt(share) == 0).forEach(keys::add);
          if (random.nextInt(4) > 0) {
            Collections.sort(keys);
          }
          var one = keys.stream().map(key -> digest(view.get(Bucket.KEY, key))).toList();
          assertThat(getAll(view, keys)).as("seed " + seed).isEqualTo(one);
        }
      }
    }
  }

  private static Bytes recordKey(long main, long sub, boolean tombstone) {
    var key = ByteBuffer.allocate(tombstone ? 18 : 17).putLong(main).put((byte) '_').putLong(sub);
    return Bytes.wrap(tombstone ? key.put((byte) 't').array() : key.array());
  }

  private static List<String> getAll(ReadView view, List<Bytes> keys) {
    var values = new ArrayList<String>();
    view.getAll(
        Bucket.KEY,
        keys,
        (number, value) -> {
          assertThat(number).isEqualTo(values.size());
          values.add(digest(value));
        });
    return values;
  }

  /** Short enough for a message. */
  private static String digest(@Nullable Bytes value) {
    return value == null ? "none" : value.size() + " bytes, " + value.hashCode();
  }

  @Test
  void largeValuesAreReplacedAndDeletedLikeSmallOnes() {
    var random = new Random(7);
    var large = randomBytes(random, 5 << 20);
    var smaller = randomBytes(random, 3 << 20);
    var small = text("small");
    for (var value : List.of(large, smaller, small, large)) {
      backend.commit(
          new WriteBatch().put(Bucket.KEY, text("k"), value).put(Bucket.LEASE, text("k"), small));
      try (var view = backend.openReadView()) {
        assertThat(Objects.equals(value, view.get(Bucket.KEY, text("k")))).isTrue();
        assertThat(view.get(Bucket.LEASE, text("k"))).isEqualTo(small);
      }
    }
    backend.commit(new WriteBatch().delete(Bucket.KEY, text("k")));
    backend.commit(new WriteBatch().put(Bucket.KEY, text("k"), smaller));
    try (var view = backend.openReadView()) {
      assertThat(Objects.equals(smaller, view.get(Bucket.KEY, text("k")))).isTrue();
    }
  }

  @Test
  void windowsIntoALargerArrayAreStoredAlone() {
    var around = "..key=value..".getBytes(StandardCharsets.UTF_8);
    backend.commit(
        new WriteBatch().put(Bucket.KEY, Bytes.wrap(around, 2, 3), Bytes.wrap(around, 6, 5)));

    try (var view = backend.openReadView()) {
      assertThat(view.get(Bucket.KEY, text("key"))).isEqualTo(text("value"));
    }
  }

  @Test
  void hundredThousandRecordsFitIntoOneBatch() throws Exception {
    var batch = new WriteBatch();
    for (var number = 0; number < 100_000; number++) {
      batch.put(Bucket.KEY, number(number), number(3L * number));
    }
    backend.commit(batch);
    backend.sync();

    for (var store : List.of(backend, track(openAfterKill(backend)))) {
      try (var view = store.openReadView()) {
        var count = new long[1];
        view.scan(
            Bucket.KEY,
            Bytes.EMPTY,
            (key, value) -> {
              assertThat(key).isEqualTo(number(count[0]));
              assertThat(value).isEqualTo(number(3 * count[0]));
              count[0]++;
              return true;
            });
        assertThat(count[0]).isEqualTo(100_000);
      }
    }
  }

  @Test
  void storeIsAsItWasAfterCloseAndReopen() throws Exception {
    backend.commit(
        new WriteBatch()
            .put(Bucket.KEY, text("a"), text("1"))
            .put(Bucket.META, text("applied"), text("1")));
    backend.sync();
    backend.commit(new WriteBatch().put(Bucket.KEY, text("b"), text("2")));
    backend.close();

    backend = track(reopen(backend));
    backend.commit(new WriteBatch().put(Bucket.KEY, text("c"), text("3")));
    backend.close();

    backend = track(reopen(backend));
    try (var view = backend.openReadView()) {
      assertThat(keys(scan(view, Bucket.KEY, Bytes.EMPTY))).isEqualTo(texts("a", "b", "c"));
      assertThat(view.get(Bucket.META, text("applied"))).isEqualTo(text("1"));
    }
  }

  @Test
  void killedProcessLosesNoCommit() throws Exception {
    for (var number = 0; number < 50; number++) {
      backend.commit(new WriteBatch().put(Bucket.KEY, number(number), number(number)));
    }
    var next = track(openAfterKill(backend));
    try (var view = next.openReadView()) {
      assertThat(scan(view, Bucket.KEY, Bytes.EMPTY)).hasSize(50);
    }
    next.commit(new WriteBatch().put(Bucket.KEY, number(50), number(50)));
    try (var view = next.openReadView()) {
      assertThat(scan(view, Bucket.KEY, Bytes.EMPTY)).hasSize(51);
    }
  }

  @Test
  void viewNeverShowsAPartOfABatch() throws Exception {
    var done = new AtomicBoolean();
    Callable<Long> reader =
        () -> {
          var highest = 0L;
          while (!done.get()) {
            try (var view = backend.openReadView()) {
              var applied = numberOf(view.get(Bucket.META, text("applied")));
              assertThat(numberOf(view.get(Bucket.KEY, text("first")))).isEqualTo(applied);
              assertThat(numberOf(view.get(Bucket.AUTH, text("last")))).isEqualTo(applied);
              assertThat(applied).isGreaterThanOrEqualTo(highest);
              highest = applied;
            }
          }
          return highest;
        };
    try (var threads = Executors.newFixedThreadPool(2)) {
      var readers = new ArrayList<Future<Long>>();
      try {
        readers.add(threads.submit(reader));
        readers.add(threads.submit(reader));
        for (var number = 1L; number <= 300; number++) {
          backend.commit(
              new WriteBatch()
                  .put(Bucket.KEY, text("first"), number(number))
                  .put(Bucket.META, text("applied"), number(number))
                  .put(Bucket.KEY, number(number), number(number))
                  .delete(Bucket.KEY, number(number - 1))
                  .put(Bucket.AUTH, text("last"), number(number)));
        }
      } finally {
        done.set(true);
      }
      for (var result : readers) {
        assertThat(result.get()).isLessThanOrEqualTo(300);
      }
    }
  }

  /** Random batches against sorted maps, with some views held open over many commits. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void behavesLikeSortedMaps(long seed) throws Exception {
    var random = new Random(seed);
    var model = new EnumMap<Bucket, Map<Bytes, Bytes>>(Bucket.class);
    for (var bucket : Bucket.values()) {
      model.put(bucket, new TreeMap<>());
    }
    var held = new ArrayList<Held>();
    for (var round = 0; round < 200; round++) {
      var batch = new WriteBatch();
      for (var change = random.nextInt(20); change > 0; change--) {
        var bucket = random.nextBoolean() ? Bucket.KEY : Bucket.LEASE;
        var key = number(random.nextInt(200));
        if (random.nextInt(3) == 0) {
          batch.delete(bucket, key);
          map(model, bucket).remove(key);
        } else {
          var size = random.nextInt(100) == 0 ? 1_200_000 : random.nextInt(400);
          var value = randomBytes(random, size);
          batch.put(bucket, key, value);
          map(model, bucket).put(key, value);
        }
      }
      backend.commit(batch);
      switch (random.nextInt(8)) {
        case 0 -> held.add(new Held(backend.openReadView(), copy(model)));
        case 1 -> {
          if (!held.isEmpty()) {
            check(held.remove(random.nextInt(held.size())), seed);
          }
        }
        case 2 -> backend.sync();
        case 3 -> {
          if (held.isEmpty()) {
            backend.close();
            backend = track(reopen(backend));
          }
        }
        default -> {}
      }
    }
    held.add(new Held(backend.openReadView(), copy(model)));
    held.forEach(each -> check(each, seed));
    var next = track(openAfterKill(backend));
    check(new Held(next.openReadView(), model), seed);
  }

  private record Held(ReadView view, Map<Bucket, Map<Bytes, Bytes>> expected) {}

  private static void check(Held held, long seed) {
    try (var view = held.view()) {
      for (var bucket : Bucket.values()) {
        var expected = map(held.expected(), bucket);
        var found = scan(view, bucket, Bytes.EMPTY);
        assertThat(keys(found)).as("seed %d", seed).isEqualTo(List.copyOf(expected.keySet()));
        for (var entry : found) {
          var value = expected.get(entry.getKey());
          assertThat(Objects.equals(entry.getValue(), value)).as("seed %d", seed).isTrue();
          assertThat(Objects.equals(entry.getValue(), view.get(bucket, entry.getKey()))).isTrue();
        }
      }
    }
  }

  private static Map<Bucket, Map<Bytes, Bytes>> copy(Map<Bucket, Map<Bytes, Bytes>> model) {
    var copy = new EnumMap<Bucket, Map<Bytes, Bytes>>(Bucket.class);
    model.forEach((bucket, entries) -> copy.put(bucket, new TreeMap<>(entries)));
    return copy;
  }

  private static Map<Bytes, Bytes> map(Map<Bucket, Map<Bytes, Bytes>> model, Bucket bucket) {
    return Objects.requireNonNull(model.get(bucket));
  }

  @Test
  void loaderCopiesEveryBucketOfAnotherStore() throws Exception {
    var random = new Random(11);
    var batch = new WriteBatch();
    for (var bucket : Bucket.values()) {
      for (var number = 0; number < 3_000; number++) {
        batch.put(bucket, number(number), randomBytes(random, random.nextInt(300)));
      }
    }
    batch.put(Bucket.KEY, number(3_000), randomBytes(random, 6 << 20));
    backend.commit(batch);

    var target = track(open());
    try (var source = backend.openReadView()) {
      var loader = new BackendLoader(target);
      loader.addAll(source);
      assertThat(loader.finish()).isEqualTo(3_000L * Bucket.values().length + 1);
    }
    var reopened = track(openAfterKill(target));
    try (var expected = backend.openReadView();
        var found = reopened.openReadView()) {
      for (var bucket : Bucket.values()) {
        assertThat(scan(found, bucket, Bytes.EMPTY).equals(scan(expected, bucket, Bytes.EMPTY)))
            .as("bucket %s", bucket)
            .isTrue();
      }
    }
  }

  @Test
  void closedStoreAndClosedViewRefuseToWork() {
    var view = backend.openReadView();
    view.close();
    view.close();
    assertThatThrownBy(() -> view.get(Bucket.KEY, text("k")))
        .isInstanceOf(IllegalStateException.class);
    backend.close();
    backend.close();
    assertThatThrownBy(() -> backend.commit(new WriteBatch()))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> backend.openReadView()).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> backend.sync()).isInstanceOf(IllegalStateException.class);
  }

  protected static Bytes text(String text) {
    return Bytes.utf8(text);
  }

  private static List<Bytes> texts(String... texts) {
    return List.of(texts).stream().map(Bytes::utf8).toList();
  }

  protected static Bytes number(long number) {
    return Bytes.wrap(ByteBuffer.allocate(Long.BYTES).putLong(number).array());
  }

  private static long numberOf(@Nullable Bytes bytes) {
    return bytes == null ? 0 : bytes.asByteBuffer().getLong();
  }

  protected static Bytes randomBytes(Random random, int sizeBytes) {
    var bytes = new byte[sizeBytes];
    random.nextBytes(bytes);
    return Bytes.wrap(bytes);
  }

  protected static List<Map.Entry<Bytes, Bytes>> scan(ReadView view, Bucket bucket, Bytes from) {
    var found = new ArrayList<Map.Entry<Bytes, Bytes>>();
    view.scan(
        bucket,
        from,
        (key, value) -> {
          found.add(Map.entry(key, value));
          return true;
        });
    return found;
  }

  private static List<Bytes> keys(List<Map.Entry<Bytes, Bytes>> entries) {
    return entries.stream().map(Map.Entry::getKey).toList();
  }
}
