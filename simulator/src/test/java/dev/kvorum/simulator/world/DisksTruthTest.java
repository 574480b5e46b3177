package dev.kvorum.simulator.world;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.simulator.client.Clients;
import dev.kvorum.simulator.client.TrafficPlan;
import dev.kvorum.simulator.oracle.Oracles;
import dev.kvorum.simulator.plan.Plan;
import dev.kvorum.simulator.plan.Tuning;
import dev.kvorum.simulator.plan.Weather;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What counts as durable is what the media hold, and not what the members believe. */
class DisksTruthTest {
  private static final long SECOND = 1_000_000_000L;
  private static final Plan PLAN =
      new Plan(7, 3, 4, 20_000, 5 * SECOND, Weather.CALM, Tuning.ROOMY, 100_000, List.of());

  private final Oracles oracles = new Oracles(false);
  private final World world =
      new World(PLAN, new Clients(TrafficPlan.draw(PLAN)), List.of(oracles), null);

  @Test
  void aCommitOnAQuorumOfLyingDisksIsFound() {
    oracles.watch(world);
    // Not by the fault atlas, which leaves a quorum of honest disks.
    world.member(0).files().lie(true);
    world.member(1).files().lie(true);

    assertThatThrownBy(world::run)
        .isInstanceOf(WrongException.class)
        .hasMessageContaining("what is committed is durable on a quorum");
  }

  @Test
  void honestDisksHoldWhatTheMembersBelieve() {
    oracles.watch(world);

    world.run();

    for (var member : world.members()) {
      var last = world.cluster().durable(world.members().indexOf(member));
      assertThat(member.isOnMedium(last.index())).isTrue();
      assertThat(member.wouldFind(last)).isTrue();
    }
  }
}
