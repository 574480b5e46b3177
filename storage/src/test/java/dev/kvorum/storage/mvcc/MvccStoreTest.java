package dev.kvorum.storage.mvcc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Command.Compare;
import dev.kvorum.storage.model.Command.TxnOp;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.KeyValue;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.model.RangeMessage;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.model.Revision;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The contract's sentences and traps, one by one. */
final class MvccStoreTest {
  private static final String ZERO = "\0";

  private final StoreHarness store = new StoreHarness();

  MvccStoreTest() {
    store.leases(lease -> lease == 7);
  }

  private static Bytes bytes(String text) {
    return Bytes.utf8(text);
  }

  private static Command.Put put(String key, String value) {
    return put(key, value, 0);
  }

  private static Command.Put put(String key, String value, long lease) {
    return new Command.Put(bytes(key), bytes(value), lease, false, false, false);
  }

  private static Command.DeleteRange delete(String key, String end) {
    return new Command.DeleteRange(bytes(key), bytes(end), false);
  }

  private static Command.Range range(String key, String end) {
    return range(key, end, 0, 0, 0, 0, false);
  }

  private static Command.Range at(long revision, String key, String end) {
    return range(key, end, 0, revision, 0, 0, false);
  }

  private static Command.Range range(
      String key, String end, long limit, long revision, int order, int target, boolean keysOnly) {
    return new Command.Range(
        bytes(key), bytes(end), limit, revision, order, target, false, keysOnly, false, 0, 0, 0, 0);
  }

  private static Command.Txn txn(TxnOp... ops) {
    return new Command.Txn(List.of(), List.of(ops), List.of());
  }

  private static Command.Txn when(Compare compare) {
    return new Command.Txn(List.of(compare), List.of(), List.of());
  }

  private static Compare compare(int target, int result, String key, long operand, String value) {
    return new Compare(result, target, bytes(key), Bytes.EMPTY, operand, bytes(value));
  }

  private Command.Compact compact(long revision) {
    return new Command.Compact(revision, false);
  }

  private List<KeyValue> kvs(Result result) {
    return ((Result.Range) result).kvs().stream().map(KeyValueCodec::decodeStored).toList();
  }

  private List<String> keys(Result result) {
    return kvs(result).stream().map(kv -> kv.key().toUtf8()).toList();
  }

  private static Failure failure(Result result) {
    return ((Result.Failed) result).failure();
  }

  // S1

  @Test
  void newStoreIsAtRevisionOneAndTheFirstWriteMakesTwo() {
    assertThat(store.store().revision()).isEqualTo(1);
    assertThat(store.store().compactRevision()).isEqualTo(-1);
    assertThat(store.apply(put("a", "1"))).isEqualTo(new Result.Put(2, null));
  }

  @Test
  void commandThatChangesNothingTakesNoRevision() {
    assertThat(store.apply(delete("a", ZERO))).isEqualTo(new Result.DeleteRange(1, 0, List.of()));
    assertThat(store.apply(txn(delete("a", ""))))
        .isEqualTo(new Result.Txn(1, true, List.of(new Result.DeleteRange(1, 0, List.of()))));
    assertThat(store.store().revision()).isEqualTo(1);
  }

  @Test
  void deleteEndsAKeysLifeAndThePutAfterItBeginsAnother() {
    store.apply(put("a", "1"));
    store.apply(put("a", "2"));
    assertThat(kvs(store.read(range("a", ""))))
        .containsExactly(new KeyValue(bytes("a"), 2, 3, 2, bytes("2"), 0));
    store.apply(delete("a", ""));
    assertThat(kvs(store.read(range("a", "")))).isEmpty();
    store.apply(put("a", "3"));
    assertThat(kvs(store.read(range("a", ""))))
        .containsExactly(new KeyValue(bytes("a"), 5, 5, 1, bytes("3"), 0));
    assertThat(kvs(store.read(at(3, "a", "")))).hasSize(1);
    assertThat(kvs(store.read(at(4, "a", "")))).isEmpty();
  }

