package dev.kvorum.verticles.stage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.KvHash;
import dev.kvorum.storage.watch.ChunkLimits;
import dev.kvorum.storage.watch.History;
import dev.kvorum.storage.watch.HistoryScan;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A command over many keys takes many turns, and nobody sees any of it before the last. */
final class LongCommandTest {
  private static final int SLICE_KEYS = 10;
  private static final int KEYS = 95;
  private static final long LEASE = 5;

  private final StageHarness harness = new StageHarness(SLICE_KEYS);

  @Test
  void aDeleteOverManyKeysIsSeenAsAWholeAndOnlyThen() {
    putKeys();
    harness.commit(deleteAll(true), put("z", "later", 0));

    var turns = 0;
    while (harness.all(StoreEffect.Publish.class).isEmpty()) {
      assertThat(harness.all(StoreEffect.Reply.class)).isEmpty();
      assertThat(harness.all(StoreEffect.Happened.class)).isEmpty();
      assertThat(harness.all(StoreEffect.AppliedTo.class)).isEmpty();
      assertThat(harness.all(StoreEffect.LeasesChanged.class)).isEmpty();
      turns++;
      harness.proceed();
    }

    assertThat(turns).isEqualTo(KEYS / SLICE_KEYS);
    var published = harness.all(StoreEffect.Publish.class).getFirst().state();
    assertThat(published.kv().revision()).isEqualTo(KEYS + 2);
    assertThat(published.appliedIndex()).isEqualTo(KEYS + 2);
    var events = harness.all(StoreEffect.Happened.class).getFirst().events();
    assertThat(events).hasSize(KEYS);
    assertThat(events.stream().map(Event::revision).toList()).isEqualTo(revisions(KEYS + 2, KEYS));
    var answer = (Result.DeleteRange) harness.answers().getFirst();
    assertThat(answer.revision()).isEqualTo(KEYS + 2);
    assertThat(answer.deleted()).isEqualTo(KEYS);
    assertThat(harness.answers()).hasSize(1);

    harness.proceed();
    assertThat(harness.answers()).endsWith(new Result.Put(KEYS + 3, null));
  }

  private static History history(ReadView view, long from) {
    return HistoryScan.scan(view, new Revision(from, 0), new ChunkLimits(100, 10 * KEYS, 1 << 20));
  }

  @Test
  void theBackendCountsALongCommandWhenItsLastRecordIsThere() {
    putKeys();
    harness.commit(deleteAll(true));
    harness.proceed();
    harness.proceed();

    try (var view = harness.backend.openReadView()) {
      assertThat(history(view, KEYS + 2).events()).isEmpty();
      assertThat(history(view, KEYS + 1).to()).isEqualTo(KEYS + 1);
    }
    // A crash: the next life finds the store as it was before, and applies the command again.
    var state = harness.restart();
    assertThat(state.kv().revision()).isEqualTo(KEYS + 1);
    assertThat(state.meta().appliedIndex()).isEqualTo(KEYS + 1);
    harness.commit(deleteAll(true));
    harness.drain();
    assertThat(((Result.DeleteRange) harness.answers().getFirst()).deleted()).isEqualTo(KEYS);
    assertThat(harness.stored().kv().revision()).isEqualTo(KEYS + 2);
    try (var view = harness.backend.openReadView()) {
      assertThat(history(view, KEYS + 2).events()).hasSize(KEYS);
    }
  }

  /** Old values of a million keys would fill the memory if they were fetched at once. */
  @Test
  void oldValuesAreFetchedSliceBySlice() {
    putKeys();
    harness.memory.forgetAll();
    harness.commit(deleteAll(true));

    var fetches = 0;
    while (harness.all(StoreEffect.Reply.class).isEmpty()) {
      var wanted = harness.all(StoreEffect.Fetch.class);
      harness.forget();
      if (wanted.isEmpty()) {
        harness.proceed();
      } else {
        fetches++;
        assertThat(wanted.getFirst().revisions()).hasSizeLessThanOrEqualTo(SLICE_KEYS);
        harness.step(stage -> stage.fetched(harness.memory.stored(wanted.getFirst().revisions())));
      }
    }

    assertThat(fetches).isEqualTo(10);
    var answer = (Result.DeleteRange) harness.answers().getFirst();
    assertThat(answer.prevKvs()).hasSize(KEYS);
    assertThat(KeyValueCodec.decodeStored(answer.prevKvs().get(42)).key()).isEqualTo(key(42));
  }

