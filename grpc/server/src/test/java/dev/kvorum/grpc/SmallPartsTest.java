package dev.kvorum.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Timeouts, texts and pings: what needs no network to be tested. */
class SmallPartsTest {
  @ParameterizedTest
  @CsvSource({
    "1n, 1",
    "0n, 0",
    "25u, 25000",
    "7m, 7000000",
    "2S, 2000000000",
    "3M, 180000000000",
    "1H, 3600000000000",
    "99999999H, 9223372036854775807",
  })
  void timeoutIsDigitsAndAUnit(String text, long nanos) {
    assertThat(GrpcTimeout.parseNanos(text)).isEqualTo(nanos);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "1", "n", "123456789n", "1s", "+1S", "-1S", "1 S", "0x1S", "1.0S", "٣S"})
  void everythingElseIsNoTimeout(String text) {
    assertThat(GrpcTimeout.parseNanos(text)).isEqualTo(GrpcTimeout.MALFORMED);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "etcdserver: key is not provided|etcdserver: key is not provided",
        "100% é|100%25 %C3%A9",
        "tab\tbreak|tab%09break",
        "\uD83D\uDE00|%F0%9F%98%80",
      })
  void messageTravelsAsPrintableAscii(String text, String encoded) {
    assertThat(PercentEncoding.encode(text)).isEqualTo(encoded);
  }

  @Test
  void quotedTextIsPrintableAndShort() {
    assertThat(Quoted.of("a\"b\\c\n")).isEqualTo("\"a\\\"b\\\\c\\u000a\"");
    assertThat(Quoted.of("x".repeat(100_000)).length()).isLessThan(300);
  }

  @Test
  void thirdPingThatComesTooSoonIsTooMany() {
    var policy = new PingPolicy(Duration.ofSeconds(5));
    var second = Duration.ofSeconds(1).toNanos();

    assertThat(policy.accepts(0, true)).isTrue();
    assertThat(policy.accepts(second, true)).isTrue();
    assertThat(policy.accepts(2 * second, true)).isTrue();
    assertThat(policy.accepts(3 * second, true)).isFalse();
  }

  @Test
  void pingsInTimeAreWelcome() {
    var policy = new PingPolicy(Duration.ofSeconds(5));

    for (var i = 0L; i < 100; i++) {
      assertThat(policy.accepts(i * Duration.ofSeconds(5).toNanos(), true)).isTrue();
    }
  }

  @Test
  void clientWithoutCallsHasNoReasonToPing() {
    var policy = new PingPolicy(Duration.ofSeconds(5));
    var minute = Duration.ofMinutes(1).toNanos();

    assertThat(policy.accepts(0, false)).isTrue();
    assertThat(policy.accepts(minute, false)).isTrue();
    assertThat(policy.accepts(2 * minute, false)).isTrue();
    assertThat(policy.accepts(3 * minute, false)).isFalse();
  }

  @Test
  void whatTheServerSendsForgivesEarlierPings() {
    // A client measures bandwidth by a ping for each burst of data that it receives.
    var policy = new PingPolicy(Duration.ofSeconds(5));

    for (var i = 0L; i < 100; i++) {
      policy.sent();
      assertThat(policy.accepts(i, true)).isTrue();
    }
  }
}
