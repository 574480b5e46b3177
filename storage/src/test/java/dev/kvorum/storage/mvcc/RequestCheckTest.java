package dev.kvorum.storage.mvcc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Command.TxnOp;
import dev.kvorum.storage.model.Failure;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Contract S2.6, S3.1, S4.1, S6.1, S6.4, S6.7, S17.3. The model test covers them at random too. */
final class RequestCheckTest {
  private static Bytes bytes(String text) {
    return Bytes.utf8(text);
  }

  private static Command.Put put(String key) {
    return new Command.Put(bytes(key), bytes("value"), 0, false, false, false);
  }

  private static Command.DeleteRange delete(String key, String end) {
    return new Command.DeleteRange(bytes(key), bytes(end), false);
  }

  private static Command.Range range(boolean serializable, int order, int target, long minMod) {
    return new Command.Range(
        bytes("a"), Bytes.EMPTY, 0, 0, order, target, serializable, false, false, minMod, 0, 0, 0);
  }

  private static Command.Txn txn(TxnOp... success) {
    return new Command.Txn(List.of(), List.of(success), List.of());
  }

  private static Command.Txn either(TxnOp success, TxnOp failure) {
    return new Command.Txn(List.of(), List.of(success), List.of(failure));
  }

  private static @Nullable Failure check(TxnOp... ops) {
    return RequestCheck.check(txn(ops), 128);
  }

  @Test
  void streamRefusesOrdersAndFiltersOfItsOwn() {
    assertThat(RequestCheck.checkStream(range(false, 0, 0, 0))).isNull();
    assertThat(RequestCheck.checkStream(range(false, 1, 0, 0))).isNull();
    assertThat(RequestCheck.checkStream(range(false, 0, 4, 0))).isNull();
    assertThat(RequestCheck.checkStream(range(false, 2, 0, 0)))
        .isEqualTo(Failure.STREAM_CUSTOM_SORT);
    assertThat(RequestCheck.checkStream(range(false, 1, 3, 0)))
        .isEqualTo(Failure.STREAM_CUSTOM_SORT);
    assertThat(RequestCheck.checkStream(range(false, 0, 0, -1)))
        .isEqualTo(Failure.STREAM_REVISION_FILTER);
    assertThat(RequestCheck.checkStream(range(false, 7, 0, -1)))
        .isEqualTo(Failure.INVALID_SORT_OPTION);
  }

  @Test
  void nestedTransactionHasWhatTheOuterOneLeftOfTheBudget() {
    var three = Collections.<TxnOp>nCopies(3, range(false, 0, 0, 0)).toArray(TxnOp[]::new);
    assertThat(RequestCheck.check(txn(three), 3)).isNull();
    assertThat(RequestCheck.check(txn(three), 2)).isEqualTo(Failure.TOO_MANY_OPS);
    assertThat(RequestCheck.check(txn(txn(three)), 4)).isNull();
    assertThat(RequestCheck.check(txn(txn(three)), 3)).isEqualTo(Failure.TOO_MANY_OPS);
  }

  @Test
  void duplicatePutsAreRefusedAcrossLevels() {
    assertThat(check(put("a"), put("b"))).isNull();
    assertThat(check(put("a"), put("a"))).isEqualTo(Failure.DUPLICATE_KEY);
    assertThat(check(put("a"), txn(put("a")))).isEqualTo(Failure.DUPLICATE_KEY);
    assertThat(check(txn(put("a")), txn(put("a")))).isEqualTo(Failure.DUPLICATE_KEY);
    assertThat(RequestCheck.check(either(put("a"), put("a")), 128)).isNull();
  }

  @Test
  void bothBranchesOfANestedTransactionMayPutTheSameKey() {
    assertThat(check(either(put("a"), put("a")))).isNull();
    assertThat(check(either(put("a"), put("a")), put("a"))).isEqualTo(Failure.DUPLICATE_KEY);
  }

  @Test
  void putInsideADeletedIntervalIsRefusedInAnyOrder() {
    assertThat(check(put("b"), delete("a", "c"))).isEqualTo(Failure.DUPLICATE_KEY);
    assertThat(check(delete("a", "c"), put("b"))).isEqualTo(Failure.DUPLICATE_KEY);
    assertThat(check(delete("b", ""), put("b"))).isEqualTo(Failure.DUPLICATE_KEY);
    assertThat(check(delete("a", "c"), put("c"))).isNull();
    assertThat(check(delete("a", "c"), delete("b", "d"))).isNull();
    assertThat(check(delete("a", "c"), delete("b", "d"), delete("x", ""), put("c")))
        .isEqualTo(Failure.DUPLICATE_KEY);
  }

  @Test
  void deleteToTheSpecialEndConflictsWithNothing() {
    assertThat(check(delete("a", "\0"), put("foo"))).isNull();
    assertThat(check(put("foo"), delete("a", "\0"))).isNull();
    assertThat(check(delete("a", "\0"), txn(put("foo")))).isNull();
  }

  @Test
  void amongNestedSiblingsTheOrderMatters() {
    assertThat(check(txn(put("b")), txn(delete("a", "c")))).isNull();
    assertThat(check(txn(delete("a", "c")), txn(put("b")))).isEqualTo(Failure.DUPLICATE_KEY);
    assertThat(check(txn(put("b")), delete("a", "c"))).isEqualTo(Failure.DUPLICATE_KEY);
    assertThat(check(put("b"), txn(delete("a", "c")))).isEqualTo(Failure.DUPLICATE_KEY);
  }

  @Test
  void manyPutsAndDeletesAreCheckedQuickly() {
    var ops =
        IntStream.range(0, 100_000)
            .<TxnOp>mapToObj(i -> i % 2 == 0 ? put("k" + i) : delete("k" + i, ""))
            .toArray(TxnOp[]::new);
    assertThat(RequestCheck.check(txn(ops), 100_000)).isNull();
  }

  @Test
  void oneNestedTransactionMakesItAWrite() {
    assertThat(RequestCheck.isReadOnly(txn(range(false, 0, 0, 0)))).isTrue();
    assertThat(RequestCheck.isReadOnly(txn(txn()))).isFalse();
    assertThat(RequestCheck.isReadOnly(either(range(false, 0, 0, 0), put("a")))).isFalse();
  }

  @Test
  void transactionWithoutOperationsIsSerializable() {
    assertThat(RequestCheck.isSerializable(txn())).isTrue();
    assertThat(RequestCheck.isSerializable(txn(range(true, 0, 0, 0)))).isTrue();
    assertThat(RequestCheck.isSerializable(txn(range(true, 0, 0, 0), range(false, 0, 0, 0))))
        .isFalse();
  }

  @Test
  void costIsThatOfTheDearerBranch() {
    assertThat(RequestCheck.cost(put("a"))).isEqualTo(256 + 1 + 5);
    assertThat(RequestCheck.cost(delete("a", "b"))).isZero();
    assertThat(RequestCheck.cost(txn(put("a"), txn(put("b"), put("c"))))).isEqualTo(3 * 262);
    assertThat(RequestCheck.cost(either(put("a"), txn(put("b"), put("c"))))).isEqualTo(2 * 262);
    assertThat(RequestCheck.cost(txn(delete("a", "b")))).isZero();
  }
}
