package dev.kvorum.storage.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ByteRingTest {
  @Test
  void anEmptyRingHasRoomForItsCapacityAndNoMore() {
    var ring = new ByteRing(10_000);

    assertThat(ring.isEmpty()).isTrue();
    assertThat(ring.hasRoom(10_001)).isFalse();
    assertThat(ring.hasRoom(10_000)).isTrue();
  }

  @Test
  void noRoomNoBlock() {
    var ring = new ByteRing(100);
    ring.add(60);

    assertThatThrownBy(() -> ring.add(41)).isInstanceOf(InvariantViolation.class);
  }

  @Test
  void anEmptyRingHasNoOldest() {
    assertThatThrownBy(() -> new ByteRing(100).oldest()).isInstanceOf(InvariantViolation.class);
  }

  @Test
  void numbersAndBytesComeBack() {
    var ring = new ByteRing(100);
    var at = ring.add(15);
    ring.putLong(at, -7);
    ring.putInt(at + 8, 12);
    ring.putBytes(at + 12, Bytes.utf8("abc"));

    assertThat(ring.longAt(at)).isEqualTo(-7);
    assertThat(ring.intAt(at + 8)).isEqualTo(12);
    assertThat(ring.bytesAt(at + 12, 3)).isEqualTo(Bytes.utf8("abc"));
  }

  /** Against a queue: the same blocks in the same order, however often the ring goes round. */
  @Test
  void blocksAreFirstInFirstOut() {
    for (var seed = 0; seed < 200; seed++) {
      var random = new Random(seed);
      var capacity = 1 + random.nextInt(6_000);
      var ring = new ByteRing(capacity);
      var model = new ArrayDeque<Bytes>();
      var held = 0;
      for (var step = 0; step < 500; step++) {
        if (!model.isEmpty() && random.nextInt(4) == 0) {
          held -= model.getFirst().size();
          ring.removeOldest(model.removeFirst().size());
        } else {
          var bytes = new byte[1 + random.nextInt(Math.min(capacity, 500))];
          random.nextBytes(bytes);
          var block = Bytes.wrap(bytes);
          while (!ring.hasRoom(block.size())) {
            held -= model.getFirst().size();
            ring.removeOldest(model.removeFirst().size());
          }
          var at = ring.add(block.size());
          ring.putBytes(at, block);
          assertThat(ring.addedSince(at)).isEqualTo(block.size());
          model.addLast(block);
          held += block.size();
        }
        assertThat(held).as("seed %d step %d", seed, step).isLessThanOrEqualTo(capacity);
        assertThat(contents(ring, model))
            .as("seed %d step %d", seed, step)
            .containsExactlyElementsOf(model);
      }
    }
  }

  private static List<Bytes> contents(ByteRing ring, Iterable<Bytes> model) {
    var found = new ArrayList<Bytes>();
    var at = ring.isEmpty() ? ByteRing.NONE : ring.oldest();
    for (var block : model) {
      found.add(ring.bytesAt(at, block.size()));
      at = ring.after(at, block.size());
    }
    assertThat(at).isEqualTo(ByteRing.NONE);
    return found;
  }
}
