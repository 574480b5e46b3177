package dev.kvorum.simulator.world;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.simulator.plan.Plan;
import dev.kvorum.simulator.plan.Tuning;
import dev.kvorum.simulator.plan.Weather;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the first figure of the benchmark measures is work, and always the same. */
class BareClusterTest {
  private static final long EVENTS = 20_000;
  private static final Plan PLAN =
      new Plan(1, 3, 0, EVENTS, 0, Weather.CALM, Tuning.ROOMY, 100_000, List.of());

  @Test
  void aCalmClusterCommitsAnEntryInEveryFewDozenEvents() {
    assertThat(new BareCluster(PLAN, 16).run(EVENTS)).isGreaterThan(EVENTS / 50);
  }

  @Test
  void theSameSeedCommitsTheSame() {
    assertThat(new BareCluster(PLAN, 16).run(EVENTS))
        .isEqualTo(new BareCluster(PLAN, 16).run(EVENTS));
  }
}
