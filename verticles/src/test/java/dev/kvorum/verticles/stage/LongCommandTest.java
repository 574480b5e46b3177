package dev.kvorum.verticles.stage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.backend.memory.MemoryBackend;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.lease.LeaseTable;
import dev.kvorum.storage.membership.Alarms;
import dev.kvorum.storage.membership.Members;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.CommandCodec;
import dev.kvorum.storage.model.Envelope;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.KvHash;
import dev.kvorum.storage.mvcc.MvccStore;
import dev.kvorum.storage.state.LoadedState;
import dev.kvorum.storage.state.StateMachine;
import dev.kvorum.storage.watch.ChunkLimits;
import dev.kvorum.storage.watch.History;
import dev.kvorum.storage.watch.HistoryScan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A command over many keys takes many turns, and nobody sees any of it before the last. */
final class LongCommandTest {
  private static final int LIFE = 7;
  private static final int SLICE_KEYS = 10;
  private static final int KEYS = 95;
  private static final long LEASE = 5;

  private final Memory memory = new Memory();
  private final MemoryBackend backend = new MemoryBackend();
  private long lastIndex = 1;
  private long count;
  private StoreStage stage = stage(new StateMachine(fresh(), Long.MAX_VALUE));
  private final List<StoreEffect> seen = new ArrayList<>();

  @Test
  void aDeleteOverManyKeysIsSeenAsAWholeAndOnlyThen() {
    putKeys(0);
    perform(stage.committed(List.of(entry(deleteAll(true)), entry(put("z", "later", 0)))));

    var turns = 0;
    while (all(StoreEffect.Publish.class).isEmpty()) {
      assertThat(all(StoreEffect.Reply.class)).isEmpty();
      assertThat(all(StoreEffect.Happened.class)).isEmpty();
      assertThat(all(StoreEffect.AppliedTo.class)).isEmpty();
      assertThat(all(StoreEffect.LeasesChanged.class)).isEmpty();
      turns++;
      perform(stage.proceed());
    }

    assertThat(turns).isEqualTo(KEYS / SLICE_KEYS);
    var published = all(StoreEffect.Publish.class).getFirst().state();
    assertThat(published.kv().revision()).isEqualTo(KEYS + 2);
    assertThat(published.appliedIndex()).isEqualTo(KEYS + 2);
    var events = all(StoreEffect.Happened.class).getFirst().events();
    assertThat(events).hasSize(KEYS);
    assertThat(events.stream().map(Event::revision).toList()).isEqualTo(revisions(KEYS + 2, KEYS));
    var answer = (Result.DeleteRange) answers().getFirst();
    assertThat(answer.revision()).isEqualTo(KEYS + 2);
    assertThat(answer.deleted()).isEqualTo(KEYS);
    assertThat(answers()).hasSize(1);

    perform(stage.proceed());
    assertThat(answers()).endsWith(new Result.Put(KEYS + 3, null));
  }

  private static History history(ReadView view, long from) {
    return HistoryScan.scan(view, new Revision(from, 0), new ChunkLimits(100, 10 * KEYS, 1 << 20));
  }

  @Test
  void theBackendCountsALongCommandWhenItsLastRecordIsThere() {
    putKeys(0);
    perform(stage.committed(List.of(entry(deleteAll(true)))));
    perform(stage.proceed());
    perform(stage.proceed());

    try (var view = backend.openReadView()) {
      assertThat(history(view, KEYS + 2).events()).isEmpty();
      assertThat(history(view, KEYS + 1).to()).isEqualTo(KEYS + 1);
    }
    // A crash: the next life finds the store as it was before, and applies the command again.
    var state = LoadedState.open(backend, IndexMemory.onHeap());
    assertThat(state.kv().revision()).isEqualTo(KEYS + 1);
    assertThat(state.meta().appliedIndex()).isEqualTo(KEYS + 1);
    stage = stage(new StateMachine(state, Long.MAX_VALUE));
    seen.clear();
    lastIndex = KEYS + 1;
    perform(stage.committed(List.of(entry(deleteAll(true)))));
    drain();
    assertThat(((Result.DeleteRange) answers().getFirst()).deleted()).isEqualTo(KEYS);
    assertThat(LoadedState.open(backend, IndexMemory.onHeap()).kv().revision()).isEqualTo(KEYS + 2);
    try (var view = backend.openReadView()) {
      assertThat(history(view, KEYS + 2).events()).hasSize(KEYS);
    }
  }