  @Test
  void eventOfADeleteHoldsKeyAndRevisionOnly() {
    store.apply(put("a", "1", 7));
    store.apply(delete("a", ""));
    var event = store.events().getLast();
    assertThat(event.deleted()).isTrue();
    assertThat(event.previous()).isEqualTo(new Revision(2, 0));
    assertThat(KeyValueCodec.decodeStored(event.kv()))
        .isEqualTo(new KeyValue(bytes("a"), 0, 3, 0, Bytes.EMPTY, 0));
  }

  @Test
  void deleteToTheSpecialEndAndPutOfOneKeyShareARevision() {
    store.apply(put("q", "old"));
    var txn = txn(put("q", "new"), delete("a", ZERO));
    assertThat(RequestCheck.check(txn, 128)).isNull();
    store.apply(txn);
    assertThat(store.events().stream().skip(1).map(event -> event.revision()).toList())
        .containsExactly(new Revision(3, 0), new Revision(3, 1));
    assertThat(keys(store.read(range("q", "")))).isEmpty();
    assertThat(store.apply(txn(delete("a", ZERO), put("q", "new"))))
        .isEqualTo(
            new Result.Txn(
                4,
                true,
                List.of(new Result.DeleteRange(3, 0, List.of()), new Result.Put(4, null))));
  }

  @Test
  void revisionDoesNotFallBehindACompactionOverARestart() {
    store.apply(put("a", "1"));
    store.apply(delete("a", ""));
    store.apply(put("b", "1"));
    store.apply(delete("b", ""));
    store.apply(compact(5));
    store.finishCompactions();
    store.restart();
    assertThat(store.store().revision()).isEqualTo(5);
    assertThat(store.store().compactRevision()).isEqualTo(5);
  }

  @Test
  void compactedDeletesDoNotMoveTheRevisionBackwards() {
    var restored = new MvccStore(IndexMemory.onHeap());
    restored.restore(new StoreMeta(9, 1, 8, 8, 8, 2000, 1024, 0, 0));
    assertThat(restored.revision()).isEqualTo(8);
  }

  // S2

  @Test
  void intervalsMeanWhatTheContractSays() {
    for (var key : List.of("a", "b", "c")) {
      store.apply(put(key, "1"));
    }
    assertThat(keys(store.read(range("b", "")))).containsExactly("b");
    assertThat(keys(store.read(range("b", ZERO)))).containsExactly("b", "c");
    assertThat(keys(store.read(range(ZERO, ZERO)))).containsExactly("a", "b", "c");
    assertThat(keys(store.read(range("a", "c")))).containsExactly("a", "b");
    assertThat(keys(store.read(range("c", "a")))).isEmpty();
    assertThat(keys(store.read(range("b", "b")))).isEmpty();
  }

  /**
   * Without an order the sort sees the first limit + 1 keys, and here the put makes b the last of
   * them; so the record of a is needed, although before the transaction it was the last.
   */
  @Test
  void putBeforeARangeDecidesWhichKeyTheLimitDrops() {
    store.apply(put("b", "1"));
    store.apply(put("c", "1"));
    store.apply(put("a", "1"));
    var byModRevision = range("a", ZERO, 1, 0, Command.SORT_NONE, Command.TARGET_MOD, false);
    var result = (Result.Txn) store.apply(txn(put("b", "2"), byModRevision));
    assertThat(keys(result.responses().getLast())).containsExactly("a");
  }

  @Test
  void negativeRevisionOfARangeIsThePresent() {
    store.apply(put("a", "1"));
    store.apply(compact(2));
    assertThat(keys(store.read(at(-5, "a", "")))).containsExactly("a");
    assertThat(failure(store.read(at(3, "a", "")))).isEqualTo(Failure.FUTURE_REVISION);
    assertThat(failure(store.read(at(1, "a", "")))).isEqualTo(Failure.COMPACTED);
    assertThat(keys(store.read(at(2, "a", "")))).containsExactly("a");
  }

