package dev.kvorum.storage.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

final class CommandTextTest {
  private static final Command.Put PUT =
      new Command.Put(Bytes.utf8("a\"\0"), Bytes.utf8("secret"), 7, true, false, false);

  @Test
  void aPutIsWrittenWithoutItsValue() {
    assertThat(CommandText.of(PUT))
        .isEqualTo("key:\"a\\\"\\x00\" value_size:6 lease:7 prev_kv:true");
    assertThat(CommandText.withKind(PUT))
        .isEqualTo("put:<key:\"a\\\"\\x00\" value_size:6 lease:7 prev_kv:true>");
  }

  @Test
  void whatIsNotSetIsNotWritten() {
    var range =
        new Command.Range(Bytes.utf8("a"), Bytes.EMPTY, 3, 0, 2, 9, true, false, false, 0, 0, 0, 0);
    assertThat(CommandText.of(range))
        .isEqualTo("key:\"a\" limit:3 sort_order:DESCEND sort_target:9 serializable:true");
    assertThat(CommandText.of(new Command.Alarm(0, 0, 0))).isEmpty();
  }

  @Test
  void aTransactionIsWrittenWithAllItsLevels() {
    var compare =
        new Command.Compare(
            Command.Compare.GREATER,
            Command.Compare.VALUE,
            Bytes.utf8("k"),
            Bytes.EMPTY,
            0,
            Bytes.utf8("secret"));
    var inner = new Command.Txn(List.of(), List.of(), List.of(new Command.MissingOp()));
    var txn = new Command.Txn(List.of(compare), List.of(PUT), List.of(inner));
    assertThat(CommandText.of(txn))
        .doesNotContain("secret")
        .isEqualTo(
            "compare:<result:GREATER target:VALUE key:\"k\" value_size:6> "
                + "success:<request_put:<key:\"a\\\"\\x00\" value_size:6 lease:7 prev_kv:true>> "
                + "failure:<request_txn:<failure:<missing:<>>>>");
  }

  @Test
  void aLineIsCutBeforeItGetsAsLongAsARequestMay() {
    var huge = Bytes.wrap(new byte[1 << 20]);
    var put = new Command.Put(huge, huge, 0, false, false, false);
    var many = new Command.Txn(List.of(), Collections.nCopies(10_000, PUT), List.of());
    assertThat(CommandText.of(put)).hasSize(CommandText.MAX_SIZE + 3).endsWith("...");
    assertThat(CommandText.of(many)).hasSize(CommandText.MAX_SIZE + 3).endsWith("...");
  }
}
