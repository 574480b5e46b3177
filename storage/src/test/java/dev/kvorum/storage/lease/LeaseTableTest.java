package dev.kvorum.storage.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Bytes;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Contract S4.3, S10.9. */
class LeaseTableTest {
  private static final Bytes KEY = Bytes.utf8("k");

  private final LeaseTable table = new LeaseTable();

  @Test
  void aKeyIsAttachedToOneLeaseAtMost() {
    table.add(new LeaseRecord(1, 10, 0, 0));
    table.add(new LeaseRecord(2, 10, 0, 0));
    table.attach(KEY, 1);
    table.attach(KEY, 2);

    assertThat(table.attachedKeys(1)).isEmpty();
    assertThat(table.attachedKeys(2)).containsExactly(KEY);
  }

  @Test
  void aPutWithoutALeaseDetaches() {
    table.add(new LeaseRecord(1, 10, 0, 0));
    table.attach(KEY, 1);
    table.attach(KEY, 0);

    assertThat(table.attachedCount(1)).isZero();
  }

  @Test
  void attachedKeysComeInKeyOrder() {
    table.add(new LeaseRecord(1, 10, 0, 0));
    for (var key : new String[] {"b", "c", "a"}) {
      table.attach(Bytes.utf8(key), 1);
    }

    assertThat(table.attachedKeys(1))
        .containsExactly(Bytes.utf8("a"), Bytes.utf8("b"), Bytes.utf8("c"));
  }

  @Test
  void aLeaseThatEndsGivesItsKeysUpInTheirOrder() {
    table.add(new LeaseRecord(1, 10, 0, 0));
    table.add(new LeaseRecord(2, 10, 0, 0));
    for (var key : new String[] {"b", "d", "a", "c"}) {
      table.attach(Bytes.utf8(key), 1);
    }
    table.attach(KEY, 2);

    assertThat(table.takeKeys(1, 3))
        .containsExactly(Bytes.utf8("a"), Bytes.utf8("b"), Bytes.utf8("c"));
    assertThat(table.attachedCount(1)).isEqualTo(1);
    assertThat(table.takeKeys(1, 3)).containsExactly(Bytes.utf8("d"));
    assertThat(table.takeKeys(1, 3)).isEmpty();
    assertThat(table.takeKeys(2, 3)).containsExactly(KEY);
    table.remove(1);
    table.remove(2);
    // What was taken belongs to nobody.
    table.attach(Bytes.utf8("a"), 0);
    assertThat(table.size()).isZero();
  }

  @Test
  void aLeaseThatGoesBeforeItsKeysLeavesThemAttachedToNothing() {
    table.add(new LeaseRecord(1, 10, 0, 0));
    for (var key : new String[] {"b", "c", "a"}) {
      table.attach(Bytes.utf8(key), 1);
    }
    assertThat(table.nextKeys(1, 2)).containsExactly(Bytes.utf8("a"), Bytes.utf8("b"));
    assertThat(table.nextKeys(1, 2)).containsExactly(Bytes.utf8("c"));
    table.removeBeforeKeys(1);
    assertThat(table.contains(1)).isFalse();

    // The same id again, before the keys are deleted: none of them is its own until it is put anew.
    table.add(new LeaseRecord(1, 20, 0, 0));
    table.attach(KEY, 1);
    assertThat(table.attachedKeys(1)).containsExactly(KEY);
    table.detach(Bytes.utf8("a"));
    table.attach(Bytes.utf8("a"), 1);
    table.attach(Bytes.utf8("b"), 1);
    table.detach(Bytes.utf8("c"));

    assertThat(table.attachedKeys(1)).containsExactly(Bytes.utf8("a"), Bytes.utf8("b"), KEY);
  }

