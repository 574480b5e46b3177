package dev.kvorum.storage.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.backend.memory.MemoryBackend;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.lease.LeaseTable;
import dev.kvorum.storage.membership.Alarms;
import dev.kvorum.storage.membership.Members;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.Member;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.model.StateHash;
import dev.kvorum.storage.mvcc.MvccStore;
import dev.kvorum.storage.mvcc.RecordCodec;
import dev.kvorum.storage.mvcc.Records;
import dev.kvorum.storage.mvcc.StoreMeta;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Contract S17.2 to S17.4, and what a backend has to give back. */
class StateMachineTest {
  private static final long TERM = 2;
  private static final long MEMBER = 5;
  private static final Command PUT = put("a", "1");
  private static final Command DELETE =
      new Command.DeleteRange(Bytes.utf8("a"), Bytes.EMPTY, false);
  private static final Command TXN_WITH_PUT =
      new Command.Txn(List.of(), List.of(put("b", "2")), List.of());
  private static final Command TXN_WITHOUT_PUT =
      new Command.Txn(
          List.of(),
          List.of(new Command.DeleteRange(Bytes.utf8("a"), Bytes.EMPTY, false)),
          List.of());

  private final MemoryBackend backend = new MemoryBackend();
  private StateMachine machine = machine(Long.MAX_VALUE);

  @Test
  void aCorruptClusterRefusesEverythingThatTouchesKeys() {
    apply(PUT);
    apply(alarm(Command.Alarm.ACTIVATE, Command.Alarm.CORRUPT));

    for (var command : List.of(PUT, DELETE, TXN_WITH_PUT, TXN_WITHOUT_PUT, compact(2))) {
      assertThat(apply(command)).as("%s", command).isEqualTo(Outcome.refused(Failure.CORRUPT));
    }
    assertThat(machine.state().kv().revision()).isEqualTo(2);
    assertThat(machine.state().kv().compactRevision()).isEqualTo(-1);
  }

  @Test
  void corruptionIsToldBeforeMissingSpace() {
    apply(alarm(Command.Alarm.ACTIVATE, Command.Alarm.NOSPACE));
    apply(alarm(Command.Alarm.ACTIVATE, Command.Alarm.CORRUPT));
    assertThat(apply(PUT)).isEqualTo(Outcome.refused(Failure.CORRUPT));

    apply(alarm(Command.Alarm.DEACTIVATE, Command.Alarm.CORRUPT));
    assertThat(apply(PUT)).isEqualTo(Outcome.refused(Failure.NO_SPACE));
  }

  @Test
  void aCorruptClusterStillAnswersAboutItself() {
    apply(alarm(Command.Alarm.ACTIVATE, Command.Alarm.CORRUPT));

    assertThat(apply(alarm(Command.Alarm.GET, Command.Alarm.NONE)).result())
        .isEqualTo(
            new Result.Alarm(1, List.of(new Result.AlarmMember(MEMBER, Command.Alarm.CORRUPT))));
    assertThat(apply(publish(MEMBER)).result()).isEqualTo(new Result.Done(1));
    assertThat(apply(new Command.SetClusterVersion("3.7.0")).result())
        .isEqualTo(new Result.Done(1));
  }

  @Test
  void aClusterWithoutSpaceRefusesPutsAndTransactionsWithPuts() {
    apply(alarm(Command.Alarm.ACTIVATE, Command.Alarm.NOSPACE));

    var inTheOtherBranch = new Command.Txn(List.of(), List.of(), List.of(put("b", "2")));
    for (var command : List.of(PUT, TXN_WITH_PUT, inTheOtherBranch)) {
      assertThat(apply(command)).as("%s", command).isEqualTo(Outcome.refused(Failure.NO_SPACE));
    }
    assertThat(machine.state().kv().revision()).isEqualTo(1);
  }

  @Test
  void aClusterWithoutSpaceAdmitsWhatMakesSpace() {
    apply(PUT);
    apply(put("b", "2"));
    apply(alarm(Command.Alarm.ACTIVATE, Command.Alarm.NOSPACE));

    assertThat(apply(TXN_WITHOUT_PUT).result())
        .isEqualTo(new Result.Txn(4, true, List.of(new Result.DeleteRange(4, 1, List.of()))));
    var delete = new Command.DeleteRange(Bytes.utf8("b"), Bytes.EMPTY, false);
    assertThat(apply(delete).result()).isEqualTo(new Result.DeleteRange(5, 1, List.of()));
    assertThat(apply(compact(4)).result()).isEqualTo(new Result.Compact(5));
  }

