package dev.kvorum.storage.mvcc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.index.IndexEntry;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A delete whose tombstones follow bit by bit, with other commands in between: every reader sees at
 * every moment what they would see if the delete had been done at once, and in the end everything
 * is the same to the byte.
 */
final class SweepTest {
  private static final int KEYS = 400;

  private final MvccStore swept = new MvccStore(IndexMemory.onHeap());
  private final MvccStore atOnce = new MvccStore(IndexMemory.onHeap());
  private final List<Write> sweptWrites = new ArrayList<>();
  private final List<Write> expectedWrites = new ArrayList<>();
  private final List<Event> sweptEvents = new ArrayList<>();
  private final List<Event> expectedEvents = new ArrayList<>();

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void nobodySeesThatTombstonesAreStillToCome(long seed) {
    var random = new Random(seed);
    for (var round = 0; round < 12; round++) {
      for (var i = random.nextInt(300); i >= 0; i--) {
        both(put(random));
      }
      var doomed = random.nextBoolean() ? beginInterval(random) : beginKeys(random);
      if (doomed.isEmpty()) {
        continue;
      }
      var laterWrites = new ArrayList<Write>();
      var laterEvents = new ArrayList<Event>();
      var held = swept.view();
      assertThat(held.tryHold()).isTrue();
      while (swept.isSweeping()) {
        for (var i = random.nextInt(6); i > 0; i--) {
          var command = command(random);
          if (!swept.mustWait(command)) {
            var wanted = atOnce.apply(command, Records.NONE, _ -> false);
            var made = swept.apply(command, Records.NONE, _ -> false);
            assertThat(made.result()).as("seed %d", seed).isEqualTo(wanted.result());
            laterWrites.addAll(made.writes());
            laterEvents.addAll(made.events());
            expectedWrites.addAll(wanted.writes());
            expectedEvents.addAll(wanted.events());
          }
        }
        assertSameToReaders(random, seed);
        var slice = swept.sweep(1 + random.nextInt(40));
        sweptWrites.addAll(slice.writes());
        sweptEvents.addAll(slice.events());
      }
      sweptWrites.addAll(laterWrites);
      sweptEvents.addAll(laterEvents);
      // The view from the beginning of the sweep still hides what has its tombstones by now.
      for (var key : doomed) {
        assertThat(held.index().find(key, held.revision())).as("seed %d, %s", seed, key).isNull();
      }
      held.release();

      assertSameToReaders(random, seed);
      assertThat(sweptWrites).as("seed %d", seed).isEqualTo(expectedWrites);
      assertThat(sweptEvents).as("seed %d", seed).isEqualTo(expectedEvents);
      assertThat(swept.meta(1, 1)).as("seed %d", seed).isEqualTo(atOnce.meta(1, 1));
      swept.invariant();
    }
  }

  @Test
  void whoWouldWriteAHiddenKeyWaitsAndNobodyElse() {
    for (var i = 0; i < 10; i++) {
      both(new Command.Put(Bytes.utf8("k" + i), Bytes.EMPTY, 0, false, false, false));
    }
    var all = new Command.DeleteRange(Bytes.utf8("k"), Bytes.utf8("l"), false);
    assertThat(swept.beginSweep(all)).isEqualTo(new Result.DeleteRange(12, 10, List.of()));
    var unused = swept.sweep(4);

    assertThat(swept.mustWait(put("k3"))).isFalse();
    assertThat(swept.mustWait(put("k4"))).isTrue();
    assertThat(swept.mustWait(put("z"))).isFalse();
    assertThat(swept.mustWait(all)).isTrue();
    assertThat(swept.mustWait(delete("a", "k4"))).isFalse();
    assertThat(swept.mustWait(delete("k9", "l"))).isTrue();
    assertThat(swept.mustWait(txn(put("z"), delete("a", "b")))).isFalse();
    assertThat(swept.mustWait(txn(put("z"), txn(delete("k8", ""))))).isTrue();
    assertThat(swept.mustWait(new Command.Compact(5, false))).isTrue();
    assertThat(unused.writes()).hasSize(4);
  }

  /** Contract S10.3: the keys of a lease stand among others, which go on living. */
  @Test
  void whoWouldWriteBetweenHiddenKeysDoesNotWait() {
    for (var i = 0; i < 10; i++) {
      both(put("k" + i));
    }
    swept.beginSweep(List.of(Bytes.utf8("k2"), Bytes.utf8("k5"), Bytes.utf8("k8")));
    var unused = swept.sweep(1);

    assertThat(swept.mustWait(put("k2"))).isFalse();
    assertThat(swept.mustWait(put("k5"))).isTrue();
    assertThat(swept.mustWait(put("k50"))).isFalse();
    assertThat(swept.mustWait(delete("k3", "k5"))).isFalse();
    assertThat(swept.mustWait(delete("k3", "k50"))).isTrue();
    assertThat(swept.mustWait(delete("k9", "z"))).isFalse();
    assertThat(swept.mustWait(txn(put("k6"), put("k8")))).isTrue();
    assertThat(unused.writes()).hasSize(1);
  }

