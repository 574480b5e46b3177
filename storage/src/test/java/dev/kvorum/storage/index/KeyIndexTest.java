package dev.kvorum.storage.index;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.Revision;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class KeyIndexTest {
  private static final KeyRange ALL = new KeyRange(Bytes.EMPTY, null);

  private final KeyIndex index = new KeyIndex(IndexMemory.onHeap());
  private long main = 1;

  private Revision next() {
    return new Revision(++main, 0);
  }

  private void put(int number) {
    var revision = next();
    index.put(key(number), revision, revision.main(), 1, 10);
  }

  private void delete(int number) {
    index.delete(key(number), next(), 5);
  }

  private static Bytes key(int number) {
    return Bytes.utf8("key-%06d".formatted(number));
  }

  private static List<Bytes> keys(IndexView view, KeyRange range, long revision) {
    var keys = new ArrayList<Bytes>();
    view.scan(range, revision, entry -> keys.add(entry.key()));
    return keys;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void compactionsInSmallStepsKeepEveryLiveKey(long seed) {
    var random = new Random(seed);
    for (var i = 0; i < 4_000; i++) {
      put(random.nextInt(300));
    }
    var before = keys(index.publish(), ALL, main);

    for (var revision = 100L; revision < main; revision += 1 + random.nextInt(100)) {
      compactAll(revision, 1_000);
      index.invariant();
      assertThat(keys(index.publish(), ALL, main)).isEqualTo(before);
    }
  }

  /**
   * Key after key gets 25 records, of which 24 stand in blocks: so a leaf is full of references to
   * blocks. A compaction leaves each key 8 older records, 5 bytes each, which move into the leaf.
   */
  @Test
  void compactionThatMovesHistoriesIntoTheirLeafSplitsIt() {
    var keys = 200;
    var rounds = 25;
    var kept = 8;
    for (var number = 0; number < keys; number++) {
      for (var round = 0; round < rounds; round++) {
        main = 2L + (long) round * keys + number;
        index.put(key(number), new Revision(main, 0), main, 1, 300 + round);
      }
    }
    var before = keys(index.publish(), ALL, main);

    var compacted = main - (long) keys * kept;
    assertThat(compactAll(compacted, 1_000)).hasSize(keys * (rounds - 1 - kept));
    index.invariant();
    assertThat(keys(index.publish(), ALL, main)).hasSize(keys).isEqualTo(before);
    assertThat(index.present().count(ALL, compacted)).isEqualTo(keys);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void agreesWithASortedMapThroughGrowthAndCompaction(long seed) {
    var random = new Random(seed);
    var model = new TreeMap<Bytes, TreeMap<Long, Boolean>>();
    var compacted = 0L;
    for (var round = 0; round < 20; round++) {
      // Odd rounds mostly delete, so that compactions empty whole pages and join small ones.
      var deletesOutOfTen = round % 2 == 0 ? 1 : 9;
      for (var i = 0; i < 3000; i++) {
        var number = random.nextInt(6000);
        var history = model.computeIfAbsent(key(number), _ -> new TreeMap<>());
        var isLive = !history.isEmpty() && history.lastEntry().getValue();
        if (isLive && random.nextInt(10) < deletesOutOfTen) {
          delete(number);
          history.put(main, false);
        } else if (!isLive || random.nextInt(4) == 0) {
          put(number);
          history.put(main, true);
        }
      }
      index.invariant();
      // Nobody may look below an earlier compaction.
      compacted = Math.max(compacted, main - random.nextInt(3000));
      compactAll(compacted, 1 + random.nextInt(500));
      index.invariant();
      for (var probe = 0; probe < 20; probe++) {
        var at = random.nextLong(compacted, main + 1);
        var range = new KeyRange(key(random.nextInt(6000)), key(random.nextInt(6000)));
        var expected = new ArrayList<Bytes>();
        model.forEach(
            (key, history) -> {
              var newest = history.floorEntry(at);
              if (range.contains(key) && newest != null && newest.getValue()) {
                expected.add(key);
              }
            });
        assertThat(keys(index.present(), range, at)).as("seed %d", seed).isEqualTo(expected);
        assertThat(index.present().count(range, at)).isEqualTo(expected.size());
      }
    }
  }

  private record Removed(Revision revision, boolean tombstone, int recordSize) {}

  private static KeyIndex.RemovedVisitor collect(List<Removed> removed) {
    return (revision, tombstone, recordSize) ->
        removed.add(new Removed(revision, tombstone, recordSize));
  }

  private List<Removed> compactAll(long revision, int maxKeys) {
    var removed = new ArrayList<Removed>();
    @Nullable Bytes from = null;
    do {
      from = index.compact(revision, from, maxKeys, collect(removed));
    } while (from != null);
    return removed;
  }

  @Test
  void publishedViewStaysAsItWas() {
    for (var i = 0; i < 1000; i++) {
      put(i);
    }
    var view = index.publish();
    var at = main;
    for (var i = 0; i < 1000; i += 2) {
      delete(i);
    }
    for (var i = 1000; i < 3000; i++) {
      put(i);
    }
    compactAll(main, 10);
    assertThat(view.count(ALL, Long.MAX_VALUE)).isEqualTo(1000);
    assertThat(keys(view, ALL, Long.MAX_VALUE)).hasSize(1000);
    assertThat(view.find(key(0), at)).isNotNull();
    assertThat(index.present().find(key(0), main)).isNull();
    assertThat(index.present().count(ALL, main)).isEqualTo(2500);
  }

  @Test
  void viewDoesNotSeeWhatIsAppendedToASharedHistory() {
    put(1);
    put(1);
    put(1);
    var view = index.publish();
    var seen = main;
    delete(1);
    assertThat(view.find(key(1), Long.MAX_VALUE))
        .isEqualTo(new IndexEntry(key(1), new Revision(seen, 0), seen, 1, 10));
    assertThat(index.present().find(key(1), Long.MAX_VALUE)).isNull();
  }

  @Test
  void fullyCompactedIndexIsEmptyAgain() {
    for (var i = 0; i < 10_000; i++) {
      put(i);
    }
    for (var i = 0; i < 10_000; i++) {
      delete(i);
    }
    next();
    var removed = compactAll(main, 100);
    assertThat(removed).hasSize(20_000);
    assertThat(new TreeSet<>(removed.stream().map(r -> r.revision()).toList())).hasSize(20_000);
    index.invariant();
    assertThat(keys(index.present(), ALL, main)).isEmpty();
    put(5);
    assertThat(index.present().count(ALL, main)).isEqualTo(1);
  }

  @Test
  void compactionSliceIsBounded() {
    for (var round = 0; round < 2; round++) {
      for (var i = 0; i < 10_000; i++) {
        put(i);
      }
    }
    var removed = new ArrayList<Removed>();
    var from = index.compact(main, null, 100, collect(removed));
    assertThat(from).isNotNull();
    assertThat(removed.size()).isBetween(100, 100 + 100);
  }

  @Test
  void newestOfSeveralRecordsInOneTransactionCounts() {
    // A delete up to the special end and a put of the same key share a main revision (S1.5).
    put(1);
    var transaction = ++main;
    index.delete(key(1), new Revision(transaction, 0), 5);
    index.put(key(1), new Revision(transaction, 1), transaction, 1, 10);
    assertThat(index.present().find(key(1), transaction))
        .isEqualTo(new IndexEntry(key(1), new Revision(transaction, 1), transaction, 1, 10));
    assertThat(compactAll(transaction, 10)).hasSize(2);
  }

  @Test
  void tombstoneOfExactlyTheCompactedRevisionStaysUntilTheNextCompaction() {
    put(1);
    delete(1);
    assertThat(compactAll(main, 10)).extracting(r -> r.tombstone()).containsExactly(false);
    put(2);
    assertThat(compactAll(main, 10)).extracting(r -> r.tombstone()).containsExactly(true);
  }

  @Test
  void regionOfDeletedKeysIsPassedOver() {
    for (var i = 0; i < 100_000; i++) {
      put(i);
    }
    for (var i = 0; i < 99_999; i++) {
      delete(i);
    }
    // The first live key stands behind 99,999 dead ones; walking them all each time takes hours.
    for (var i = 0; i < 100_000; i++) {
      var found = new ArrayList<Bytes>();
      index
          .present()
          .scan(
              ALL,
              main,
              entry -> {
                found.add(entry.key());
                return false;
              });
      assertThat(found.getFirst()).isEqualTo(key(99_999));
    }
  }
}
