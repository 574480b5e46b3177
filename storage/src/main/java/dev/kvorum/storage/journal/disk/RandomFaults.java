package dev.kvorum.storage.journal.disk;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Faults at given rates, drawn from one generator: the same seed, the same faults. */
public final class RandomFaults implements FaultPlan {
  private static final int MILLION = 1_000_000;

  private final RandomGenerator random;

  private final List<FaultKind> kinds;

  /** How often in a million calls each of the kinds is drawn. */
  private final int[] rates;

  private final int all;

  /**
   * @param perMillion how often in a million calls that it can happen to each kind is drawn,
   *     together at most a million; a kind that is not named never is
   */
  public RandomFaults(RandomGenerator random, Map<FaultKind, Integer> perMillion) {
    this.random = random;
    this.kinds = perMillion.keySet().stream().sorted().toList();
    this.rates = kinds.stream().mapToInt(kind -> perMillion.getOrDefault(kind, 0)).toArray();
    this.all = Arrays.stream(rates).sum();
    if (all > MILLION || Arrays.stream(rates).anyMatch(rate -> rate < 0)) {
      throw new IllegalArgumentException("rates are not parts of a million: " + perMillion);
    }
  }

  @Override
  public @Nullable FaultKind operation(DiskOperation operation) {
    var kind = draw();
    return kind != null && kind.appliesTo(operation) ? kind : null;
  }

  @Override
  public @Nullable FaultKind read(String path, long offset, int length) {
    var kind = draw();
    return kind != null && kind.appliesToReads() ? kind : null;
  }

  private @Nullable FaultKind draw() {
    if (all == 0) {
      return null;
    }
    var drawn = random.nextInt(MILLION);
    if (drawn >= all) {
      return null;
    }
    for (var i = 0; i < rates.length; i++) {
      drawn -= rates[i];
      if (drawn < 0) {
        return kinds.get(i);
      }
    }
    return null;
  }
}
