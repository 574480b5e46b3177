package dev.kvorum.storage.mvcc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.RemovedRecords.Removed;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RemovedRecordsTest {
  private static Removed removed(long main, long sub, boolean tombstone, int recordSize) {
    return new Removed(new RecordId(new Revision(main, sub), tombstone), recordSize);
  }

  private static void add(RemovedRecords records, Removed removed) {
    records.add(removed.id(), removed.recordSize());
  }

  @Test
  void recordsComeBackWholeAndInTheOrderOfTheirRevisions() {
    var random = new Random(20_261_121);
    var given = new ArrayList<Removed>();
    var records = new RemovedRecords();
    for (var i = 0; i < 5_000; i++) {
      var removed =
          removed(random.nextLong(100), random.nextLong(1L << 40), random.nextBoolean(), i);
      given.add(removed);
      add(records, removed);
      if (random.nextInt(50) == 0) {
        records.endRun();
      }
    }
    records.endRun();
    var back = new ArrayList<Removed>();
    while (records.size() > 0) {
      back.addAll(records.take(7));
      assertThat(back.size() + records.size()).isEqualTo(given.size());
    }
    given.sort(Comparator.comparing(removed -> removed.id().revision()));
    assertThat(back).isEqualTo(given);
  }

  @Test
  void whatWasEmptiedIsFilledAgain() {
    var first = removed(2, 1, true, 5);
    var second = removed(Long.MAX_VALUE, 0, false, 6);
    var records = new RemovedRecords();
    for (var round = 0; round < 3; round++) {
      add(records, second);
      add(records, first);
      records.endRun();
      assertThat(records.take(1)).containsExactly(first);
      assertThat(records.take(10)).containsExactly(second);
      assertThat(records.take(10)).isEmpty();
      assertThat(records.size()).isZero();
    }
  }
}
