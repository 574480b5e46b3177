package dev.kvorum.server.logging;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TimestampsTest {
  @ParameterizedTest
  @CsvSource({
    "UTC, 2026-07-23T10:11:12.123456789Z, 2026-07-23T10:11:12.123456Z",
    "UTC, 2026-01-02T03:04:05Z, 2026-01-02T03:04:05.000000Z",
    "Europe/Berlin, 2026-07-23T10:11:12.000001Z, 2026-07-23T12:11:12.000001+0200",
    "America/St_Johns, 2026-01-01T00:00:00Z, 2025-12-31T20:30:00.000000-0330"
  })
  void timesAreLocalWithSixDigits(ZoneId zone, Instant instant, String text) {
    assertThat(text(new Timestamps(zone), instant)).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTC", "Asia/Kolkata", "America/New_York"})
  void theRememberedSecondIsNeverAnother(String zone) {
    var expected =
        DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSXX", Locale.ROOT)
            .withZone(ZoneId.of(zone));
    var timestamps = new Timestamps(ZoneId.of(zone));
    var random = new SplittableRandom(7);
    for (int i = 0; i < 2_000; i++) {
      var instant =
          Instant.ofEpochSecond(1_700_000_000L + random.nextInt(3), random.nextInt(1_000_000_000));
      assertThat(text(timestamps, instant)).isEqualTo(expected.format(instant));
    }
  }

  @Test
  void theDefaultZoneIsTheSystems() {
    assertThat(text(new Timestamps(), Instant.EPOCH))
        .isEqualTo(text(new Timestamps(ZoneId.systemDefault()), Instant.EPOCH));
  }

  private static String text(Timestamps timestamps, Instant instant) {
    var text = new StringBuilder();
    timestamps.append(instant, text);
    return text.toString();
  }
}
