package dev.kvorum.storage.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.storage.model.ResponseCodec.Origin;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Forms that the recorded answers do not have; all others are in the golden replay. */
final class ResponseCodecTest {
  private static final Origin ORIGIN = new Origin(1, 2, 3);

  @Test
  void nestedTransactionHasAPresentAndEmptyHeader() {
    var inner = new Result.Txn(0, true, List.of(new Result.Put(9, null)));
    var outer = new Result.Txn(9, true, List.of(inner));
    assertThat(ResponseCodec.encode(outer, ORIGIN).toHex())
        .isEqualTo(
            "0a08"
                + "0801"
                + "1002"
                + "1809"
                + "2003" // header
                + "1001" // succeeded
                + "1a0e"
                + "220c" // response_txn
                + "0a00"
                + "1001"
                + "1a06"
                + "1204"
                + "0a02"
                + "1809");
  }

  @Test
  void deeplyNestedTransactionsAreSizedOnce() {
    var txn = new Result.Txn(0, true, List.of(new Result.Put(1, null)));
    for (var depth = 1; depth < CommandCodec.MAX_TXN_DEPTH; depth++) {
      txn = new Result.Txn(0, true, List.of(txn, new Result.Put(1, null)));
    }
    var encoded = ResponseCodec.encode(txn, ORIGIN);
    // An exact size means that nothing was grown or left over.
    assertThat(encoded.sharedArray()).hasSize(encoded.size());
  }

  @Test
  void alarmsFollowTheHeader() {
    var alarms = List.of(new Result.AlarmMember(-1, 1), new Result.AlarmMember(0, 2));
    assertThat(ResponseCodec.encode(new Result.Alarm(4, alarms), ORIGIN).toHex())
        .isEqualTo(
            "0a08"
                + "0801"
                + "1002"
                + "1804"
                + "2003"
                + "120d"
                + "08ffffffffffffffffff01"
                + "1001"
                + "1202"
                + "1002");
  }

  @Test
  void chunksBeforeTheLastHaveKeyValuesOnly() {
    var chunk = new Result.Range(7, List.of(Bytes.hex("0a0161")), true, 9);
    assertThat(ResponseCodec.encodeChunk(chunk, false, ORIGIN).toHex())
        .isEqualTo("0a05" + "1203" + "0a0161");
    assertThat(ResponseCodec.encodeChunk(chunk, true, ORIGIN).toHex())
        .isEqualTo("0a13" + "0a08" + "0801100218072003" + "1203" + "0a0161" + "1801" + "2009");
  }

  @Test
  void failureIsNoMessage() {
    var failed = new Result.Failed(Failure.NO_LEADER);
    assertThatThrownBy(() -> ResponseCodec.encode(failed, ORIGIN))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
