package dev.kvorum.verticles.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Revision;
import java.util.HashMap;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RecordRingTest {
  private static final int CAPACITY = 16 * 1024;
  private static final int HEADER = 24;

  private final RecordRing ring = new RecordRing(CAPACITY);

  @Test
  void anUnknownRevisionHasNoRecord() {
    assertThat(ring.get(new Revision(2, 0))).isNull();
  }

  @Test
  void whatFitsIsAllFound() {
    var size = CAPACITY / 100 - HEADER;
    for (var main = 0; main < 100; main++) {
      ring.put(new Revision(main, 1), record(main, size));
    }
    for (var main = 0; main < 100; main++) {
      assertThat(ring.get(new Revision(main, 1))).isEqualTo(record(main, size));
      assertThat(ring.get(new Revision(main, 0))).isNull();
    }
  }

  @Test
  void theOldestGoesFirst() {
    var size = CAPACITY / 16 - HEADER;
    for (var main = 0; main < 17; main++) {
      ring.put(new Revision(main, 0), record(main, size));
    }
    assertThat(ring.get(new Revision(0, 0))).isNull();
    assertThat(ring.get(new Revision(1, 0))).isEqualTo(record(1, size));
    assertThat(ring.get(new Revision(16, 0))).isEqualTo(record(16, size));
  }

  @Test
  void whatIsReadNowAndThenStays() {
    var read = new Revision(1_000_000, 0);
    ring.put(read, record(7, 300));
    for (var main = 0; main < 10_000; main++) {
      ring.put(new Revision(main, 0), record(main, 100));
      if (main % 20 == 0) {
        assertThat(ring.get(read)).isEqualTo(record(7, 300));
      }
    }
  }

  @Test
  void aRecordLargerThanHalfOfTheRingIsNotKept() {
    ring.put(new Revision(1, 0), record(1, 10));
    ring.put(new Revision(2, 0), record(2, CAPACITY));

    assertThat(ring.get(new Revision(2, 0))).isNull();
    assertThat(ring.get(new Revision(1, 0))).isEqualTo(record(1, 10));
  }

  @Test
  void anEmptyRecordIsARecord() {
    ring.put(new Revision(1, 0), Bytes.EMPTY);

    assertThat(ring.get(new Revision(1, 0))).isEqualTo(Bytes.EMPTY);
  }

  /** Against a map that forgets nothing: an answer is right or none, and the last one is there. */
  @Test
  void randomRecordsAreRightOrForgotten() {
    for (var seed = 0; seed < 50; seed++) {
      var random = new Random(seed);
      var capacity = 64 + random.nextInt(8_000);
      var small = new RecordRing(capacity);
      var all = new HashMap<Revision, Bytes>();
      for (var step = 0; step < 3_000; step++) {
        var revision = new Revision(random.nextInt(400), random.nextInt(3));
        if (random.nextBoolean()) {
          var size = random.nextInt(random.nextInt(20) == 0 ? capacity : 120);
          var record = all.computeIfAbsent(revision, key -> record((int) key.main() + 1000, size));
          small.put(revision, record);
          if (record.size() <= capacity / 2 - HEADER) {
            assertThat(small.get(revision)).as("seed %d step %d", seed, step).isEqualTo(record);
          }
        } else {
          var found = small.get(revision);
          if (found != null) {
            assertThat(found).as("seed %d step %d", seed, step).isEqualTo(all.get(revision));
          }
        }
      }
    }
  }

  private static Bytes record(int seed, int size) {
    var bytes = new byte[size];
    new Random(seed).nextBytes(bytes);
    return Bytes.wrap(bytes);
  }
}
