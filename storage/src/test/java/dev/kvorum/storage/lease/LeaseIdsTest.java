package dev.kvorum.storage.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LeaseIdsTest {
  /** The factor of the hash, and what undoes it: ids can be made that stand close together. */
  private static final long FACTOR = 0x9e3779b97f4a7c15L;

  private static final long INVERSE = inverse();

  private static long inverse() {
    var inverse = FACTOR;
    for (var step = 0; step < 6; step++) {
      inverse *= 2 - FACTOR * inverse;
    }
    return inverse;
  }

  /** Long runs form, wrap around the end of their part, and close when one of them goes. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void idsThatCrowdInOnePartKeepTheirSlots(long seed) {
    var random = new Random(seed);
    var ids = new LeaseIds();
    Map<Long, Integer> slots = new HashMap<>();
    for (var step = 0; step < 20_000; step++) {
      // One part of the hash, and in it the last places: the upper bits are all ones.
      var id = INVERSE * (-1L << 20 | random.nextInt(400));
      var slot = slots.get(id);
      assertThat(ids.find(id))
          .as("seed %d step %d", seed, step)
          .isEqualTo(slot == null ? -1 : slot);
      if (slot == null) {
        slots.put(id, ids.add(id));
      } else if (random.nextInt(3) > 0) {
        assertThat(ids.remove(id)).isEqualTo(slots.remove(id));
      }
    }
    assertThat(ids.size()).isEqualTo(slots.size());
    assertThat(new TreeSet<>(slots.values())).hasSize(slots.size());
    slots.forEach((id, slot) -> assertThat(ids.id(slot)).isEqualTo(id));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void manyIdsOfAnyKindAreFound(long seed) {
    var random = new Random(seed);
    var ids = new LeaseIds();
    Map<Long, Integer> slots = new HashMap<>();
    for (var count = 0; count < 200_000; count++) {
      var id = count % 2 == 0 ? random.nextLong() : count * 4096L;
      slots.computeIfAbsent(id, ids::add);
    }
    slots.forEach((id, slot) -> assertThat(ids.find(id)).isEqualTo(slot));
    assertThat(ids.slotLimit()).isEqualTo(slots.size());
    slots.forEach((id, slot) -> assertThat(ids.remove(id)).isEqualTo(slot));
    assertThat(ids.size()).isZero();
  }
}
