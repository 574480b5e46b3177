package dev.kvorum.storage.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Contract S1.7. */
final class KeyValueCodecTest {
  private static final Bytes KEY = Bytes.utf8("k");

  @Test
  void fieldsStandInTheOrderOfTheirNumbers() {
    var kv = new KeyValue(KEY, 2, 3, 4, Bytes.utf8("v"), -1);
    var record = KeyValueCodec.encode(kv);
    assertThat(record.toHex())
        .isEqualTo("0a016b" + "1002" + "1803" + "2004" + "2a0176" + "30ffffffffffffffffff01");
    assertThat(record.sharedArray()).hasSize(record.size());
    assertThat(KeyValueCodec.decodeStored(record)).isEqualTo(kv);
  }

  @Test
  void zeroFieldsAreLeftOut() {
    assertThat(KeyValueCodec.encode(new KeyValue(KEY, 2, 2, 1, Bytes.EMPTY, 0)).toHex())
        .isEqualTo("0a016b" + "1002" + "1802" + "2001");
  }

  @Test
  void tombstoneHoldsTheKeyAndItsEventTheRevisionToo() {
    assertThat(KeyValueCodec.tombstone(KEY).toHex()).isEqualTo("0a016b");
    assertThat(KeyValueCodec.deleted(KEY, 5).toHex()).isEqualTo("0a016b" + "1805");
  }

  @Test
  void storedRecordThatDoesNotDecodeIsABug() {
    assertThatThrownBy(() -> KeyValueCodec.decodeStored(Bytes.hex("0a05")))
        .isInstanceOf(InvariantViolation.class);
  }
}
