package dev.kvorum.server.notation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GoNumberTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "100, 100",
    "+7, 7",
    "-7, -7",
    "0x1F, 31",
    "0X1f, 31",
    "0b101, 5",
    "0o17, 15",
    "017, 15",
    "1_000, 1000",
    "0x_1, 1",
    "9223372036854775807, 9223372036854775807",
    "-9223372036854775808, -9223372036854775808"
  })
  void numbersAreReadInTheBaseThatTheyName(String text, long number) throws NotationException {
    assertThat(GoNumber.parseSigned(text)).isEqualTo(number);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "-", "x", "1x", "1.5", "1e3", "0x", "0b2", "09", "_1", "1_", "1__0", " 1", "١"
      })
  void whatIsNoNumberIsRefused(String text) {
    assertThatThrownBy(() -> GoNumber.parseSigned(text))
        .hasMessage("strconv.ParseInt: parsing \"" + text + "\": invalid syntax");
  }

  @Test
  void numbersOutOfRangeAreToldApart() {
    assertThatThrownBy(() -> GoNumber.parseSigned("9223372036854775808"))
        .isInstanceOfSatisfying(
            NotationException.class, wrong -> assertThat(wrong.outOfRange()).isTrue());
    assertThatThrownBy(() -> GoNumber.parseUnsigned("4294967296", 32))
        .hasMessage("strconv.ParseUint: parsing \"4294967296\": value out of range");
    assertThatThrownBy(() -> GoNumber.parseUnsigned("18446744073709551616", 64))
        .hasMessageContaining("out of range");
  }

  @Test
  void numbersWithoutSignUseAllBits() throws NotationException {
    assertThat(GoNumber.parseUnsigned("18446744073709551615", 64)).isEqualTo(-1);
    assertThat(GoNumber.parseUnsigned("4294967295", 32)).isEqualTo(0xffff_ffffL);
    assertThatThrownBy(() -> GoNumber.parseUnsigned("-1", 64)).hasMessageContaining("syntax");
  }

  @Test
  void truthHasGosWords() throws NotationException {
    for (var word : new String[] {"1", "t", "T", "true", "TRUE", "True"}) {
      assertThat(GoNumber.parseBool(word)).isTrue();
    }
    for (var word : new String[] {"0", "f", "F", "false", "FALSE", "False"}) {
      assertThat(GoNumber.parseBool(word)).isFalse();
    }
    assertThatThrownBy(() -> GoNumber.parseBool("yes")).isInstanceOf(NotationException.class);
  }

  @Test
  void quotedTextStaysOnOneLine() {
    assertThat(GoText.quoted("a\"b\\c\nd\te\u0001")).isEqualTo("\"a\\\"b\\\\c\\nd\\te\\x01\"");
  }
}
