package dev.kvorum.simulator.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.simulator.Verdict;
import dev.kvorum.simulator.plan.Swarm;
import dev.kvorum.simulator.world.Reachable;
import org.junit.jupiter.api.Test;

/**
 * The seeds of every build. One that fails prints how to run it again; a bug that one has found
 * leaves its seed here.
 */
class SeedsTest {
  private static final long FIRST = 1;
  private static final long COUNT = 300;

  @Test
  void threeHundredSeedsHold() throws InterruptedException {
    var total =
        SeedRuns.ordinary(0, Swarm.EVENTS, _ -> {})
            .run(FIRST, COUNT, Runtime.getRuntime().availableProcessors());

    assertThat(total.failures().stream().map(SeedsTest::line)).isEmpty();
    assertThat(total.seeds()).isEqualTo(COUNT);
    // What never happened was not tested: each fault, each way to crash, each point of interest.
    var reached = Reachable.points();
    reached.add(total.coverage());
    assertThat(reached.counts()).doesNotContainValue(0L);
  }

  private static String line(Verdict.Failed failed) {
    return "./kvorum simulate --replay %d --trace: %s%n%s"
        .formatted(failed.plan().seed(), failed.what(), failed.detail());
  }
}
