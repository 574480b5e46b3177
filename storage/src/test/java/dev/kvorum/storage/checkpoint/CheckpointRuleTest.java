package dev.kvorum.storage.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class CheckpointRuleTest {
  private static final long REST = 1_000;
  private static final CheckpointRule.Limits LIMITS =
      new CheckpointRule.Limits(200_000, 50_000, REST);
  private static final long NO_COMPACTION = -1;

  private final CheckpointRule rule = new CheckpointRule(0, LIMITS);

  @Test
  void fewRecordsNeedNone() {
    assertThat(rule.isDue(199_999, 199_999, NO_COMPACTION, 0)).isFalse();
    assertThat(rule.isDue(200_000, 200_000, NO_COMPACTION, 0)).isTrue();
  }

  @Test
  void largeIndexIsWrittenLessOften() {
    assertThat(rule.isDue(399_999, 8_000_000, NO_COMPACTION, 0)).isFalse();
    assertThat(rule.isDue(400_000, 8_000_000, NO_COMPACTION, 0)).isTrue();
  }

  @Test
  void theNextOneCountsFromTheLast() {
    rule.began(300_000, 250_000, 0);
    assertThat(rule.isDue(499_999, 100, NO_COMPACTION, 0)).isFalse();
    assertThat(rule.isDue(500_000, 100, NO_COMPACTION, 0)).isTrue();
  }

  @Test
  void compactionBeyondTheLastOneMakesTheNextDueAfterARest() {
    rule.began(300_000, 250_000, 5_000);
    assertThat(rule.isDue(300_001, 100_000, 250_000, 9_999)).isFalse();
    assertThat(rule.isDue(300_001, 100_000, 250_001, 5_000 + REST - 1)).isFalse();
    assertThat(rule.isDue(300_001, 100_000, 250_001, 5_000 + REST)).isTrue();
  }

  @Test
  void compactionOfASmallIndexDoesNot() {
    assertThat(rule.isDue(20_000, 10_000, 15_000, 0)).isFalse();
  }

  @Test
  void storeThatWasCompactedAndHasNoneGetsOneAtOnce() {
    assertThat(rule.isDue(60_000, 60_000, 15_000, 0)).isTrue();
    assertThat(new CheckpointRule(15_000, LIMITS).isDue(60_000, 60_000, 15_000, 0)).isFalse();
  }

  @Test
  void oneThatWasGivenUpIsDueAsBeforeAfterARest() {
    rule.began(200_000, 150_000, 0);
    assertThat(rule.isDue(200_000, 100_000, NO_COMPACTION, REST)).isFalse();
    rule.gaveUp();
    assertThat(rule.isDue(200_000, 100_000, NO_COMPACTION, REST - 1)).isFalse();
    assertThat(rule.isDue(200_000, 100_000, NO_COMPACTION, REST)).isTrue();
  }
}
