package dev.kvorum.raft.verticle;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** How late a tick is. */
final class TickPlanTest {
  private final TickPlan plan = new TickPlan(100, 1_000);

  @Test
  void aTickAtItsTimeIsNotLate() {
    assertThat(plan.ticked(1_100)).isZero();
    assertThat(plan.ticked(1_200)).isZero();
  }

  @Test
  void oneLongTurnIsSeenAtItsFullLengthAndLeavesTheNextTicksInPeace() {
    assertThat(plan.ticked(1_150)).isEqualTo(50);
    assertThat(plan.ticked(1_200)).isZero();
  }

  @Test
  void ticksThatWereHeldUpTogetherAreEachMeasuredAgainstTheirOwnTime() {
    assertThat(plan.ticked(1_420)).isEqualTo(320);
    assertThat(plan.ticked(1_420)).isEqualTo(220);
    assertThat(plan.ticked(1_420)).isEqualTo(120);
    assertThat(plan.ticked(1_420)).isEqualTo(20);
    assertThat(plan.ticked(1_500)).isZero();
  }

  @Test
  void anEarlyTickIsNotLate() {
    assertThat(plan.ticked(1_099)).isZero();
  }
}
