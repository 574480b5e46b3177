package dev.kvorum.storage.mvcc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Command.TxnOp;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.JoinedList;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.model.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A delete of an interval or of a list of keys, whatever its slices, writes to the byte what a
 * transaction writes that deletes the same keys one by one.
 */
final class DeleteOfManyKeysTest {
  private static final Records NONE = Records.NONE;

  /** Random histories of some hundred keys, so of many pages; every few commands a large delete. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void writesWhatDeletesOfSingleKeysWrite(long seed) {
    var random = new Random(seed);
    var together = new MvccStore(IndexMemory.onHeap());
    var oneByOne = new MvccStore(IndexMemory.onHeap());
    for (var round = 0; round < 30; round++) {
      for (var i = random.nextInt(200); i >= 0; i--) {
        var put = new Command.Put(key(random), Bytes.utf8("v" + i), 0, false, false, false);
        together.apply(put, NONE, _ -> false);
        oneByOne.apply(put, NONE, _ -> false);
      }
      // Readers' views make the next change of each page a copy.
      var before = together.view();
      var shown = live(before, together.revision());
      assertThat(before.index().tryHold()).isTrue();

      var doomed = new ArrayList<Bytes>();
      Applied made;
      if (random.nextBoolean()) {
        var delete = new Command.DeleteRange(key(random), rangeEnd(random), false);
        doomed.addAll(keysOf(oneByOne, delete));
        made = inSlices(together.begin(delete, _ -> false), 1 + random.nextInt(300));
        assertThat(made.result())
            .as("seed %d", seed)
            .isEqualTo(
                new Result.DeleteRange(
                    oneByOne.revision() + (doomed.isEmpty() ? 0 : 1), doomed.size(), List.of()));
      } else {
        var keys = new TreeSet<Bytes>();
        for (var i = random.nextInt(150); i >= 0; i--) {
          keys.add(key(random));
        }
        doomed.addAll(keys);
        var left = new ArrayList<>(keys);
        made =
            inSlices(
                together.beginDelete(
                    maxKeys -> {
                      var some = left.subList(0, Math.min(maxKeys, left.size()));
                      var taken = List.copyOf(some);
                      some.clear();
                      return taken;
                    }),
                1 + random.nextInt(80));
      }
      var expected = oneByOne.apply(singleDeletes(doomed), NONE, _ -> false);

      assertSame(made, expected, seed);
      assertThat(List.of(together.stateHashHigh(), together.stateHashLow(), together.revision()))
          .as("seed %d", seed)
          .isEqualTo(
              List.of(oneByOne.stateHashHigh(), oneByOne.stateHashLow(), oneByOne.revision()));
      assertThat(together.inUseBytes()).isEqualTo(oneByOne.inUseBytes());
      assertThat(live(before, before.revision())).as("a view does not change").isEqualTo(shown);
      before.index().release();
      for (var look = 0; look < 5; look++) {
        var at = 1 + random.nextLong(together.revision());
        assertThat(live(together.view(), at))
            .as("seed %d at %d", seed, at)
            .isEqualTo(live(oneByOne.view(), at));
      }
    }
  }

  @Test
  void aSecondDeleteOfTheSameKeysFindsNoneAndUsesNoRevision() {
    var store = new MvccStore(IndexMemory.onHeap());
    for (var i = 0; i < 1_000; i++) {
      store.apply(
          new Command.Put(Bytes.utf8("k" + i), Bytes.EMPTY, 0, false, false, false),
          NONE,
          _ -> false);
    }
    var all = new Command.DeleteRange(Bytes.utf8("k"), Bytes.utf8("l"), false);

    assertThat(store.apply(all, NONE, _ -> false).result())
        .isEqualTo(new Result.DeleteRange(1_002, 1_000, List.of()));
    assertThat(store.apply(all, NONE, _ -> false).result())
        .isEqualTo(new Result.DeleteRange(1_002, 0, List.of()));
  }

  /** Deletes and puts of one transaction stand in the order in which it made them. */
  @Test
  void aTransactionMayDeleteManyKeysBetweenPuts() {
    var store = new MvccStore(IndexMemory.onHeap());
    var ops = new ArrayList<TxnOp>();
    for (var i = 0; i < 40; i++) {
      ops.add(new Command.Put(Bytes.utf8("k" + i), Bytes.EMPTY, 0, false, false, false));
    }
    ops.add(new Command.DeleteRange(Bytes.utf8("k"), Bytes.utf8("l"), false));
    ops.add(new Command.Put(Bytes.utf8("z"), Bytes.EMPTY, 0, false, false, false));

    var applied = store.apply(new Command.Txn(List.of(), ops, List.of()), NONE, _ -> false);

    assertThat(applied.writes()).extracting(write -> (int) write.revision().sub()).isSorted();
    assertThat(applied.events()).extracting(event -> (int) event.revision().sub()).isSorted();
    assertThat(applied.writes()).hasSize(81);
    assertThat(applied.events().subList(40, 80)).allMatch(Event::deleted);
    assertThat(applied.events().get(80).key()).isEqualTo(Bytes.utf8("z"));
    assertThat(WriteTally.of(applied.writes()))
        .isEqualTo(WriteTally.of(new ArrayList<>(applied.writes())));
  }