  @Test
  void longKeysAreHiddenByTheirWholeLength() {
    var stem = "long".repeat(100);
    for (var i = 0; i < 300; i++) {
      both(put(stem + "%03d".formatted(i)));
    }
    var doomed = live(KeyRange.of(Bytes.utf8("l"), Bytes.utf8("m")));
    doomed.remove(271);
    expect(atOnce.deleteAttached(doomed));
    swept.beginSweep(doomed);

    assertSameToReaders(new Random(1), 1);
    var view = swept.view();
    assertThat(view.tryHold()).isTrue();
    assertThat(entries(view, KeyRange.of(Bytes.utf8("l"), Bytes.utf8("m")), view.revision(), 9))
        .extracting(IndexEntry::key)
        .containsExactly(Bytes.utf8(stem + "271"));
    view.release();
  }

  private void assertSameToReaders(Random random, long seed) {
    var one = swept.view();
    var other = atOnce.view();
    assertThat(one.revision()).as("seed %d", seed).isEqualTo(other.revision());
    assertThat(one.tryHold() && other.tryHold()).isTrue();
    for (var look = 0; look < 12; look++) {
      var at = random.nextBoolean() ? one.revision() : 1 + random.nextLong(one.revision());
      var range = KeyRange.of(key(random), rangeEnd(random));
      var key = key(random);
      assertThat(one.index().find(key, at))
          .as("seed %d, %s at %d", seed, key, at)
          .isEqualTo(other.index().find(key, at));
      assertThat(one.index().count(range, at))
          .as("seed %d, %s at %d", seed, range, at)
          .isEqualTo(other.index().count(range, at));
      var most = 1 + random.nextInt(KEYS);
      assertThat(entries(one, range, at, most))
          .as("seed %d, %s at %d", seed, range, at)
          .isEqualTo(entries(other, range, at, most));
    }
    one.release();
    other.release();
  }

  private static List<IndexEntry> entries(StoreView view, KeyRange range, long at, int most) {
    var entries = new ArrayList<IndexEntry>();
    view.index()
        .scan(
            range,
            at,
            entry -> {
              entries.add(entry);
              return entries.size() < most;
            });
    return entries;
  }

  private void both(Command command) {
    var made = swept.apply(command, Records.NONE, _ -> false);
    sweptWrites.addAll(made.writes());
    sweptEvents.addAll(made.events());
    var expected = atOnce.apply(command, Records.NONE, _ -> false);
    expectedWrites.addAll(expected.writes());
    expectedEvents.addAll(expected.events());
  }

  /** Begins to delete an interval; returns the keys that go. */
  private List<Bytes> beginInterval(Random random) {
    var delete = new Command.DeleteRange(key(random), rangeEnd(random), false);
    var doomed = live(KeyRange.of(delete.key(), delete.rangeEnd()));
    if (!doomed.isEmpty()) {
      var expected = atOnce.apply(delete, Records.NONE, _ -> false);
      expect(expected);
      assertThat(swept.beginSweep(delete)).isEqualTo(expected.result());
    }
    return doomed;
  }

  /** Begins to delete some of the keys, as of a lease that ends; returns them. */
  private List<Bytes> beginKeys(Random random) {
    // From a few keys among many others to very many with hardly another between them.
    var share = random.nextInt(1, 101);
    var doomed = live(KeyRange.of(key(random), rangeEnd(random)));
    doomed.removeIf(_ -> random.nextInt(100) >= share);
    if (!doomed.isEmpty()) {
      var expected = atOnce.deleteAttached(doomed);
      expect(expected);
      swept.beginSweep(doomed);
      assertThat(swept.sweepingKeys()).isEqualTo(doomed.size());
      assertThat(new Result.LeaseRevoke(swept.revision())).isEqualTo(expected.result());
    }
    return doomed;
  }

  private void expect(Applied applied) {
    expectedWrites.addAll(applied.writes());
    expectedEvents.addAll(applied.events());
  }

  private List<Bytes> live(KeyRange range) {
    var view = atOnce.view();
    assertThat(view.tryHold()).isTrue();
    var keys = new ArrayList<Bytes>();
    for (var entry : entries(view, range, view.revision(), Integer.MAX_VALUE)) {
      keys.add(entry.key());
    }
    view.release();
    return keys;
  }

  private static Command command(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> new Command.DeleteRange(key(random), rangeEnd(random), false);
      case 1 -> txn(put(random), new Command.DeleteRange(key(random), Bytes.EMPTY, false));
      default -> put(random);
    };
  }

  private static Command.Put put(Random random) {
    var value = Bytes.utf8("v" + random.nextInt(1000));
    return new Command.Put(key(random), value, 0, false, false, false);
  }

  private static Command.Put put(String key) {
    return new Command.Put(Bytes.utf8(key), Bytes.EMPTY, 0, false, false, false);
  }

  private static Command.DeleteRange delete(String key, String rangeEnd) {
    return new Command.DeleteRange(Bytes.utf8(key), Bytes.utf8(rangeEnd), false);
  }

  private static Command.Txn txn(Command.TxnOp... ops) {
    return new Command.Txn(List.of(), List.of(ops), List.of());
  }

  private static Bytes key(Random random) {
    return Bytes.utf8("k%03d".formatted(random.nextInt(KEYS)));
  }

  private static Bytes rangeEnd(Random random) {
    return switch (random.nextInt(5)) {
      case 0 -> Bytes.wrap(new byte[1]);
      case 1 -> Bytes.EMPTY;
      default -> key(random);
    };
  }
}