  @Test
  void aLeaseThatComesAgainHasNothingOfTheOneBefore() {
    table.add(new LeaseRecord(7, 10, 5, 0));
    table.remove(7);
    table.add(new LeaseRecord(7, 20, 0, 0));

    assertThat(table.record(7)).isEqualTo(new LeaseRecord(7, 20, 0, 0));
    assertThat(table.attachedKeys(7)).isEmpty();
  }

  /** Ids collide, leases come and go, keys wander: the table is what two maps would be. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void isWhatTwoMapsWouldBe(long seed) {
    var random = new Random(seed);
    var leases = new TreeMap<Long, Long>();
    Map<Bytes, Long> attached = new HashMap<>();
    for (var step = 0; step < 20_000; step++) {
      // Multiples of a power of two collide in a hash of low bits.
      var id = (random.nextInt(300) - 150) * 4096L;
      switch (random.nextInt(4)) {
        case 0 -> {
          if (leases.putIfAbsent(id, (long) step + 1) == null) {
            table.add(new LeaseRecord(id, step + 1, 0, 0));
          }
        }
        case 1 -> {
          if (leases.remove(id) != null) {
            for (var key : table.attachedKeys(id)) {
              table.attach(key, 0);
            }
            table.remove(id);
            attached.values().removeIf(lease -> lease == id);
          }
        }
        default -> {
          var key = Bytes.utf8("k" + random.nextInt(100));
          var lease = leases.containsKey(id) ? id : 0;
          table.attach(key, lease);
          attached.put(key, lease);
        }
      }
      assertThat(table.contains(id))
          .as("seed %d step %d", seed, step)
          .isEqualTo(leases.containsKey(id));
    }
    assertThat(table.size()).isEqualTo(leases.size());
    var seen = new TreeMap<Long, Long>();
    table.forEach((id, ttl, _) -> seen.put(id, ttl));
    assertThat(seen).isEqualTo(leases);
    for (var id : leases.keySet()) {
      var keys = new TreeSet<Bytes>();
      attached.forEach(
          (key, lease) -> {
            if (lease.equals(id) && id != 0) {
              keys.add(key);
            }
          });
      if (id != 0) {
        assertThat(table.attachedKeys(id)).as("seed %d", seed).containsExactlyElementsOf(keys);
      }
    }
  }

  /** The table and, where leases run out, the clock: both together. */
  @ParameterizedTest
  @ValueSource(ints = {900_000, 1_000_000, 1_100_000})
  void aMillionLeasesTakeAtMost64BytesEach(int count) {
    var clock = new LeaseClock();
    var random = new Random(7);
    for (var number = 0; number < count; number++) {
      var id = random.nextLong();
      table.add(new LeaseRecord(id, 600, 0, number + 1));
      clock.add(id, 600, 0, number);
    }

    assertThat(table.sizeBytes()).as("the table").isLessThan(25L * count);
    assertThat(table.sizeBytes() + clock.sizeBytes()).as("both").isLessThan(64L * count);
  }

  @Test
  void aCheckpointOfTheLongestTimeIsKept() {
    table.add(new LeaseRecord(7, 9_000_000_000L, 0, 0));
    table.checkpoint(7, 8_999_999_999L);

    assertThat(table.record(7)).isEqualTo(new LeaseRecord(7, 9_000_000_000L, 8_999_999_999L, 0));
    table.checkpoint(7, 0);
    assertThat(table.record(7)).isEqualTo(new LeaseRecord(7, 9_000_000_000L, 0, 0));
  }

  @Test
  void aRecordComesBackAsItWasWritten() throws Exception {
    for (var record :
        new LeaseRecord[] {
          new LeaseRecord(-1, 9_000_000_000L, 0, 0),
          new LeaseRecord(Long.MAX_VALUE, 2, 1, 5_000_000_000L)
        }) {
      assertThat(LeaseRecord.decode(record.encode())).isEqualTo(record);
    }
    assertThat(LeaseRecord.key(1).toHex()).isEqualTo("0000000000000001");
  }
}
