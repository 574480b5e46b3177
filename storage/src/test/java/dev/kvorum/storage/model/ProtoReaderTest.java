package dev.kvorum.storage.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ProtoReaderTest {
  private static void skipAll(Bytes message) throws MalformedProto {
    var reader = new ProtoReader(message);
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      reader.skip(tag);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 127, 128, 16_383, 16_384, Integer.MAX_VALUE, Long.MAX_VALUE, -1})
  void varintComesBackAsItWasWritten(long value) throws MalformedProto {
    var written = new ProtoWriter(0).varint(value).toBytes();
    assertThat(written.size()).isEqualTo(ProtoWriter.varintSize(value));
    assertThat(new ProtoReader(written).varint()).isEqualTo(value);
  }

  @Test
  void varintMayHaveNeedlessBytes() throws MalformedProto {
    assertThat(new ProtoReader(Bytes.hex("81808000")).varint()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "08,                         truncated varint",
    "0880,                       truncated varint",
    "08ffffffffffffffffff02,     overflows",
    "0880808080808080808080 01,  overflows",
    "0a05 61,                    length runs past the end",
    "0affffffff0f,               length runs past the end",
    "0affffffffffffffffff01,     length runs past the end",
    "09 00,                      truncated fixed-size field",
    "0d 00,                      truncated fixed-size field",
    "00,                         illegal field number",
    "8080808010 00,              illegal field number",
    "0e,                         illegal wire type 6",
    "0f,                         illegal wire type 7",
    "0c,                         end of a group that never began",
    "0b,                         truncated group",
    "0b 14,                      group ends under another field number",
  })
  void malformedMessageIsRefusedWithItsReason(String hex, String reason) {
    var message = Bytes.hex(hex.replace(" ", ""));
    assertThatThrownBy(() -> skipAll(message))
        .isInstanceOf(MalformedProto.class)
        .hasMessageContaining(reason);
  }

  @Test
  void unknownFieldsOfEveryWireTypeArePassedOver() throws MalformedProto {
    skipAll(Bytes.hex("0896011101020304050607081a0161" + "230b08010c24" + "2d01020304"));
  }

  @Test
  void deeplyNestedGroupsAreRefused() {
    assertThatThrownBy(() -> skipAll(Bytes.hex("0b".repeat(1_000_000))))
        .isInstanceOf(MalformedProto.class)
        .hasMessageContaining("nested");
  }

  @Test
  void readerStaysInsideItsWindow() throws MalformedProto {
    var window = Bytes.hex("ff0a0161ff").slice(1, 4);
    var reader = new ProtoReader(window);
    assertThat(reader.next()).isEqualTo(ProtoReader.tag(1, ProtoReader.LENGTH));
    assertThat(reader.bytes()).isEqualTo(Bytes.utf8("a"));
    assertThat(reader.next()).isZero();
  }
}