  @Test
  void putsAreAdmittedAgainWhenTheLastMemberHasClearedItsAlarm() {
    var other = new Command.Alarm(Command.Alarm.ACTIVATE, 6, Command.Alarm.NOSPACE);
    apply(alarm(Command.Alarm.ACTIVATE, Command.Alarm.NOSPACE));
    apply(other);
    apply(alarm(Command.Alarm.DEACTIVATE, Command.Alarm.NOSPACE));
    assertThat(apply(PUT)).isEqualTo(Outcome.refused(Failure.NO_SPACE));

    apply(new Command.Alarm(Command.Alarm.DEACTIVATE, 6, Command.Alarm.NOSPACE));
    assertThat(apply(PUT).result()).isEqualTo(new Result.Put(2, null));
  }

  /** A put costs 256 bytes more than its key and value, and the quota is reached at equality. */
  @Test
  void aPutThatReachesTheQuotaTakesEffectAndSaysSo() {
    var reached = new MvccStore(IndexMemory.onHeap()).allocatedBytes() + 256 + 2;

    machine = machine(reached + 1);
    assertThat(apply(PUT).overQuota()).isFalse();

    machine = machine(reached);
    var outcome = apply(PUT);
    assertThat(outcome.overQuota()).isTrue();
    assertThat(outcome.result()).isEqualTo(new Result.Put(2, null));
    assertThat(outcome.writes()).hasSize(1);
    assertThat(outcome.events()).hasSize(1);
  }

  @Test
  void whatCostsNothingIsNeverOverTheQuota() {
    machine = machine(1);

    assertThat(apply(TXN_WITH_PUT).overQuota()).isTrue();
    assertThat(apply(DELETE).overQuota()).isFalse();
    assertThat(apply(TXN_WITHOUT_PUT).overQuota()).isFalse();
    assertThat(apply(compact(2)).overQuota()).isFalse();
  }

  @Test
  void aGapOrARepetitionInTheLogStopsTheMachine() {
    for (var index : List.of(1L, 3L)) {
      assertThatThrownBy(() -> machine.apply(index, TERM, PUT, Records.NONE))
          .as("index %d after 1", index)
          .isInstanceOf(InvariantViolation.class);
    }
  }

  @Test
  void aTermThatFallsStopsTheMachine() {
    apply(PUT);

    assertThatThrownBy(() -> machine.skip(3, TERM - 1)).isInstanceOf(InvariantViolation.class);
  }

  @Test
  void anEntryWithoutACommandMovesThePositionOnly() {
    machine.skip(2, TERM);

    assertThat(machine.state().appliedIndex()).isEqualTo(2);
    assertThat(machine.state().kv().revision()).isEqualTo(1);
    assertThat(machine.meta().appliedTerm()).isEqualTo(TERM);
  }

  @Test
  void anUnknownMemberCannotPublishItself() {
    var before = machine.state().members();

    assertThat(apply(publish(77))).isEqualTo(Outcome.refused(Failure.MEMBER_NOT_FOUND));
    assertThat(machine.state().members()).isEqualTo(before);
  }

  @Test
  void readersSeeMembersAlarmsAndTheClusterVersion() {
    apply(publish(MEMBER));
    apply(new Command.SetClusterVersion("3.7.0"));
    apply(alarm(Command.Alarm.ACTIVATE, Command.Alarm.NOSPACE));

    var state = machine.state();
    assertThat(state.appliedIndex()).isEqualTo(4);
    assertThat(state.clusterVersion()).isEqualTo("3.7.0");
    assertThat(state.members())
        .containsExactly(
            new Member(
                MEMBER,
                "five",
                List.of("http://127.0.0.1:2380"),
                List.of("http://127.0.0.1:2379"),
                false));
    assertThat(state.alarms())
        .containsExactly(new Result.AlarmMember(MEMBER, Command.Alarm.NOSPACE));
  }

  @Test
  void aStateThatWasPublishedDoesNotChange() {
    var before = machine.state();
    apply(PUT);
    apply(publish(MEMBER));
    apply(alarm(Command.Alarm.ACTIVATE, Command.Alarm.CORRUPT));

    assertThat(before.kv().revision()).isEqualTo(1);
    assertThat(before.members()).extracting(Member::name).containsExactly("");
    assertThat(before.alarms()).isEmpty();
  }

