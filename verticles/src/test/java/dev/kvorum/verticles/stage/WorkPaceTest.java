package dev.kvorum.verticles.stage;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WorkPaceTest {
  private static final long MILLISECOND = 1_000_000;

  private long now = 40 * MILLISECOND;
  private final WorkPace pace = WorkPace.ofCompaction(7, now);

  @Test
  void whileOthersPutTheJobHasAQuarterOfTheTime() {
    assertThat(pace.restNanos(2 * MILLISECOND, 8, now)).isEqualTo(6 * MILLISECOND);
    assertThat(pace.restNanos(5 * MILLISECOND, 90, now)).isEqualTo(15 * MILLISECOND);
  }

  @Test
  void jobThatTakesMinutesRestsLessAndLess() {
    now += WorkPace.COMPACTION_PATIENCE_NANOS - 1;
    assertThat(pace.restNanos(6 * MILLISECOND, 8, now)).isEqualTo(18 * MILLISECOND);
    now += 1;
    assertThat(pace.restNanos(6 * MILLISECOND, 9, now)).isEqualTo(6 * MILLISECOND);
    now += WorkPace.COMPACTION_PATIENCE_NANOS;
    assertThat(pace.restNanos(6 * MILLISECOND, 10, now)).isEqualTo(2 * MILLISECOND);
    now += 100 * WorkPace.COMPACTION_PATIENCE_NANOS;
    assertThat(pace.restNanos(6 * MILLISECOND, 11, now)).isEqualTo(2 * MILLISECOND);
  }

  @Test
  void deleteThatTakesSecondsRestsLessAndLess() {
    var sweep = WorkPace.ofSweep(7, now);
    now += WorkPace.SWEEP_PATIENCE_NANOS - 1;
    assertThat(sweep.restNanos(6 * MILLISECOND, 8, now)).isEqualTo(18 * MILLISECOND);
    now += 1;
    assertThat(sweep.restNanos(6 * MILLISECOND, 9, now)).isEqualTo(6 * MILLISECOND);
    now += WorkPace.SWEEP_PATIENCE_NANOS;
    assertThat(sweep.restNanos(6 * MILLISECOND, 10, now)).isEqualTo(2 * MILLISECOND);
  }

  @Test
  void listsHaveHalfOfTheTimeHoweverLongTheyTake() {
    var lists = WorkPace.ofLists(7, now);
    assertThat(lists.restNanos(2 * MILLISECOND, 8, now)).isEqualTo(2 * MILLISECOND);
    now += 100 * WorkPace.COMPACTION_PATIENCE_NANOS;
    assertThat(lists.restNanos(2 * MILLISECOND, 9, now)).isEqualTo(2 * MILLISECOND);
    assertThat(lists.restNanos(80 * MILLISECOND, 10, now))
        .isEqualTo(WorkPace.LONGEST_LIST_REST_NANOS);
    now += WorkPace.QUIET_AFTER_NANOS;
    assertThat(lists.restNanos(2 * MILLISECOND, 10, now)).isZero();
  }

  @Test
  void besideALargeDeleteTheJobRestsLongerAsLongAsItHasPatience() {
    assertThat(pace.restBesideSweepNanos(2 * MILLISECOND, 8, now))
        .isEqualTo(WorkPace.REST_BESIDE_SWEEP_NANOS);
    assertThat(pace.restBesideSweepNanos(20 * MILLISECOND, 9, now)).isEqualTo(60 * MILLISECOND);
    now += WorkPace.QUIET_AFTER_NANOS;
    assertThat(pace.restBesideSweepNanos(2 * MILLISECOND, 9, now)).isZero();
    now += WorkPace.COMPACTION_PATIENCE_NANOS;
    assertThat(pace.restBesideSweepNanos(2 * MILLISECOND, 10, now)).isEqualTo(2 * MILLISECOND);
  }

  /** The next entries are on their way to the disk, or wait for the loop. */
  @Test
  void momentWithoutAnEntryIsNotQuietYet() {
    assertThat(pace.restNanos(2 * MILLISECOND, 8, now)).isPositive();
    now += WorkPace.QUIET_AFTER_NANOS - 1;
    assertThat(pace.restNanos(2 * MILLISECOND, 8, now)).isEqualTo(6 * MILLISECOND);
  }

  @Test
  void whileNothingIsAppliedTheJobDoesNotRest() {
    now += WorkPace.QUIET_AFTER_NANOS;
    assertThat(pace.restNanos(2 * MILLISECOND, 7, now)).isZero();
    assertThat(pace.restNanos(2 * MILLISECOND, 8, now)).isPositive();
    now += WorkPace.QUIET_AFTER_NANOS;
    assertThat(pace.restNanos(2 * MILLISECOND, 8, now)).isZero();
  }

  @Test
  void restIsNeitherTooShortToBeOfUseNorWithoutEnd() {
    assertThat(pace.restNanos(1, 8, now)).isEqualTo(WorkPace.SHORTEST_REST_NANOS);
    assertThat(pace.restNanos(60_000 * MILLISECOND, 9, now)).isEqualTo(WorkPace.LONGEST_REST_NANOS);
  }
}
