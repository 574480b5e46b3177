package dev.kvorum.simulator.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.kvorum.simulator.client.History;
import dev.kvorum.simulator.client.TrafficPlan;
import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.simulator.oracle.SingleCopy.Defect;
import dev.kvorum.simulator.world.WrongException;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

final class HistoryCheckTest {
  private static final int SEEDS = 60;

  private static History random(long seed, Defect defect) {
    var plan = SingleCopy.plan(seed, 12, 15_000);
    return SingleCopy.history(seed, TrafficPlan.draw(plan), defect);
  }

  @Test
  void acceptsWhatOneCopyAnswers() {
    var operations = 0;
    for (var seed = 0L; seed < SEEDS; seed++) {
      var history = random(seed, Defect.NONE);
      operations += history.operationCount();
      assertThatCode(() -> HistoryCheck.check(history))
          .as("seed %d", seed)
          .doesNotThrowAnyException();
    }
    assertThat(operations).isGreaterThan(SEEDS * 200);
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
  void findsEveryDefect(Defect defect) {
    var found = 0;
    for (var seed = 0L; seed < SEEDS; seed++) {
      found += isAccepted(random(seed, defect)) ? 0 : 1;
    }
    // A seed in which the defect never struck, or struck where nobody could see it, is good.
    assertThat(found).isGreaterThan(SEEDS * 8 / 10);
  }

  @Test
  void rejectsMutatedHistories() {
    var random = new SimRandom(7);
    var missed = new TreeMap<Mutation, Integer>();
    var tried = 0;
    for (var seed = 0L; seed < 20; seed++) {
      var story = Story.of(random(seed, Defect.NONE));
      for (var mutation : Mutation.values()) {
        for (var i = 0; i < 3; i++) {
          var mutated = mutation.apply(story, random);
          if (mutated != null) {
            tried++;
            if (isAccepted(mutated.toHistory())) {
              missed.merge(mutation, 1, Integer::sum);
            }
          }
        }
      }
    }
    assertThat(tried).isGreaterThan(800);
    assertThat(missed).isEmpty();
  }

  private static boolean isAccepted(History history) {
    try {
      HistoryCheck.check(history);
      return true;
    } catch (WrongException _) {
      return false;
    }
  }
}
