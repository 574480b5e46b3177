package dev.kvorum.verticles.stage;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WorkPaceTest {
  private static final long MILLISECOND = 1_000_000;

  private final WorkPace pace = new WorkPace(7);

  @Test
  void whileOthersPutTheJobHasAQuarterOfTheTime() {
    assertThat(pace.restNanos(2 * MILLISECOND, 8)).isEqualTo(6 * MILLISECOND);
    assertThat(pace.restNanos(5 * MILLISECOND, 90)).isEqualTo(15 * MILLISECOND);
  }

  @Test
  void whileNothingIsAppliedTheJobDoesNotRest() {
    assertThat(pace.restNanos(2 * MILLISECOND, 7)).isZero();
    assertThat(pace.restNanos(2 * MILLISECOND, 8)).isPositive();
    assertThat(pace.restNanos(2 * MILLISECOND, 8)).isZero();
  }

  @Test
  void aRestIsNeitherTooShortToBeOfUseNorWithoutEnd() {
    assertThat(pace.restNanos(1, 8)).isEqualTo(WorkPace.SHORTEST_REST_NANOS);
    assertThat(pace.restNanos(60_000 * MILLISECOND, 9)).isEqualTo(WorkPace.LONGEST_REST_NANOS);
  }
}
