package dev.kvorum.verticles.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LargeTurnsTest {
  private static final long HALF = LargeTurns.MOST_BYTES / 2;

  private final LargeTurns turns = new LargeTurns();
  private final List<String> begun = new ArrayList<>();

  @Test
  void whatFitsBeginsAtOnceAndTheRestInItsTurn() {
    enter("a", HALF);
    enter("b", HALF);
    enter("c", HALF);
    enter("d", HALF);
    assertThat(begun).containsExactly("a", "b");

    turns.end(HALF);
    assertThat(begun).containsExactly("a", "b", "c");
  }

  @Test
  void aProposalAboveTheBoundGoesAlone() {
    enter("huge", 3 * LargeTurns.MOST_BYTES);
    enter("small", HALF);
    assertThat(begun).containsExactly("huge");

    turns.end(3 * LargeTurns.MOST_BYTES);
    assertThat(begun).containsExactly("huge", "small");
  }

  @Test
  void nobodyPassesAProposalThatWaits() {
    enter("a", HALF);
    enter("whole", LargeTurns.MOST_BYTES);
    enter("b", HALF);
    assertThat(begun).containsExactly("a");

    turns.end(HALF);
    assertThat(begun).containsExactly("a", "whole");
  }

  /** As at the member's end, when everything that waits is refused as soon as it begins. */
  @Test
  void proposalsThatEndWhileTheyBeginLetTheOthersThrough() {
    enter("a", LargeTurns.MOST_BYTES);
    for (var number = 0; number < 1_000; number++) {
      var name = "refused " + number;
      turns.enter(
          LargeTurns.MOST_BYTES,
          () -> {
            begun.add(name);
            turns.end(LargeTurns.MOST_BYTES);
          });
    }
    assertThat(begun).containsExactly("a");

    turns.end(LargeTurns.MOST_BYTES);
    assertThat(begun).hasSize(1_001);
    enter("next", LargeTurns.MOST_BYTES);
    assertThat(begun).endsWith("next");
  }

  private void enter(String name, long bytes) {
    turns.enter(bytes, () -> begun.add(name));
  }
}