  /** Old values of a million keys would fill the memory if they were fetched at once. */
  @Test
  void oldValuesAreFetchedSliceBySlice() {
    putKeys(0);
    memory.forgetAll();
    perform(stage.committed(List.of(entry(deleteAll(true)))));

    var fetches = 0;
    while (all(StoreEffect.Reply.class).isEmpty()) {
      var wanted = all(StoreEffect.Fetch.class);
      seen.clear();
      if (wanted.isEmpty()) {
        perform(stage.proceed());
      } else {
        fetches++;
        assertThat(wanted.getFirst().revisions()).hasSizeLessThanOrEqualTo(SLICE_KEYS);
        perform(stage.fetched(memory.stored(wanted.getFirst().revisions())));
      }
    }

    assertThat(fetches).isEqualTo(10);
    var answer = (Result.DeleteRange) answers().getFirst();
    assertThat(answer.prevKvs()).hasSize(KEYS);
    assertThat(KeyValueCodec.decodeStored(answer.prevKvs().get(42)).key()).isEqualTo(key(42));
  }

  @Test
  void theEndOfALeaseWithManyKeysIsOneStepInKeyOrder() {
    perform(stage.committed(List.of(entry(new Command.LeaseGrant(LEASE, 60)))));
    putKeys(LEASE);
    perform(stage.committed(List.of(entry(new Command.LeaseRevoke(LEASE)))));
    perform(stage.findKeys(1, List.of(LEASE), true));
    assertThat(all(StoreEffect.FoundKeys.class)).isEmpty();
    while (all(StoreEffect.Publish.class).isEmpty()) {
      assertThat(all(StoreEffect.FoundKeys.class)).isEmpty();
      perform(stage.proceed());
    }

    assertThat(answers()).containsExactly(new Result.LeaseRevoke(KEYS + 2));
    var events = all(StoreEffect.Happened.class).getFirst().events();
    assertThat(events.stream().map(Event::key).toList()).isSorted().hasSize(KEYS);
    assertThat(events.stream().map(Event::revision).toList()).isEqualTo(revisions(KEYS + 2, KEYS));
    assertThat(all(StoreEffect.LeasesChanged.class)).hasSize(1);
    assertThat(all(StoreEffect.FoundKeys.class))
        .containsExactly(new StoreEffect.FoundKeys(1, List.of(), List.of(0)));
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
    perform(stage.committed(List.of(entry(new Command.Txn(List.of(), ops, List.of())))));
    drain();

    assertThat(all(StoreEffect.Continue.class).size()).isGreaterThan(3);
    var answer = (Result.Txn) answers().getFirst();
    assertThat(answer.revision()).isEqualTo(2);
    assertThat(((Result.Range) answer.responses().get(35)).kvs()).hasSize(35);
    assertThat(((Result.DeleteRange) answer.responses().get(36)).prevKvs()).hasSize(35);
    assertThat(all(StoreEffect.Happened.class).getFirst().events()).hasSize(70);
  }

