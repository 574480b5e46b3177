package dev.kvorum.verticles.stage;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EndPaceTest {
  private static final int ENTRY = 250;

  private final EndPace pace = new EndPace();
  private long now = 1_000_000_000_000L;

  /** Contract S10.3 has no pace; ours ends 200,000 leases with a key each in five seconds. */
  @Test
  void aLargeStormIsOverInTime() {
    assertThat(end(400_000)).isLessThan(4_900_000_000L);
  }

  @Test
  void aStormBeginsSlowly() {
    var first = end(ENTRY);
    end(EndPace.SLOW_ENDS);

    assertThat(end(ENTRY)).isEqualTo(ENTRY * EndPace.NANOS_AN_END);
    assertThat(first).isEqualTo(ENTRY * (EndPace.NANOS_AN_END + EndPace.NANOS_AT_FIRST));
  }

  @Test
  void aStormLongAfterTheLastBeginsSlowlyAgain() {
    end(EndPace.SLOW_ENDS);
    now += EndPace.OVER_AFTER_NANOS + 1;

    assertThat(pace.isDue(now)).isTrue();
    // What a late timer makes up for goes without a rest.
    now -= EndPace.MAX_MADE_UP_NANOS;
    assertThat(end(ENTRY)).isEqualTo(ENTRY * (EndPace.NANOS_AN_END + EndPace.NANOS_AT_FIRST));
  }

  @Test
  void aLateTimerIsMadeUpForAndALongStandstillIsNot() {
    end(2 * EndPace.SLOW_ENDS);
    now += 3_000_000_000L;

    var atOnce = 0;
    while (pace.isDue(now)) {
      pace.went(ENTRY);
      atOnce += ENTRY;
    }
    assertThat(atOnce * EndPace.NANOS_AN_END)
        .isBetween(
            EndPace.MAX_MADE_UP_NANOS, EndPace.MAX_MADE_UP_NANOS + ENTRY * EndPace.NANOS_AN_END);
  }

  /** Ends so many, each entry as soon as it is due, and says how long that took. */
  private long end(int ends) {
    assertThat(pace.isDue(now)).isTrue();
    var began = pace.nextNanos();
    for (var ended = 0; ended < ends; ended += ENTRY) {
      now = Math.max(now, pace.nextNanos());
      assertThat(pace.isDue(now)).isTrue();
      pace.went(ENTRY);
    }
    now = Math.max(now, pace.nextNanos());
    return pace.nextNanos() - began;
  }
}
