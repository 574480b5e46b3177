package dev.kvorum.storage.mvcc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PatternDefeatingSortTest {
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 12, 13, 49, 50, 51, 100, 1000, 20_000})
  void sortsEveryPattern(int size) {
    var random = new Random(size);
    List<IntUnaryOperator> patterns =
        List.of(
            i -> i,
            i -> -i,
            _ -> 0,
            i -> i % 2,
            i -> i % 17,
            i -> Math.abs(i - size / 2),
            i -> i == size - 1 ? -1 : i,
            i -> i == size / 2 ? size : i,
            _ -> random.nextInt(),
            _ -> random.nextInt(1 + size / 10));
    for (var pattern : patterns) {
      var items = new ArrayList<>(IntStream.range(0, size).map(pattern).boxed().toList());
      var expected = items.stream().sorted().toList();
      PatternDefeatingSort.sort(items, Comparator.naturalOrder());
      assertThat(items).isEqualTo(expected);
    }
  }

  @Test
  void staysFastWhenEveryPivotIsBad() {
    // An adversary that decides while it is asked: whatever is looked at as a pivot is small.
    var size = 20_000;
    var frozen = new int[size];
    var state =
        new Object() {
          int solid;
          int candidate;
          long comparisons;
        };
    Comparator<Integer> adversary =
        (left, right) -> {
          state.comparisons++;
          if (frozen[left] == 0 && frozen[right] == 0) {
            frozen[left.equals(state.candidate) ? left : right] = ++state.solid;
          }
          if (frozen[left] == 0) {
            state.candidate = left;
          } else if (frozen[right] == 0) {
            state.candidate = right;
          }
          var leftRank = frozen[left] == 0 ? Integer.MAX_VALUE : frozen[left];
          var rightRank = frozen[right] == 0 ? Integer.MAX_VALUE : frozen[right];
          return Integer.compare(leftRank, rightRank);
        };
    PatternDefeatingSort.sort(
        new ArrayList<>(IntStream.range(0, size).boxed().toList()), adversary);
    // n log2 n is 286,000; a quadratic sort would take 200 million.
    assertThat(state.comparisons).isLessThan(3_000_000);
  }
}
