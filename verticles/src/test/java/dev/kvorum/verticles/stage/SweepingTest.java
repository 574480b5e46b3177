package dev.kvorum.verticles.stage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.raft.core.Membership;
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
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.MvccStore;
import dev.kvorum.storage.mvcc.StoreView;
import dev.kvorum.storage.state.LoadedState;
import dev.kvorum.storage.state.StateMachine;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A delete of an interval with very many keys takes effect at once, and the log goes on while its
 * records are made; the backend and the watchers get everything in the order of revisions.
 */
final class SweepingTest {
  private static final int LIFE = 7;
  private static final int SLICE_KEYS = 10;
  private static final int KEYS = 95;
  private static final int DELETED_AT = KEYS + 2;
  private static final long LEASE = 5;

  private final MemoryBackend backend = new MemoryBackend();
  private final Memory memory = new Memory();
  private final List<StoreEffect> seen = new ArrayList<>();
  private long lastIndex = 1;
  private long count;
  private StoreStage stage = stage(new StateMachine(fresh(), Long.MAX_VALUE));

  @BeforeEach
  void putKeys() {
    perform(stage.committed(List.of(entry(new Command.LeaseGrant(LEASE, 60)))));
    for (var i = 0; i < KEYS; i++) {
      perform(stage.committed(List.of(entry(put("k%03d".formatted(i), i == 42 ? LEASE : 0)))));
    }
    seen.clear();
  }

  @Test
  void theDeleteIsAnsweredAndSeenBeforeItsRecordsAreMade() {
    perform(stage.committed(List.of(entry(deleteAll()), entry(put("z", 0)))));

    assertThat(answers()).containsExactly(new Result.DeleteRange(DELETED_AT, KEYS, List.of()));
    assertThat(keysIn(published())).isZero();
    assertThat(published().revision()).isEqualTo(DELETED_AT);
    perform(stage.proceed());
    assertThat(answers()).last().isEqualTo(new Result.Put(DELETED_AT + 1, null));
    assertThat(all(StoreEffect.Write.class)).as("no record was made so far").isEmpty();
    assertThat(all(StoreEffect.AppliedTo.class)).last().isEqualTo(appliedTo());
  }

  @Test
  void watchersHearOfTheDeleteAsAWholeAndBeforeWhatCameLater() {
    perform(stage.committed(List.of(entry(deleteAll()), entry(put("z", 0)))));
    perform(stage.proceed());
    assertThat(sweepToTheEnd()).isEqualTo((KEYS + SLICE_KEYS - 1) / SLICE_KEYS);

    var told = all(StoreEffect.Happened.class);
    assertThat(told).hasSize(2);
    var deletes = told.getFirst().events();
    assertThat(deletes).hasSize(KEYS).allMatch(Event::deleted);
    assertThat(deletes.getLast().revision()).isEqualTo(new Revision(DELETED_AT, KEYS - 1));
    assertThat(told.getLast().events())
        .extracting(Event::revision)
        .containsExactly(new Revision(DELETED_AT + 1, 0));
  }

  @Test
  void theBackendCountsTheDeleteAndWhatCameLaterWithItsLastRecord() {
    perform(stage.committed(List.of(entry(deleteAll()), entry(put("z", 0)))));
    perform(stage.proceed());
    perform(stage.sweep());
    perform(stage.sweep());

    // A crash: the next life finds the store as it was before, and applies all of it again.
    var before = LoadedState.open(backend, IndexMemory.onHeap());
    assertThat(before.kv().revision()).isEqualTo(DELETED_AT - 1);
    var index = before.meta().appliedIndex();
    stage = stage(new StateMachine(before, Long.MAX_VALUE));
    seen.clear();
    lastIndex = index;
    perform(stage.committed(List.of(entry(deleteAll()), entry(put("z", 0)))));
    perform(stage.proceed());
    sweepToTheEnd();

    var after = LoadedState.open(backend, IndexMemory.onHeap());
    assertThat(after.kv().revision()).isEqualTo(DELETED_AT + 1);
    assertThat(after.meta().appliedIndex()).isEqualTo(index + 2);
    assertThat(after.leases().attachedCount(LEASE)).isZero();
  }