  /** What an older release has put into one entry: each lease in a revision of its own. */
  @Test
  void theEndOfSeveralLeasesThatHaveManyKeysTogetherIsOneStep() {
    harness.commit(new Command.LeaseGrant(LEASE, 60), new Command.LeaseGrant(LEASE + 1, 60));
    for (var i = 0; i < 2 * SLICE_KEYS; i++) {
      harness.commit(put("k%03d".formatted(i), "", LEASE + i % 2));
    }
    harness.drain();
    harness.forget();
    harness.commit(new Command.LeaseExpire(1, List.of(LEASE, LEASE + 1), 0));
    while (harness.all(StoreEffect.Publish.class).isEmpty()) {
      harness.proceed();
    }

    var before = 1 + 2 * SLICE_KEYS;
    assertThat(harness.answers()).containsExactly(new Result.Done(before + 2));
    var expected = new ArrayList<>(revisions(before + 1, SLICE_KEYS));
    expected.addAll(revisions(before + 2, SLICE_KEYS));
    var events = harness.all(StoreEffect.Happened.class).getFirst().events();
    assertThat(events.stream().map(Event::revision).toList()).isEqualTo(expected);
    assertThat(harness.all(StoreEffect.LeasesChanged.class)).hasSize(1);
  }

  @Test
  void aTransactionWithManyOperationsIsSlicedAndReadsItsOwnWrites() {
    var ops = new ArrayList<Command.TxnOp>();
    for (var i = 0; i < 35; i++) {
      ops.add(put("k" + i, "v" + i, 0));
    }
    ops.add(
        new Command.Range(
            Bytes.utf8("k"), Bytes.utf8("l"), 0, 0, 0, 0, false, false, false, 0, 0, 0, 0));
    ops.add(deleteAll(true));
    harness.commit(new Command.Txn(List.of(), ops, List.of()));
    harness.drain();

    assertThat(harness.all(StoreEffect.Continue.class).size()).isGreaterThan(3);
    var answer = (Result.Txn) harness.answers().getFirst();
    assertThat(answer.revision()).isEqualTo(2);
    assertThat(((Result.Range) answer.responses().get(35)).kvs()).hasSize(35);
    assertThat(((Result.DeleteRange) answer.responses().get(36)).prevKvs()).hasSize(35);
    assertThat(harness.all(StoreEffect.Happened.class).getFirst().events()).hasSize(70);
  }

  @Test
  void compactionAndDefragmentationWaitForTheLongCommand() {
    putKeys();
    harness.commit(new Command.Compact(50, false));
    var job = harness.all(StoreEffect.HashHistory.class).getFirst();
    harness.commit(deleteAll(true));
    harness.forget();

    harness.step(stage -> stage.hashed(new KvHash(1, job.hash().result().compactRevision(), 50)));
    harness.step(stage -> stage.defragment());
    harness.step(stage -> stage.compactSlice());
    assertThat(harness.seen()).isEmpty();
    harness.proceed();
    harness.drain();

    assertThat(harness.all(StoreEffect.Defragmented.class)).hasSize(1);
    assertThat(harness.all(StoreEffect.CompactLater.class)).isNotEmpty();
    assertThat(((Result.DeleteRange) harness.answers().getFirst()).deleted()).isEqualTo(KEYS);
  }

  /** The cache may lose a record to a reader between the look and the use. */
  @Test
  void aRecordThatWasFoundStaysAtHandUntilTheCommandIsApplied() {
    harness.commit(put("a", "old", 0));
    harness.memory.forgetsWhatItShows = true;
    harness.commit(new Command.Put(Bytes.utf8("a"), Bytes.EMPTY, 0, true, false, false));
    assertThat(harness.answers())
        .last()
        .extracting(result -> ((Result.Put) result).prevKv())
        .isNotNull();
  }

  private void putKeys() {
    for (var i = KEYS - 1; i >= 0; i--) {
      harness.commit(new Command.Put(key(i), Bytes.utf8("value " + i), 0, false, false, false));
    }
    harness.drain();
    harness.forget();
  }

  private static List<Revision> revisions(long main, int subs) {
    var revisions = new ArrayList<Revision>();
    for (var sub = 0; sub < subs; sub++) {
      revisions.add(new Revision(main, sub));
    }
    return revisions;
  }

  private static Bytes key(int i) {
    return Bytes.utf8("k%03d".formatted(i));
  }

  private static Command.DeleteRange deleteAll(boolean prevKv) {
    return new Command.DeleteRange(Bytes.utf8("k"), Bytes.utf8("l"), prevKv);
  }

  private static Command.Put put(String key, String value, long lease) {
    return new Command.Put(Bytes.utf8(key), Bytes.utf8(value), lease, false, false, false);
  }
}