  @Test
  void orderOfNoneWithATargetSortsOnlyWhatTheLimitLetIn() {
    store.apply(put("a", "5"));
    store.apply(put("b", "4"));
    store.apply(put("c", "3"));
    store.apply(put("d", "1"));
    // Three keys are looked at, one more than the limit; the order drops the last of those.
    var none = (Result.Range) store.read(range("a", "z", 2, 0, 0, Command.TARGET_VALUE, false));
    assertThat(keys(none)).containsExactly("c", "b");
    assertThat(none.more()).isTrue();
    assertThat(none.count()).isEqualTo(4);
    assertThat(keys(store.read(range("a", "z", 2, 0, 1, Command.TARGET_VALUE, false))))
        .containsExactly("d", "c");
  }

  @Test
  void keysOnlyForgetsTheLeaseUnlessSortedByValue() {
    store.apply(put("a", "1", 7));
    var fromIndex = kvs(store.read(range("a", "z", 0, 0, 0, Command.TARGET_KEY, true)));
    assertThat(fromIndex).containsExactly(new KeyValue(bytes("a"), 2, 2, 1, Bytes.EMPTY, 0));
    var fromRecord = kvs(store.read(range("a", "z", 0, 0, 0, Command.TARGET_VALUE, true)));
    assertThat(fromRecord).containsExactly(new KeyValue(bytes("a"), 2, 2, 1, Bytes.EMPTY, 7));
  }

  @Test
  void keysOnlyAndCountOnlyNeedNoRecords() {
    store.apply(put("a", "1"));
    var view = store.store().view();
    assertThat(view.plan(range("a", "z", 0, 0, 0, Command.TARGET_MOD, true)).needs()).isEmpty();
    assertThat(view.plan(range("a", "z")).needs())
        .extracting(Need::revision)
        .containsExactly(new Revision(2, 0));
  }

  @Test
  void limitedReadAsksOnlyForTheRecordsThatItShows() {
    for (var i = 0; i < 100; i++) {
      store.apply(put("k%02d".formatted(i), "1"));
    }
    var view = store.store().view();
    assertThat(view.plan(range("k", "l", 3, 0, 0, 0, false)).needs()).hasSize(3);
    assertThat(view.plan(range("k", "l", 3, 0, 2, Command.TARGET_MOD, false)).needs()).hasSize(3);
    assertThat(view.plan(range("k", "l", 3, 0, 2, Command.TARGET_VALUE, false)).needs())
        .hasSize(100);
  }

  // S3

  @Test
  void streamPinsItsRevisionAndGrowsItsChunks() {
    for (var i = 0; i < 100; i++) {
      store.apply(put("k%02d".formatted(i), ""));
    }
    var stream = LongRange.stream(range("k", "l"), 1 << 20);
    var sizes = new ArrayList<Integer>();
    for (var isLast = false; !isLast; ) {
      assertThat(stream.begin(store.store().view())).isNull();
      var message = Objects.requireNonNull(stream.measure(store.store().view(), 100));
      sizes.add(stream.next(store.store().view(), 100, 1 << 20).records());
      isLast = message.isLast();
      assertThat(message.count()).isEqualTo(isLast ? 100 : 0);
      assertThat(message.headerRevision()).isEqualTo(isLast ? 101 : 0);
      store.apply(delete("k99", ""));
    }
    assertThat(sizes).containsExactly(10, 20, 40, 30);
  }

  @Test
  void streamShrinksItsChunksWhenTheyAreTooLarge() {
    for (var i = 0; i < 40; i++) {
      store.apply(put("k%02d".formatted(i), "x".repeat(100)));
    }
    // The harness lets requests have 300 bytes: ten records are more than twice that.
    var sizes =
        store.stream(range("k", "l")).stream().map(r -> ((Result.Range) r).kvs().size()).toList();
    assertThat(sizes).startsWith(10, 5);
    assertThat(sizes.stream().mapToInt(size -> size).sum()).isEqualTo(40);
  }

