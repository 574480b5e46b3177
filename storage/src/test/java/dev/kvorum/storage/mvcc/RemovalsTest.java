package dev.kvorum.storage.mvcc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Revision;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What comes in any order goes in the order of revisions, whole. */
class RemovalsTest {
  private record Seen(Revision revision, boolean tombstone, int recordSize) {}

  private final Removals removals = new Removals();

  @Test
  void recordsOfManyRunsComeOutInTheOrderOfRevisions() {
    var seed = System.nanoTime();
    var random = new Random(seed);
    var all = new ArrayList<Seen>();
    for (var i = 0; i < 5_000; i++) {
      // Sub revisions as in transactions of 3; sizes from 0 on, because a tombstone's may be small.
      all.add(new Seen(new Revision(i / 3, i % 3), random.nextInt(4) == 0, random.nextInt(50)));
    }
    var arriving = new ArrayList<>(all);
    Collections.shuffle(arriving, random);
    arriving.forEach(each -> removals.visit(each.revision, each.tombstone, each.recordSize));

    var handedOut = new ArrayList<Seen>();
    while (removals.count() > 0) {
      handedOut.addAll(take(1 + random.nextInt(400)));
    }
    assertThat(handedOut).as("seed %d", seed).isEqualTo(all);
  }

  @Test
  void noMoreAreHandedOutThanAskedFor() {
    IntStream.range(0, 10).forEach(i -> removals.visit(new Revision(i, 0), false, 1));

    assertThat(take(4)).hasSize(4);
    assertThat(removals.count()).isEqualTo(6);
    assertThat(take(100)).hasSize(6);
    assertThat(take(100)).isEmpty();
  }

  @Test
  void whatArrivesLaterIsHandedOutInItsPlace() {
    removals.visit(new Revision(5, 0), false, 1);
    removals.visit(new Revision(9, 0), true, 2);
    assertThat(take(1)).extracting(Seen::revision).containsExactly(new Revision(5, 0));

    removals.visit(new Revision(7, 2), false, 3);
    assertThat(take(9))
        .containsExactly(
            new Seen(new Revision(7, 2), false, 3), new Seen(new Revision(9, 0), true, 2));
  }

  private List<Seen> take(int maxRecords) {
    var taken = new ArrayList<Seen>();
    removals.take(
        maxRecords, (revision, tombstone, size) -> taken.add(new Seen(revision, tombstone, size)));
    return taken;
  }
}
