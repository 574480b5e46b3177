package dev.kvorum.storage.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.Revision;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RecentEventsTest {
  private static final ChunkLimits NO_LIMITS = new ChunkLimits(10_000, 10_000, Long.MAX_VALUE);

  @Test
  void nothingBeforeItsBirthIsKnown() {
    var recent = new RecentEvents(7, 1_000);

    assertThat(recent.holds(7)).isFalse();
    assertThat(recent.holds(8)).isTrue();
    assertThat(recent.from(new Revision(8, 0), NO_LIMITS).events()).isEmpty();
  }

  @Test
  void anEventComesBackAsItWas() {
    var recent = new RecentEvents(1, 10_000);
    var put =
        new Event(new Revision(2, 0), false, Bytes.utf8("a"), Bytes.utf8("record"), null, 1L << 62);
    var delete =
        new Event(
            new Revision(3, 1), true, Bytes.EMPTY, Bytes.utf8("tombstone"), new Revision(2, 0), 0);
    recent.add(2, List.of(put));
    recent.add(3, List.of(delete));

    assertThat(recent.from(new Revision(2, 0), NO_LIMITS))
        .isEqualTo(new History(2, 3, List.of(put, delete)));
    assertThat(recent.from(new Revision(3, 0), NO_LIMITS).events()).containsExactly(delete);
    assertThat(recent.from(new Revision(3, 2), NO_LIMITS).events()).isEmpty();
  }

  @Test
  void aRevisionThatWouldTakeMostOfItIsNotKept() {
    var recent = new RecentEvents(1, 1_000);
    recent.add(2, List.of(event(2, 0, 10)));
    recent.add(3, List.of(event(3, 0, 900), event(3, 1, 900)));

    assertThat(recent.holds(3)).isFalse();
    assertThat(recent.holds(4)).isTrue();
    recent.add(4, List.of(event(4, 0, 10)));
    assertThat(recent.from(new Revision(4, 0), NO_LIMITS).events())
        .containsExactly(event(4, 0, 10));
  }

  @Test
  void aRevisionThatIsPassedOverIsNotThereNorAreThoseBeforeIt() {
    var recent = new RecentEvents(1, 1_000);
    recent.add(2, List.of(event(2, 0, 10)));
    recent.pass(3);

    assertThat(recent.holds(3)).isFalse();
    assertThat(recent.holds(4)).isTrue();
    assertThat(recent.from(new Revision(4, 0), NO_LIMITS).to()).isEqualTo(3);
  }

  /** Against a list of everything: what it holds it has whole, and it holds the newest. */
  @Test
  void whatItHoldsIsWholeAndTheNewest() {
    for (var seed = 0; seed < 200; seed++) {
      var random = new Random(seed);
      var capacity = random.nextInt(6_000);
      var recent = new RecentEvents(1, capacity);
      var all = new ArrayList<Event>();
      var oldestHeld = 0L;
      for (var revision = 2L; revision < 120; revision++) {
        var ofRevision = new ArrayList<Event>();
        for (var sub = 0; sub <= random.nextInt(4); sub++) {
          ofRevision.add(event(revision, sub, random.nextInt(300)));
        }
        recent.add(revision, ofRevision);
        all.addAll(ofRevision);
        var first = revision + 1;
        while (first > 2 && recent.holds(first - 1)) {
          first--;
        }
        assertThat(first).as("what was forgotten stays so").isGreaterThanOrEqualTo(oldestHeld);
        oldestHeld = first;
        var from = new Revision(first, 0);
        assertThat(recent.from(from, NO_LIMITS).events())
            .as("seed %d revision %d", seed, revision)
            .isEqualTo(
                all.stream().filter(event -> event.revision().main() >= from.main()).toList());
      }
    }
  }

  private static Event event(long main, long sub, int recordBytes) {
    return new Event(
        new Revision(main, sub),
        sub % 2 == 1,
        Bytes.utf8("key" + sub),
        Bytes.wrap(new byte[recordBytes]),
        main % 3 == 0 ? new Revision(main - 1, 0) : null,
        main % 2);
  }
}
