package dev.kvorum.simulator.shrink;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Makes a list that fails smaller while it still fails (ddmin, Zeller and Hildebrandt 2002): leaves
 * out ever smaller parts, until no single element can be left out or the budget is used up.
 */
public final class DeltaDebugging {
  private int runsLeft;

  /**
   * @param maxRuns how often a list may be tried, over all calls
   */
  public DeltaDebugging(int maxRuns) {
    runsLeft = maxRuns;
  }

  public int runsLeft() {
    return runsLeft;
  }

  /** Tries one candidate; false without a try when the budget is used up. */
  public <T> boolean fails(T candidate, Predicate<T> test) {
    if (runsLeft == 0) {
      return false;
    }
    runsLeft--;
    return test.test(candidate);
  }

  /**
   * A sublist that still fails.
   *
   * @param list fails as it is; that is not tried again
   * @param fails whether a sublist fails
   */
  public <T> List<T> smallest(List<T> list, Predicate<List<T>> fails) {
    if (fails(List.of(), fails)) {
      return List.of();
    }
    var smallest = list;
    var parts = 2;
    while (smallest.size() > 1 && runsLeft > 0) {
      var smaller = withoutOnePart(smallest, parts, fails);
      if (smaller != null) {
        smallest = smaller;
        parts = Math.max(2, parts - 1);
      } else if (parts >= smallest.size()) {
        break;
      } else {
        parts = Math.min(smallest.size(), 2 * parts);
      }
    }
    return smallest;
  }

  private <T> @Nullable List<T> withoutOnePart(List<T> list, int parts, Predicate<List<T>> fails) {
    for (var part = parts - 1; part >= 0; part--) {
      var from = (int) ((long) list.size() * part / parts);
      var to = (int) ((long) list.size() * (part + 1) / parts);
      if (from == to) {
        continue;
      }
      var rest = new ArrayList<>(list.subList(0, from));
      rest.addAll(list.subList(to, list.size()));
      if (fails(rest, fails)) {
        return rest;
      }
    }
    return null;
  }
}