  @Test
  void compactionThatOvertakesAStreamEndsIt() {
    for (var i = 0; i < 40; i++) {
      store.apply(put("k%02d".formatted(i), ""));
    }
    var stream = LongRange.stream(range("k", "l"), 1 << 20);
    assertThat(stream.begin(store.store().view())).isNull();
    assertThat(stream.measure(store.store().view(), 100)).isNotNull();
    assertThat(stream.next(store.store().view(), 100, 1 << 20).records()).isEqualTo(10);
    store.apply(put("z", ""));
    store.apply(compact(store.store().revision()));
    assertThat(stream.begin(store.store().view())).isEqualTo(Failure.COMPACTED);
  }

  /** Each look is at the newest view, and at the revision that the first one found. */
  @Test
  void aLongRangeShowsOneRevisionWhateverChangesMeanwhile() {
    for (var i = 0; i < 100; i++) {
      store.apply(put("k%02d".formatted(i), "old"));
    }
    var range = LongRange.unary(range("k", "l"));
    assertThat(range.begin(store.store().view())).isNull();
    RangeMessage message;
    do {
      message = range.measure(store.store().view(), 7);
      store.apply(put("k50", "longer than before"));
      store.apply(put("k505", "new"));
      store.apply(delete("k60", ""));
    } while (message == null);
    var found = new ArrayList<Long>();
    while (!range.isComplete()) {
      var piece = range.next(store.store().view(), 7, 1 << 20);
      piece.entries().forEach(entry -> found.add(entry.modRevision()));
      store.apply(delete("k%02d".formatted(found.size() % 100), ""));
    }

    assertThat(message.count()).isEqualTo(100);
    assertThat(message.headerRevision()).isEqualTo(101);
    assertThat(found).isEqualTo(LongStream.rangeClosed(2, 101).boxed().toList());
  }

  // S4

  @Test
  void unknownLeaseIsFoundOutBeforeAMissingKey() {
    var put = new Command.Put(bytes("a"), Bytes.EMPTY, 8, false, true, false);
    assertThat(failure(store.apply(put))).isEqualTo(Failure.LEASE_NOT_FOUND);
    var known = new Command.Put(bytes("a"), Bytes.EMPTY, 7, false, true, false);
    assertThat(failure(store.apply(known))).isEqualTo(Failure.KEY_NOT_FOUND);
  }

  /** The order of S4.1 holds for S6.3 too; etcd 3.5 still looked for the key first. */
  @Test
  void unknownLeaseIsFoundOutBeforeAMissingKeyInsideATransactionToo() {
    var put = new Command.Put(bytes("a"), Bytes.EMPTY, -1, false, true, false);
    assertThat(failure(store.apply(txn(range("a", ""), put)))).isEqualTo(Failure.LEASE_NOT_FOUND);
    assertThat(failure(store.apply(txn(txn(put))))).isEqualTo(Failure.LEASE_NOT_FOUND);
    var known = new Command.Put(bytes("a"), Bytes.EMPTY, 7, false, true, false);
    assertThat(failure(store.apply(txn(known)))).isEqualTo(Failure.KEY_NOT_FOUND);
  }

  @Test
  void ignoringPutKeepsWhatItIgnoresAndStillCounts() {
    store.apply(put("a", "1", 7));
    store.apply(new Command.Put(bytes("a"), Bytes.EMPTY, 0, false, true, false));
    assertThat(kvs(store.read(range("a", ""))))
        .containsExactly(new KeyValue(bytes("a"), 2, 3, 2, bytes("1"), 0));
    store.apply(put("a", "1", 7));
    var previous = store.apply(new Command.Put(bytes("a"), bytes("2"), 0, true, false, true));
    assertThat(previous)
        .isEqualTo(
            new Result.Put(
                5, KeyValueCodec.encode(new KeyValue(bytes("a"), 2, 4, 3, bytes("1"), 7))));
    assertThat(kvs(store.read(range("a", ""))))
        .containsExactly(new KeyValue(bytes("a"), 2, 5, 4, bytes("2"), 7));
  }

