package dev.kvorum.server.notation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GoDurationTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0s",
    "1, 1ns",
    "1100, 1.1µs",
    "2200000, 2.2ms",
    "100000000, 100ms",
    "1500000000, 1.5s",
    "300000000000, 5m0s",
    "3600000000000, 1h0m0s",
    "5405001000000, 1h30m5.001s",
    "-1500000000, -1.5s",
    "9223372036854775807, 2562047h47m16.854775807s",
    "-9223372036854775808, -2562047h47m16.854775808s"
  })
  void durationsAreWrittenAsGoWritesThem(long nanos, String text) {
    assertThat(GoDuration.format(nanos)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "5s, 5000000000",
    "30s, 30000000000",
    "-5s, -5000000000",
    "+5s, 5000000000",
    "5.0s, 5000000000",
    ".5s, 500000000",
    "1.s, 1000000000",
    "1.004s, 1004000000",
    "10ns, 10",
    "11us, 11000",
    "12µs, 12000",
    "12μs, 12000",
    "3h30m, 12600000000000",
    "10.5s4m, 250500000000",
    "1h2m3s4ms5us6ns, 3723004005006",
    "0.3333333333333333333h, 1200000000000",
    "9007199254740993ns, 9007199254740993"
  })
  void durationsAreReadAsGoReadsThem(String text, long nanos) throws NotationException {
    assertThat(GoDuration.parse(text)).isEqualTo(nanos);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-", "s", ".", "-.", ".s", "+.s", "10000000000h", "1..5s"})
  void whatIsNoDurationIsRefused(String text) {
    assertThatThrownBy(() -> GoDuration.parse(text))
        .isInstanceOf(NotationException.class)
        .hasMessageStartingWith("time: ");
  }

  @Test
  void refusalSaysWhatIsWrong() {
    assertThatThrownBy(() -> GoDuration.parse("10"))
        .hasMessage("time: missing unit in duration \"10\"");
    assertThatThrownBy(() -> GoDuration.parse("3 days"))
        .hasMessage("time: unknown unit \" days\" in duration \"3 days\"");
    assertThatThrownBy(() -> GoDuration.parse("x")).hasMessage("time: invalid duration \"x\"");
  }

  @Test
  void whatIsWrittenReadsBack() throws NotationException {
    var random = new SplittableRandom(42);
    for (int i = 0; i < 1_000; i++) {
      long nanos = random.nextLong() >> random.nextInt(Long.SIZE);
      if (nanos != Long.MIN_VALUE) {
        assertThat(GoDuration.parse(GoDuration.format(nanos))).isEqualTo(nanos);
      }
    }
  }

  @Test
  void aDurationBeyondGosRangeShowsAsItsEnd() {
    assertThat(GoDuration.format(Duration.ofSeconds(Long.MAX_VALUE)))
        .isEqualTo("2562047h47m16.854775807s");
  }
}
