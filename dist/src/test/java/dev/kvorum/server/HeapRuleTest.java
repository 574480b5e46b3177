package dev.kvorum.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.server.HeapRule.Look;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HeapRuleTest {
  private static final long HEAP = 256L << 20;
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final HeapRule rule = new HeapRule(new Look(0, 0, HEAP));
  private long now;
  private long cpu;

  @Test
  void heapThatHasNotGrownIsLeftAlone() {
    assertThat(afterSecond(0, HEAP + HeapRule.WORTH_IT - 1)).isFalse();
  }

  @Test
  void grownHeapIsCollectedInQuietSecond() {
    assertThat(afterSecond(5, HEAP + HeapRule.WORTH_IT)).isTrue();
  }

  @Test
  void grownHeapWaitsForQuietSecond() {
    assertThat(afterSecond(90, HEAP + HeapRule.WORTH_IT)).isFalse();
    assertThat(afterSecond(11, HEAP + HeapRule.WORTH_IT)).isFalse();
    assertThat(afterSecond(10, HEAP + HeapRule.WORTH_IT)).isTrue();
  }

  @Test
  void heapThatHasGrownTooMuchDoesNotWait() {
    assertThat(afterSecond(200, HEAP + HeapRule.TOO_MUCH - 1)).isFalse();
    assertThat(afterSecond(200, HEAP + HeapRule.TOO_MUCH)).isTrue();
  }

  @Test
  void whatIsAliveIsNotCollectedAgainAndAgain() {
    var large = HEAP + HeapRule.TOO_MUCH;
    assertThat(afterSecond(200, large)).isTrue();
    rule.collected(new Look(now, cpu, large));
    assertThat(afterSecond(0, large)).isFalse();
    assertThat(afterSecond(0, large + HeapRule.WORTH_IT)).isTrue();
  }

  @Test
  void growthCountsFromTheSmallestHeapSeen() {
    assertThat(afterSecond(0, HEAP / 2)).isFalse();
    assertThat(afterSecond(0, HEAP / 2 + HeapRule.WORTH_IT)).isTrue();
  }

  @Test
  void momentIsTooShortToSayThatItIsQuiet() {
    now += SECOND / 10;
    assertThat(rule.observe(new Look(now, cpu, HEAP + HeapRule.WORTH_IT))).isFalse();
  }

  private boolean afterSecond(int cpuPercent, long heapBytes) {
    now += SECOND;
    cpu += SECOND / 100 * cpuPercent;
    return rule.observe(new Look(now, cpu, heapBytes));
  }
}