  @Test
  void compactionAndDefragmentationWaitForTheLongCommand() {
    putKeys(0);
    perform(stage.committed(List.of(entry(new Command.Compact(50, false)))));
    var job = all(StoreEffect.HashHistory.class).getFirst();
    perform(stage.committed(List.of(entry(deleteAll(true)))));
    seen.clear();

    perform(stage.hashed(new KvHash(1, job.hash().result().compactRevision(), 50)));
    perform(stage.defragment());
    perform(stage.compactSlice());
    assertThat(seen).isEmpty();
    perform(stage.proceed());
    drain();

    assertThat(all(StoreEffect.Defragmented.class)).hasSize(1);
    assertThat(all(StoreEffect.CompactLater.class)).isNotEmpty();
    assertThat(((Result.DeleteRange) answers().getFirst()).deleted()).isEqualTo(KEYS);
  }

  /** The cache may lose a record to a reader between the look and the use. */
  @Test
  void aRecordThatWasFoundStaysAtHandUntilTheCommandIsApplied() {
    perform(stage.committed(List.of(entry(put("a", "old", 0)))));
    memory.forgetsWhatItShows = true;
    perform(
        stage.committed(
            List.of(entry(new Command.Put(Bytes.utf8("a"), Bytes.EMPTY, 0, true, false, false)))));
    assertThat(answers()).last().extracting(result -> ((Result.Put) result).prevKv()).isNotNull();
  }

  private void putKeys(long lease) {
    for (var i = KEYS - 1; i >= 0; i--) {
      perform(
          stage.committed(
              List.of(
                  entry(
                      new Command.Put(
                          key(i), Bytes.utf8("value " + i), lease, false, false, false)))));
    }
    drain();
    seen.clear();
  }

  private void drain() {
    var continued = 0;
    while (continued < all(StoreEffect.Continue.class).size()) {
      continued++;
      perform(stage.proceed());
    }
  }

  private void perform(List<StoreEffect> effects) {
    seen.addAll(effects);
    for (var effect : effects) {
      if (effect instanceof StoreEffect.Write(var flush)) {
        backend.commit(FlushBatch.of(List.of(flush)).batch());
      }
    }
  }

  private <T extends StoreEffect> List<T> all(Class<T> kind) {
    return seen.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  private List<Result> answers() {
    return all(StoreEffect.Reply.class).stream()
        .flatMap(reply -> reply.answers().stream())
        .map(Answer::result)
        .toList();
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

  private static LoadedState fresh() {
    var kv = new MvccStore(IndexMemory.onHeap());
    return new LoadedState(kv.meta(1, 1), kv, new LeaseTable(), new Alarms(), new Members(), "");
  }

  private StoreStage stage(StateMachine machine) {
    return new StoreStage(
        machine,
        memory,
        _ -> true,
        LIFE,
        Membership.ofVoters(List.of(1L)),
        ApplyWatch.NONE,
        SLICE_KEYS);
  }

  private Entry entry(Command command) {
    var envelope =
        new Envelope(
            Envelope.Kind.of(command),
            RequestId.of(LIFE, 0, ++count),
            "",
            0,
            CommandCodec.encode(command));
    return new Entry(1, ++lastIndex, Entry.Type.COMMAND, envelope.encode());
  }

  /** Records in memory, which can be forgotten. */
  private static final class Memory implements RecordPort {
    private final Map<Revision, Bytes> records = new HashMap<>();
    private final Map<Revision, Bytes> all = new HashMap<>();
    private boolean forgetsWhatItShows;

    @Override
    public @Nullable Bytes find(Revision revision) {
      return forgetsWhatItShows ? records.remove(revision) : records.get(revision);
    }

    @Override
    public boolean isFull() {
      return false;
    }

    @Override
    public void add(Revision revision, Bytes serialized) {
      records.put(revision, serialized);
      all.put(revision, serialized);
    }

    void forgetAll() {
      records.clear();
    }

    Map<Revision, Bytes> stored(List<Revision> revisions) {
      var found = new HashMap<Revision, Bytes>();
      for (var revision : revisions) {
        found.put(revision, all.getOrDefault(revision, Bytes.EMPTY));
      }
      return found;
    }
  }
}
