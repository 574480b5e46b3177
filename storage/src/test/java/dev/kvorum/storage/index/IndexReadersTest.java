package dev.kvorum.storage.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.Revision;
import java.util.ArrayList;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Views under readers on other threads, and what is kept for them. */
final class IndexReadersTest {
  private static final KeyRange ALL = new KeyRange(Bytes.EMPTY, null);
  private static final int KEYS = 500;

  /** A view and what is in it, as the writer knew when it made it. */
  private record Published(IndexView view, long main, long live, long checksum) {}

  private final TreeMap<Integer, Long> versions = new TreeMap<>();
  private long main = 1;
  private volatile @Nullable Published published;
  private volatile boolean finished;

  private static Bytes key(int number) {
    return Bytes.utf8("/registry/pods/ns-%02d/%d".formatted(number % 7, number * 7919));
  }

  /** Of a key and the main revision of its record. */
  private static long checksum(Bytes key, long revision) {
    return key.hashCode() * 31L ^ revision * 0x9e3779b97f4a7c15L;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void readersSeeWhatTheWriterPublishedWhileItGoesOn(long seed) throws Exception {
    var index = new KeyIndex(seed == 1 ? IndexMemory.onHeap() : IndexMemory.offHeap());
    var random = new Random(seed);
    write(index, random);
    try (var threads = Executors.newFixedThreadPool(3)) {
      var readers = new ArrayList<Future<Long>>();
      for (var reader = 0; reader < 3; reader++) {
        var keepsViews = reader == 2;
        readers.add(threads.submit(() -> read(keepsViews)));
      }
      for (var batch = 0; batch < 600; batch++) {
        write(index, random);
      }
      finished = true;
      for (var reader : readers) {
        assertThat(reader.get()).as("views that the reader looked at").isPositive();
      }
    }
    write(index, random);
    write(index, random);
    index.invariant();
    assertThat(index.usage().openViews()).isEqualTo(2);
    assertThat(index.usage().oldestViewAge()).isEqualTo(1);
  }

  private void write(KeyIndex index, Random random) {
    for (var i = random.nextInt(20); i >= 0; i--) {
      var number = random.nextInt(KEYS);
      main++;
      if (random.nextInt(4) == 0 && versions.remove(number) != null) {
        index.delete(key(number), new Revision(main, 0), 5);
      } else {
        index.put(key(number), new Revision(main, 0), main, 1, 100);
        versions.put(number, main);
      }
    }
    if (random.nextInt(10) == 0) {
      @Nullable Bytes next = null;
      do {
        next = index.compact(main, next, 100, (_, _, _) -> {});
      } while (next != null);
    }
    var sum = 0L;
    for (var entry : versions.entrySet()) {
      sum += checksum(key(entry.getKey()), entry.getValue());
    }
    published = new Published(index.publish(), main, versions.size(), sum);
  }

  /** Looks at views until the writer is done; with {@code keeps} at several of different age. */
  private long read(boolean keeps) {
    var looked = 0L;
    var kept = new ArrayList<Published>();
    while (!finished || looked == 0) {
      var newest = published;
      if (newest == null || !newest.view.tryHold()) {
        continue;
      }
      look(newest);
      looked++;
      kept.add(newest);
      if (!keeps || kept.size() > 5) {
        kept.forEach(IndexReadersTest::look);
        kept.forEach(old -> old.view.release());
        kept.clear();
      }
    }
    kept.forEach(old -> old.view.release());
    return looked;
  }

  private static void look(Published expected) {
    var seen = new long[2];
    expected.view.scan(
        ALL,
        expected.main,
        entry -> {
          seen[0]++;
          seen[1] += checksum(entry.key(), entry.modRevision());
          return true;
        });
    InvariantViolation.check(
        seen[0] == expected.live && seen[1] == expected.checksum,
        "a reader sees what was published");
    InvariantViolation.check(
        expected.view.count(ALL, expected.main) == expected.live, "and as many keys");
  }

  @Test
  void viewThatNobodyHoldsAnyMoreIsRefused() {
    var index = new KeyIndex(IndexMemory.onHeap());
    var old = publishAfterAPut(index);
    assertThat(publishAfterAPut(index).tryHold()).isTrue();
    // The newest but one can still be claimed by somebody who fetched it a moment ago.
    assertThat(old.tryHold()).isTrue();
    old.release();
    publishAfterAPut(index);
    assertThat(old.tryHold()).isFalse();
    assertThatThrownBy(() -> old.count(ALL, 1)).isInstanceOf(InvariantViolation.class);
  }

  private IndexView publishAfterAPut(KeyIndex index) {
    main++;
    index.put(key(1), new Revision(main, 0), main, 1, 10);
    return index.publish();
  }

  @Test
  void claimIsGivenBackOnce() {
    var index = new KeyIndex(IndexMemory.onHeap());
    var held = index.hold();
    held.release();
    assertThatThrownBy(held::release).isInstanceOf(InvariantViolation.class);
  }

  @Test
  void forgottenViewShowsInTheUsage() {
    var index = new KeyIndex(IndexMemory.onHeap());
    assertThat(publishAfterAPut(index).tryHold()).isTrue();
    for (var i = 0; i < 1_000; i++) {
      publishAfterAPut(index);
    }
    assertThat(index.usage().oldestViewAge()).isEqualTo(1_000);
    assertThat(index.usage().retiredBytes()).isGreaterThan(1_000L * Blocks.PAGE_BYTES - 1);
  }

  @Test
  void steadyUpdatesTakeNoMoreMemory() {
    var index = new KeyIndex(IndexMemory.onHeap());
    for (var number = 0; number < KEYS; number++) {
      main++;
      index.put(key(number), new Revision(main, 0), main, 1, 10);
    }
    var random = new Random(1);
    var bytes = 0L;
    for (var round = 0; round < 40; round++) {
      for (var i = 0; i < 500; i++) {
        main++;
        index.put(key(random.nextInt(KEYS)), new Revision(main, 0), main, 1, 10);
        if (i % 10 == 0) {
          index.publish();
        }
      }
      @Nullable Bytes next = null;
      do {
        next = index.compact(main, next, 50, (_, _, _) -> {});
        index.publish();
      } while (next != null);
      bytes = round == 10 ? index.usage().allocatedBytes() : bytes;
    }
    index.invariant();
    assertThat(index.usage().allocatedBytes()).isLessThanOrEqualTo(bytes * 5 / 4);
  }

  @Test
  void longHistoryIsReadAtEveryRevision() {
    var index = new KeyIndex(IndexMemory.onHeap());
    var first = main + 1;
    for (var version = 1; version <= 50_000; version++) {
      main++;
      index.put(key(1), new Revision(main, 0), first, version, 100 + version % 3);
    }
    var random = new Random(1);
    for (var i = 0; i < 20_000; i++) {
      var version = 1 + random.nextInt(50_000);
      var at = first + version - 1;
      assertThat(index.present().find(key(1), at))
          .isEqualTo(
              new IndexEntry(key(1), new Revision(at, 0), first, version, 100 + version % 3));
    }
    assertThat(index.present().find(key(1), first - 1)).isNull();
    assertThat(index.usage().usedBytes()).as("six bytes a record").isLessThan(50_000 * 8);
    var removed = new long[1];
    assertThat(index.compact(main - 10, null, 1, (_, _, _) -> removed[0]++)).isNull();
    assertThat(removed[0]).isEqualTo(50_000 - 11);
    index.publish();
    publishAfterAPut(index);
    publishAfterAPut(index);
    index.invariant();
    assertThat(index.usage().usedBytes()).isLessThan(10_000);
  }
}