  @Test
  void plainPutNeedsNoRecord() {
    store.apply(put("a", "1"));
    assertThat(store.store().needs(put("a", "2"))).isEmpty();
  }

  // S5

  @Test
  void deletionsOfOneRequestShareARevisionInKeyOrder() {
    store.apply(put("b", "2"));
    store.apply(put("a", "1"));
    store.apply(put("c", "3"));
    var result =
        (Result.DeleteRange) store.apply(new Command.DeleteRange(bytes("a"), bytes("c"), true));
    assertThat(result.deleted()).isEqualTo(2);
    assertThat(result.prevKvs().stream().map(KeyValueCodec::decodeStored).map(KeyValue::key))
        .containsExactly(bytes("a"), bytes("b"));
    assertThat(store.events().stream().skip(3).map(event -> event.revision()).toList())
        .containsExactly(new Revision(5, 0), new Revision(5, 1));
  }

  // S6

  /**
   * Which of equal ones a sort shows depends on all the others, and so on what was just written.
   */
  @Test
  void transactionHasTheRecordsThatASortedRangeBehindItsWritesShows() {
    for (var i = 0; i < 40; i++) {
      store.apply(put("k%02d".formatted(i), "1"));
    }
    for (var limit = 1; limit < 40; limit++) {
      var byVersion = range("k", "l", limit, 0, 0, Command.TARGET_VERSION, false);
      var filtered =
          new Command.Range(
              bytes("k"),
              bytes("l"),
              limit,
              0,
              0,
              Command.TARGET_VERSION,
              false,
              false,
              false,
              2,
              0,
              0,
              0);
      for (var read : List.of(byVersion, filtered)) {
        var result = (Result.Txn) store.apply(txn(put("k%02d".formatted(limit), "2"), read));
        assertThat(kvs(result.responses().get(1))).hasSize(limit);
        // Every second command is applied at once, as all of these must be.
        store.apply(put("other", "1"));
      }
    }
  }

  @Test
  void valueOfAMissingKeyComparesWithNothingButItsNumbersAreZero() {
    for (var result : List.of(Compare.EQUAL, Compare.NOT_EQUAL, Compare.LESS, Compare.GREATER)) {
      assertThat(succeeds(compare(Compare.VALUE, result, "a", 0, ""))).isFalse();
    }
    for (var target : List.of(Compare.VERSION, Compare.CREATE, Compare.MOD, Compare.LEASE)) {
      assertThat(succeeds(compare(target, Compare.EQUAL, "a", 0, ""))).isTrue();
      assertThat(succeeds(compare(target, Compare.LESS, "a", 1, ""))).isTrue();
      assertThat(succeeds(compare(target, Compare.NOT_EQUAL, "a", 0, ""))).isFalse();
    }
  }

  private boolean succeeds(Compare compare) {
    return ((Result.Txn) store.read(when(compare))).succeeded();
  }

  @Test
  void everyKeyOfAComparedIntervalMustSatisfy() {
    store.apply(put("a", "1"));
    store.apply(put("b", "1"));
    store.apply(put("b", "1"));
    assertThat(succeeds(interval(Compare.VERSION, Compare.GREATER, 0))).isTrue();
    assertThat(succeeds(interval(Compare.VERSION, Compare.EQUAL, 1))).isFalse();
    store.apply(delete("a", ZERO));
    assertThat(succeeds(interval(Compare.VERSION, Compare.EQUAL, 0))).isTrue();
  }

  private static Compare interval(int target, int result, long operand) {
    return new Compare(result, target, bytes("a"), bytes("z"), operand, Bytes.EMPTY);
  }

  @Test
  void comparesOfNestedTransactionsLookAtTheStateBefore() {
    var inner =
        new Command.Txn(
            List.of(compare(Compare.VERSION, Compare.EQUAL, "a", 0, "")),
            List.of(put("then", "")),
            List.of(put("else", "")));
    store.apply(txn(put("a", "1"), inner));
    assertThat(keys(store.read(range("e", "z")))).containsExactly("then");
  }

