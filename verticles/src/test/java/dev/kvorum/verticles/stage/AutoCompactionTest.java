package dev.kvorum.verticles.stage;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Contract S8. */
class AutoCompactionTest {
  private static final long MINUTE = Duration.ofMinutes(1).toNanos();
  private static final long HOUR = Duration.ofHours(1).toNanos();

  @Test
  void periodicWakesTenTimesAPeriodAndAtLeastTenTimesAnHour() {
    assertThat(periodic(HOUR).intervalNanos()).isEqualTo(6 * MINUTE);
    assertThat(periodic(10 * MINUTE).intervalNanos()).isEqualTo(MINUTE);
    assertThat(periodic(24 * HOUR).intervalNanos()).isEqualTo(6 * MINUTE);
  }

  @Test
  void periodicCompactsToTheRevisionOfOnePeriodAgoOnceThePeriodHasPassed() {
    var schedule = periodic(10 * MINUTE);
    // Revision 100 at the start, one more each minute.
    for (var minute = 1; minute < 10; minute++) {
      assertThat(schedule.wake(minute * MINUTE, 100 + minute, true)).isEmpty();
    }

    assertThat(schedule.wake(10 * MINUTE, 110, true)).hasValue(100);
  }

  @Test
  void periodicGoesOnEveryPeriodAfterASuccess() {
    var schedule = periodic(10 * MINUTE);
    var compactions = 0;
    for (var minute = 1; minute <= 60; minute++) {
      var due = schedule.wake(minute * MINUTE, 100 + minute, true);
      if (due.isPresent()) {
        assertThat(due).hasValue(100 + minute - 10);
        schedule.succeeded(minute * MINUTE, due.getAsLong());
        compactions++;
      }
    }

    assertThat(compactions).isEqualTo(6);
  }

  @Test
  void periodicOfADayGoesOnEveryHourAfterItsFirstDay() {
    var schedule = periodic(24 * HOUR);
    var first = -1L;
    var second = -1L;
    for (var wake = 1L; second < 0; wake++) {
      var now = wake * 6 * MINUTE;
      var due = schedule.wake(now, 100 + wake, true);
      if (due.isPresent()) {
        schedule.succeeded(now, due.getAsLong());
        if (first < 0) {
          first = now;
        } else {
          second = now;
        }
      }
    }

    assertThat(first).isEqualTo(24 * HOUR);
    assertThat(second).isEqualTo(25 * HOUR);
  }

  @Test
  void periodicTriesAgainAtTheNextWakeAfterAFailure() {
    var schedule = periodic(10 * MINUTE);
    for (var minute = 1; minute <= 10; minute++) {
      var _ = schedule.wake(minute * MINUTE, 100 + minute, true);
    }

    assertThat(schedule.wake(11 * MINUTE, 111, true)).hasValue(101);
  }

  @Test
  void periodicSkipsARevisionThatWasCompactedAlready() {
    var schedule = periodic(10 * MINUTE);
    schedule.succeeded(0, 100);

    for (var minute = 1; minute <= 30; minute++) {
      assertThat(schedule.wake(minute * MINUTE, 100, true)).isEmpty();
    }
  }

  @Test
  void aMemberThatDoesNotLeadKeepsTheRecordButDoesNotAct() {
    var schedule = periodic(10 * MINUTE);
    for (var minute = 1; minute <= 14; minute++) {
      assertThat(schedule.wake(minute * MINUTE, 100 + minute, false)).isEmpty();
    }

    assertThat(schedule.wake(15 * MINUTE, 115, true)).hasValue(105);
  }

  @Test
  void byRevisionKeepsThatManyRevisionsEveryFiveMinutes() {
    var schedule = new AutoCompaction.ByRevision(1000);

    assertThat(schedule.intervalNanos()).isEqualTo(5 * MINUTE);
    assertThat(schedule.wake(0, 1000, true)).isEmpty();
    assertThat(schedule.wake(0, 1500, true)).isEqualTo(OptionalLong.of(500));
    schedule.succeeded(0, 500);
    assertThat(schedule.wake(0, 1500, true)).isEmpty();
    assertThat(schedule.wake(0, 1501, true)).hasValue(501);
  }

  private static AutoCompaction periodic(long periodNanos) {
    return new AutoCompaction.Periodic(periodNanos, 0, 100);
  }
}