  private static void assertSame(Applied made, Applied expected, long seed) {
    // Both sides make their elements when they are asked for them.
    assertThat(new ArrayList<>(made.writes()))
        .as("seed %d", seed)
        .isEqualTo(new ArrayList<>(expected.writes()));
    assertThat(new ArrayList<>(made.events()))
        .as("seed %d", seed)
        .isEqualTo(new ArrayList<>(expected.events()));
    assertThat(WriteTally.of(made.writes()))
        .isEqualTo(WriteTally.of(new ArrayList<>(expected.writes())));
    var events = made.events().iterator();
    for (var write : made.writes()) {
      var event = events.next();
      assertThat(write.tombstone()).isTrue();
      assertThat(write.record()).isEqualTo(KeyValueCodec.tombstone(event.key()));
      assertThat(write.checksum())
          .isEqualTo(RecordCodec.checksum(write.revision(), true, write.record()));
      assertThat(event.kv()).isEqualTo(KeyValueCodec.deleted(event.key(), write.revision().main()));
    }
  }

  private static Applied inSlices(MvccStore.Execution execution, int maxKeys) {
    var writes = new JoinedList<Write>();
    var events = new JoinedList<Event>();
    while (true) {
      var slice = execution.step(NONE, maxKeys, Long.MAX_VALUE);
      assertThat(slice.writes()).hasSizeLessThanOrEqualTo(maxKeys);
      writes.join(slice.writes());
      events.join(slice.events());
      if (slice.result() != null) {
        return new Applied(slice.result(), writes, events);
      }
    }
  }

  private static Command.Txn singleDeletes(List<Bytes> keys) {
    var ops = new ArrayList<TxnOp>();
    for (var key : keys) {
      ops.add(new Command.DeleteRange(key, Bytes.EMPTY, false));
    }
    return new Command.Txn(List.of(), ops, List.of());
  }

  private static List<Bytes> keysOf(MvccStore store, Command.DeleteRange delete) {
    var range =
        new Command.Range(
            delete.key(), delete.rangeEnd(), 0, 0, 0, 0, false, true, false, 0, 0, 0, 0);
    var found = RangeSelection.select(store.view().index(), range, store.revision()).entries();
    return found.stream().map(entry -> entry.key()).toList();
  }

  private static List<Object> live(StoreView view, long revision) {
    var all =
        new Command.Range(Bytes.EMPTY, Bytes.hex("00"), 0, 0, 0, 0, false, true, false, 0, 0, 0, 0);
    return List.copyOf(RangeSelection.select(view.index(), all, revision).entries());
  }

  private static Bytes rangeEnd(Random random) {
    return random.nextInt(4) == 0 ? Bytes.hex("00") : key(random);
  }

  /** Some hundred different keys, a few of them longer than a page shows at a glance. */
  private static Bytes key(Random random) {
    var number = random.nextInt(500);
    var name = "/registry/pods/ns-%03d/%d".formatted(number % 17, number);
    return Bytes.utf8(number % 20 == 0 ? name + "x".repeat(300) + number : name);
  }
}
