package dev.kvorum.loadtest.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class DelaysTest {
  @Test
  void quantilesAreWithinASixteenth() {
    Delays delays = new Delays();
    for (int millis = 1; millis <= 1_000; millis++) {
      delays.add(millis * 1_000_000L);
    }

    assertThat(delays.quantileMillis(0.5)).isCloseTo(500, within(500 / 16.0));
    assertThat(delays.quantileMillis(0.99)).isCloseTo(990, within(990 / 16.0));
    assertThat(delays.maxMillis()).isEqualTo(1_000);
  }

  @Test
  void nothingIsForgottenBetweenMicrosecondsAndHours() {
    Delays delays = new Delays();
    delays.add(0);
    delays.add(3_600_000_000_000L);

    assertThat(delays.count()).isEqualTo(2);
    assertThat(delays.quantileMillis(0.5)).isZero();
    assertThat(delays.quantileMillis(1)).isEqualTo(3_600_000);
  }
}
