package dev.kvorum.simulator.shrink;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class DeltaDebuggingTest {
  private static final List<Integer> NUMBERS = IntStream.range(0, 1000).boxed().toList();

  @Test
  void findsTheElementsThatFailTogether() {
    var found =
        new DeltaDebugging(10_000)
            .smallest(NUMBERS, list -> list.containsAll(List.of(17, 500, 501, 999)));
    assertThat(found).containsExactly(17, 500, 501, 999);
  }

  @Test
  void findsThatNothingIsNeeded() {
    assertThat(new DeltaDebugging(10).smallest(NUMBERS, _ -> true)).isEmpty();
  }

  @Test
  void keepsWhatFailsOnlyAsAWhole() {
    var found = new DeltaDebugging(10_000).smallest(NUMBERS, list -> list.size() == 1000);
    assertThat(found).hasSize(1000);
  }

  /** A failure that comes and goes with the length: the result cannot lose any one element. */
  @Test
  void leavesNoElementThatCouldGoAlone() {
    var found =
        new DeltaDebugging(100_000)
            .smallest(
                NUMBERS, list -> list.stream().mapToInt(i -> i).sum() % 7 == 3 && list.size() > 20);
    for (var i = 0; i < found.size(); i++) {
      var rest = new ArrayList<>(found);
      rest.subList(i, i + 1).clear();
      assertThat(rest.stream().mapToInt(n -> n).sum() % 7 == 3 && rest.size() > 20).isFalse();
    }
  }

  @Test
  void stopsWhenTheBudgetIsUsedUpWithSomethingThatFails() {
    var debugging = new DeltaDebugging(20);
    var found = debugging.smallest(NUMBERS, list -> list.contains(3) && list.contains(997));
    assertThat(found).contains(3, 997);
    assertThat(debugging.runsLeft()).isZero();
  }
}
