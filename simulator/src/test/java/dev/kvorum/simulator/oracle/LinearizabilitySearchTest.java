package dev.kvorum.simulator.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.simulator.client.History;
import dev.kvorum.simulator.client.TrafficPlan;
import dev.kvorum.simulator.oracle.SingleCopy.Defect;
import dev.kvorum.simulator.world.WrongException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class LinearizabilitySearchTest {
  private static final int SEEDS = 30;
  private static final int MAX_NODES = 200_000;

  private static History random(long seed, Defect defect) {
    var plan = SingleCopy.plan(seed, 12, 15_000);
    return SingleCopy.history(seed, TrafficPlan.drawSingleKeys(plan), defect);
  }

  @Test
  void acceptsWhatOneCopyAnswersAndAlwaysDecides() {
    for (var seed = 0L; seed < SEEDS; seed++) {
      var undecided = LinearizabilitySearch.check(random(seed, Defect.NONE), MAX_NODES);
      assertThat(undecided).as("keys of seed %d", seed).isZero();
    }
  }

  /** The other check sees more, because it knows the log; it must never see less. */
  @ParameterizedTest
  @EnumSource
  void refusesNothingThatTheHistoryCheckAccepts(Defect defect) {
    var refused = 0;
    var refusedByBoth = 0;
    for (var seed = 0L; seed < SEEDS; seed++) {
      var history = random(seed, defect);
      var accepted = isAccepted(() -> HistoryCheck.check(history));
      var found = isAccepted(() -> LinearizabilitySearch.check(history, MAX_NODES));
      refused += accepted ? 0 : 1;
      refusedByBoth += found ? 0 : 1;
      assertThat(found || !accepted).as("seed %d", seed).isTrue();
    }
    if (defect == Defect.NONE) {
      assertThat(refused).isZero();
    } else if (defect != Defect.REFUSED_WRITE) {
      // The search finds only what a later answer shows, and takes a refusal at its word.
      assertThat(refusedByBoth).as("of %d", refused).isGreaterThan(refused / 3);
    }
  }

  private static boolean isAccepted(Runnable check) {
    try {
      check.run();
      return true;
    } catch (WrongException _) {
      return false;
    }
  }
}