  @Test
  void aBackendWrittenFromTheOutcomesGivesAnEqualState() {
    apply(publish(MEMBER));
    apply(new Command.SetClusterVersion("3.7.0"));
    apply(PUT);
    apply(put("a", "2"));
    apply(TXN_WITH_PUT);
    apply(DELETE);
    apply(put("c", "3"));
    apply(alarm(Command.Alarm.ACTIVATE, Command.Alarm.CORRUPT));
    apply(alarm(Command.Alarm.DEACTIVATE, Command.Alarm.CORRUPT));
    apply(alarm(Command.Alarm.ACTIVATE, Command.Alarm.NOSPACE));

    try (var view = backend.openReadView()) {
      var loaded = new StateMachine(LoadedState.read(view, IndexMemory.onHeap()), Long.MAX_VALUE);

      assertThat(loaded.meta()).isEqualTo(machine.meta());
      assertThat(loaded.state())
          .usingRecursiveComparison()
          .ignoringFields("kv")
          .isEqualTo(machine.state());
      assertThat(loaded.state().kv().compactRevision())
          .isEqualTo(machine.state().kv().compactRevision());
      for (var revision = 1; revision <= machine.state().kv().revision(); revision++) {
        assertThat(allKeys(loaded, revision, view))
            .as("revision %d", revision)
            .isEqualTo(allKeys(machine, revision, view));
      }
      assertThat(loaded.apply(12, TERM, DELETE, Records.NONE))
          .isEqualTo(machine.apply(12, TERM, DELETE, Records.NONE));
    }
  }

  @Test
  void machinesThatExecutedTheSameHaveTheSameHashAlsoAfterALoad() {
    var other = machine(Long.MAX_VALUE);
    for (var command :
        List.of(publish(MEMBER), PUT, put("a", "2"), DELETE, compact(3), put("c", "3"))) {
      apply(command);
      other.apply(other.appliedIndex() + 1, TERM, command, Records.NONE);
      assertThat(machine.stateHash()).isEqualTo(other.stateHash());
    }
    try (var view = backend.openReadView()) {
      var loaded = new StateMachine(LoadedState.read(view, IndexMemory.onHeap()), Long.MAX_VALUE);
      assertThat(loaded.stateHash()).isEqualTo(machine.stateHash());
    }
  }

  @Test
  void oneDifferenceOfAnyKindShowsInTheHash() {
    var histories =
        List.of(
            List.<Command>of(put("a", "1"), put("b", "1"), compact(2)),
            List.<Command>of(put("a", "1"), put("b", "2"), compact(2)),
            List.<Command>of(put("a", "1"), put("c", "1"), compact(2)),
            List.<Command>of(put("b", "1"), put("a", "1"), compact(2)),
            List.<Command>of(put("a", "1"), put("b", "1"), compact(3)),
            List.<Command>of(put("a", "1"), put("b", "1"), publish(MEMBER)),
            List.<Command>of(
                put("a", "1"), put("b", "1"), alarm(Command.Alarm.ACTIVATE, Command.Alarm.NOSPACE)),
            List.<Command>of(put("a", "1"), put("b", "1"), new Command.SetClusterVersion("3.7.0")));
    var hashes = new HashSet<StateHash>();
    for (var history : histories) {
      var each = machine(Long.MAX_VALUE);
      history.forEach(c -> each.apply(each.appliedIndex() + 1, TERM, c, Records.NONE));
      hashes.add(each.stateHash());
    }
    assertThat(hashes).hasSameSizeAs(histories);
  }

  private static Result allKeys(StateMachine asked, long revision, ReadView view) {
    var all = Bytes.hex("00");
    var range = new Command.Range(all, all, 0, revision, 0, 0, true, false, false, 0, 0, 0, 0);
    return asked.state().kv().plan(range).finish(records(view));
  }

  private static Records records(ReadView view) {
    return revision -> {
      var key = RecordCodec.bucketKey(revision);
      return RecordCodec.record(key, Objects.requireNonNull(view.get(Bucket.KEY, key)));
    };
  }

  private Outcome apply(Command command) {
    var outcome = machine.apply(machine.appliedIndex() + 1, TERM, command, Records.NONE);
    var batch = new WriteBatch();
    outcome.writes().forEach(w -> batch.put(Bucket.KEY, w.bucketKey(), w.bucketValue()));
    outcome.others().forEach(batch::add);
    backend.commit(batch.put(Bucket.META, StoreMeta.KEY, machine.meta().encode()));
    return outcome;
  }

  private static Command.Put put(String key, String value) {
    return new Command.Put(Bytes.utf8(key), Bytes.utf8(value), 0, false, false, false);
  }

  private static Command compact(long revision) {
    return new Command.Compact(revision, false);
  }

  private static Command alarm(int action, int alarm) {
    return new Command.Alarm(action, MEMBER, alarm);
  }

  private static Command publish(long memberId) {
    return new Command.PublishMember(memberId, "five", List.of("http://127.0.0.1:2379"));
  }

  private static StateMachine machine(long quotaBytes) {
    var kv = new MvccStore(IndexMemory.onHeap());
    var members = new Members();
    members.load(
        List.of(new Member(MEMBER, "", List.of("http://127.0.0.1:2380"), List.of(), false)));
    return new StateMachine(
        new LoadedState(kv.meta(1, 1), kv, new LeaseTable(), new Alarms(), members, ""),
        quotaBytes);
  }
}