  @Test
  void anEntryThatWritesAHiddenKeyWaitsUntilItsTombstoneIsThere() {
    perform(stage.committed(List.of(entry(deleteAll()), entry(put("k015", 0)))));
    perform(stage.proceed());
    assertThat(answers()).hasSize(1);
    perform(stage.sweep());
    perform(stage.proceed());
    assertThat(answers()).hasSize(1);
    assertThat(all(StoreEffect.SweepLater.class)).last().isEqualTo(later(true));
    perform(stage.sweep());
    perform(stage.proceed());

    assertThat(answers()).last().isEqualTo(new Result.Put(DELETED_AT + 1, null));
    assertThat(keysIn(published())).isOne();
    sweepToTheEnd();
    assertThat(keysIn(published())).isOne();
  }

  @Test
  void theEndOfALeaseWaitsUntilItsKeyIsReached() {
    perform(stage.committed(List.of(entry(deleteAll()), entry(new Command.LeaseRevoke(LEASE)))));
    perform(stage.proceed());
    perform(stage.findKeys(1, List.of(LEASE), true));
    assertThat(all(StoreEffect.FoundKeys.class)).isEmpty();
    var turns = 0;
    while (answers().size() == 1) {
      perform(stage.sweep());
      perform(stage.proceed());
      turns++;
    }

    assertThat(turns).isEqualTo(5);
    assertThat(answers()).last().isEqualTo(new Result.LeaseRevoke(DELETED_AT));
    sweepToTheEnd();
    assertThat(all(StoreEffect.FoundKeys.class))
        .containsExactly(new StoreEffect.FoundKeys(1, List.of(), List.of(0)));
  }

  @Test
  void longCommandsAndCompactionsWaitForTheWholeDelete() {
    perform(
        stage.committed(
            List.of(
                entry(deleteAll()),
                entry(new Command.Compact(DELETED_AT, false)),
                entry(deleteAll()))));
    perform(stage.proceed());
    perform(stage.defragment());
    while (all(StoreEffect.Defragmented.class).isEmpty()) {
      assertThat(answers()).hasSize(1);
      perform(stage.sweep());
    }
    perform(stage.proceed());

    assertThat(answers())
        .containsExactly(
            new Result.DeleteRange(DELETED_AT, KEYS, List.of()),
            new Result.Compact(DELETED_AT),
            new Result.DeleteRange(DELETED_AT, 0, List.of()));
  }

  @Test
  void itHurriesWhenMemoryIsFull() {
    perform(stage.committed(List.of(entry(deleteAll()))));
    perform(stage.sweep());
    assertThat(all(StoreEffect.SweepLater.class)).last().isEqualTo(later(false));
    memory.full = true;
    perform(stage.sweep());
    assertThat(all(StoreEffect.SweepLater.class)).last().isEqualTo(later(true));
  }

  private static StoreEffect.SweepLater later(boolean isWaitedFor) {
    return new StoreEffect.SweepLater(isWaitedFor);
  }

  private StoreEffect.AppliedTo appliedTo() {
    return new StoreEffect.AppliedTo(lastIndex);
  }

  /** Returns how many slices it took. */
  private int sweepToTheEnd() {
    var slices = 0;
    var asked = all(StoreEffect.SweepLater.class).size();
    var sweeps = all(StoreEffect.Happened.class).size();
    while (all(StoreEffect.Happened.class).size() == sweeps) {
      assertThat(asked).isPositive();
      perform(stage.sweep());
      slices++;
    }
    return slices;
  }

  private StoreView published() {
    return all(StoreEffect.Publish.class).getLast().state().kv();
  }

  private static long keysIn(StoreView view) {
    assertThat(view.tryHold()).isTrue();
    var count = view.index().count(KeyRange.of(Bytes.utf8("k"), Bytes.utf8("l")), view.revision());
    view.release();
    return count;
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

  private static Command.DeleteRange deleteAll() {
    return new Command.DeleteRange(Bytes.utf8("k"), Bytes.utf8("l"), false);
  }

  private static Command.Put put(String key, long lease) {
    return new Command.Put(Bytes.utf8(key), Bytes.utf8("value"), lease, false, false, false);
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

  private static final class Memory implements RecordPort {
    private final Map<Revision, Bytes> records = new HashMap<>();
    private boolean full;

    @Override
    public @Nullable Bytes find(Revision revision) {
      return records.get(revision);
    }

    @Override
    public boolean isFull() {
      return full;
    }

    @Override
    public void add(Revision revision, Bytes serialized) {
      records.put(revision, serialized);
    }
  }
}
