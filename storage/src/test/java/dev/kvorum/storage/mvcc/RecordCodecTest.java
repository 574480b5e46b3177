package dev.kvorum.storage.mvcc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.model.Revision;
import org.junit.jupiter.api.Test;

final class RecordCodecTest {
  private static final Revision REVISION = new Revision(0x0102, 3);
  private static final Bytes RECORD = KeyValueCodec.tombstone(Bytes.utf8("a"));

  private static Write write(boolean tombstone) {
    var checksum = RecordCodec.checksum(REVISION, tombstone, RECORD);
    return new Write(REVISION, tombstone, RECORD, checksum);
  }

  @Test
  void bucketKeyIsEtcds() {
    assertThat(write(false).bucketKey().toHex())
        .isEqualTo("0000000000000102" + "5f" + "0000000000000003");
    assertThat(write(true).bucketKey().toHex())
        .isEqualTo("0000000000000102" + "5f" + "0000000000000003" + "74");
  }

  @Test
  void recordComesBackAsItWasWritten() {
    for (var tombstone : new boolean[] {false, true}) {
      var write = write(tombstone);
      assertThat(RecordCodec.id(write.bucketKey())).isEqualTo(new RecordId(REVISION, tombstone));
      assertThat(RecordCodec.record(write.bucketKey(), write.bucketValue())).isEqualTo(RECORD);
    }
  }

  @Test
  void everyFlippedBitIsFoundOut() {
    var key = write(false).bucketKey();
    var value = write(false).bucketValue().toArray();
    for (var bit = 0; bit < value.length * 8; bit++) {
      value[bit / 8] ^= (byte) (1 << bit % 8);
      var damaged = Bytes.copyOf(value);
      assertThatThrownBy(() -> RecordCodec.record(key, damaged))
          .isInstanceOf(CorruptRecordException.class);
      value[bit / 8] ^= (byte) (1 << bit % 8);
    }
  }

  @Test
  void recordInAnotherPlaceIsFoundOut() {
    var elsewhere = RecordCodec.bucketKey(new Revision(0x0102, 4));
    assertThatThrownBy(() -> RecordCodec.record(elsewhere, write(false).bucketValue()))
        .isInstanceOf(CorruptRecordException.class)
        .hasMessageContaining("checksum");
  }

  @Test
  void foreignKeysAndShortValuesAreFoundOut() {
    for (var hex : new String[] {"", "00", "00".repeat(17), "00".repeat(18), "00".repeat(19)}) {
      assertThatThrownBy(() -> RecordCodec.id(Bytes.hex(hex)))
          .isInstanceOf(CorruptRecordException.class);
    }
    assertThatThrownBy(() -> RecordCodec.record(write(false).bucketKey(), Bytes.hex("00")))
        .isInstanceOf(CorruptRecordException.class);
  }

  @Test
  void metaOfTheFirstFormatIsReadWithoutTheHighHalfOfItsHash() {
    // Format, applied 9, term 2, revision 8, compacted 7 and 6 plus one each, sizes, hash 3.
    assertThat(StoreMeta.decode(Bytes.hex("010902080807050403")))
        .isEqualTo(new StoreMeta(9, 2, 8, 7, 6, 5, 4, 0, 3));
  }

  @Test
  void metaComesBackAsItWasWritten() {
    var meta = new StoreMeta(9, 2, 8, 7, -1, 5000, 4000, 77, -5);
    assertThat(StoreMeta.decode(meta.encode())).isEqualTo(meta);
    assertThatThrownBy(() -> StoreMeta.decode(Bytes.hex("03")))
        .isInstanceOf(CorruptRecordException.class)
        .hasMessageContaining("format");
    assertThatThrownBy(() -> StoreMeta.decode(meta.encode().slice(0, 3)))
        .isInstanceOf(CorruptRecordException.class);
  }
}