  @Test
  void failingOperationOnThePathUndoesNothingBecauseNothingWasDone() {
    store.apply(put("a", "1"));
    assertThat(failure(store.apply(txn(put("n", ""), at(9, "a", "")))))
        .isEqualTo(Failure.FUTURE_REVISION);
    assertThat(failure(store.apply(txn(put("n", ""), put("m", "", 8)))))
        .isEqualTo(Failure.LEASE_NOT_FOUND);
    assertThat(store.store().revision()).isEqualTo(2);
    assertThat(keys(store.read(range("n", "")))).isEmpty();
  }

  @Test
  void operationsOfTheOtherBranchAreNotCheckedOnTheState() {
    var txn = new Command.Txn(List.of(), List.of(put("a", "")), List.of(at(99, "a", "")));
    assertThat(store.apply(txn)).isInstanceOf(Result.Txn.class);
  }

  @Test
  void negativeRevisionInATransactionIsComparedWithTheCompactRevisionToo() {
    store.apply(put("a", "1"));
    assertThat(failure(store.read(txn(at(-2, "a", ""))))).isEqualTo(Failure.COMPACTED);
    assertThat(store.read(txn(at(-1, "a", "")))).isInstanceOf(Result.Txn.class);
    store.apply(compact(0));
    assertThat(failure(store.read(txn(at(-1, "a", ""))))).isEqualTo(Failure.COMPACTED);
  }

  @Test
  void rangeBehindAPutOfItsTransactionSeesThePut() {
    var result = (Result.Txn) store.apply(txn(range("a", ""), put("a", "1"), range("a", "")));
    assertThat(result.revision()).isEqualTo(2);
    assertThat(((Result.Range) result.responses().get(0)).revision()).isEqualTo(1);
    var seen = (Result.Range) result.responses().get(2);
    assertThat(seen.revision()).isEqualTo(2);
    assertThat(kvs(seen).getFirst().modRevision()).isEqualTo(2);
  }

  @Test
  void nestedAnswerHasRevisionZero() {
    var result = (Result.Txn) store.apply(txn(txn(put("a", "1"))));
    assertThat(((Result.Txn) result.responses().getFirst()).revision()).isZero();
  }

  @Test
  void limitedRangeBehindADeleteHasTheRecordsThatMoveIn() {
    for (var key : List.of("a", "b", "c", "d")) {
      store.apply(put(key, key));
    }
    var result =
        (Result.Txn) store.apply(txn(delete("a", "c"), range("a", "z", 2, 0, 0, 0, false)));
    assertThat(keys(result.responses().getLast())).containsExactly("c", "d");
  }

  @Test
  void keyThatItsTransactionDeletedLeavesNothingToKeep() {
    store.apply(put("q", "old", 7));
    var keeping = new Command.Put(bytes("q"), Bytes.EMPTY, 0, true, true, true);
    var result = (Result.Txn) store.apply(txn(delete("a", ZERO), keeping));
    assertThat(((Result.Put) result.responses().getLast()).prevKv()).isNull();
    assertThat(kvs(store.read(range("q", ""))))
        .containsExactly(new KeyValue(bytes("q"), 3, 3, 1, Bytes.EMPTY, 0));
  }

  // S7, S17.3

  @Test
  void firstCompactionMayGoToRevisionZero() {
    assertThat(store.apply(compact(-1))).isEqualTo(new Result.Failed(Failure.COMPACTED));
    assertThat(store.apply(compact(0))).isEqualTo(new Result.Compact(1));
    assertThat(failure(store.apply(compact(0)))).isEqualTo(Failure.COMPACTED);
    assertThat(failure(store.apply(compact(2)))).isEqualTo(Failure.FUTURE_REVISION);
  }

  @Test
  void unfinishedCompactionIsTakenUpAfterARestart() {
    for (var i = 0; i < 500; i++) {
      store.apply(put("k%03d".formatted(i), "1"));
      store.apply(put("k%03d".formatted(i), "2"));
    }
    store.apply(compact(store.store().revision()));
    store.stepCompaction(100);
    assertThat(store.store().isCompactionFinished(1001)).isFalse();
    store.restart();
    assertThat(store.compaction().needsHash()).isFalse();
    store.finishCompactions();
    assertThat(store.store().isCompactionFinished(1001)).isTrue();
    assertThat(store.bucketKeys()).hasSize(500);
    store.restart();
    assertThat(store.store().compaction()).isNull();
  }

  /** Neighbours in the backend go together, whatever their keys. */
  @Test
  void aCompactionRemovesRecordsInTheOrderOfRevisions() {
    for (var i = 0; i < 200; i++) {
      store.apply(put("k%03d".formatted(i * 77 % 100), "x"));
    }
    store.apply(compact(store.store().revision()));
    store.hashCompaction();
    var removed = new ArrayList<RecordId>();
    var job = store.compaction();
    while (store.store().compaction() == job) {
      removed.addAll(job.step(30).removed());
    }
    assertThat(removed)
        .extracting(RecordId::revision)
        .containsExactlyElementsOf(
            LongStream.range(2, 102).mapToObj(main -> new Revision(main, 0)).toList());
  }

  /** A key that was deleted stays so, wherever a compaction was cut off. */
  @Test
  void aCompactionThatIsCutOffLeavesTheEndOfEachHistory() {
    for (var i = 0; i < 50; i++) {
      store.apply(put("k%02d".formatted(i), "1"));
    }
    for (var i = 0; i < 50; i++) {
      store.apply(put("k%02d".formatted(i), "2"));
      store.apply(delete("k%02d".formatted(i), ""));
    }
    store.apply(put("k07", "back"));
    store.apply(compact(store.store().revision()));
    for (var steps = 1; store.store().compaction() != null; steps++) {
      for (var step = 0; step < steps && store.store().compaction() != null; step++) {
        store.stepCompaction(7);
      }
      store.restart();
      var now = store.store();
      assertThat(now.view().index().count(new KeyRange(Bytes.EMPTY, null), now.revision()))
          .isEqualTo(1);
    }
    assertThat(store.bucketKeys()).hasSize(1);
  }

  @Test
  void nothingIsRemovedBeforeTheCompactionIsHashed() {
    store.apply(put("a", "1"));
    store.apply(compact(2));
    var job = store.compaction();
    assertThat(job.needsHash()).isTrue();
    assertThatThrownBy(() -> job.step(1)).isInstanceOf(InvariantViolation.class);
  }

  @Test
  void sizeStartsSmallGrowsWithEveryPutAndFallsByCompactionAndDefragmentation() {
    assertThat(store.store().allocatedBytes()).isPositive().isLessThan(5120 / 2);
    var last = store.store().allocatedBytes();
    for (var i = 0; i < 100; i++) {
      store.apply(put("a", "1"));
      assertThat(store.store().allocatedBytes()).isGreaterThan(last);
      last = store.store().allocatedBytes();
    }
    store.apply(compact(store.store().revision()));
    assertThat(store.store().inUseBytes()).isEqualTo(last);
    store.finishCompactions();
    assertThat(store.store().inUseBytes()).isLessThan(last / 2);
    assertThat(store.store().allocatedBytes()).isEqualTo(last);
    store.store().defragment();
    assertThat(store.store().allocatedBytes()).isEqualTo(store.store().inUseBytes());
  }

  @Test
  void allocatedSizeSurvivesARestart() {
    store.apply(put("a", "x".repeat(1000)));
    store.apply(put("a", ""));
    store.apply(compact(3));
    store.finishCompactions();
    var allocated = store.store().allocatedBytes();
    store.restart();
    assertThat(store.store().allocatedBytes()).isEqualTo(allocated);
  }
}
