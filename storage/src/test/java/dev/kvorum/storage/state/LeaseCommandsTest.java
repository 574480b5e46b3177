package dev.kvorum.storage.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.backend.memory.MemoryBackend;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.lease.LeaseChange;
import dev.kvorum.storage.lease.LeaseRecord;
import dev.kvorum.storage.lease.LeaseTable;
import dev.kvorum.storage.membership.Alarms;
import dev.kvorum.storage.membership.Members;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.MvccStore;
import dev.kvorum.storage.mvcc.StoreMeta;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Contract S10 in the replicated state: leases and keys change together. */
class LeaseCommandsTest {
  private static final long TERM = 3;

  private final MemoryBackend backend = new MemoryBackend();
  private final Map<Revision, Bytes> records = new HashMap<>();
  private StateMachine machine = empty();

  @Test
  void aPutNeedsALeaseThatExists() {
    assertThat(apply(put("a", 7)).result()).isEqualTo(new Result.Failed(Failure.LEASE_NOT_FOUND));
    apply(new Command.LeaseGrant(7, 60));
    assertThat(apply(put("a", 7)).result()).isEqualTo(new Result.Put(2, null));
    assertThat(machine.leases().attachedKeys(7)).containsExactly(Bytes.utf8("a"));
  }

  @Test
  void anIdIsGrantedOnce() {
    assertThat(apply(new Command.LeaseGrant(-4, 60)).result())
        .isEqualTo(new Result.LeaseGrant(1, -4, 60));
    assertThat(apply(new Command.LeaseGrant(-4, 60)).result())
        .isEqualTo(new Result.Failed(Failure.LEASE_EXISTS));
  }

  @Test
  void aRevokeDeletesAllKeysInOneRevisionInKeyOrder() {
    apply(new Command.LeaseGrant(7, 60));
    apply(put("b", 7));
    apply(put("a", 7));
    apply(put("c", 0));

    var outcome = apply(new Command.LeaseRevoke(7));

    assertThat(outcome.result()).isEqualTo(new Result.LeaseRevoke(5));
    assertThat(outcome.events()).extracting(Event::key).containsExactly(utf8("a"), utf8("b"));
    assertThat(outcome.events())
        .extracting(Event::revision)
        .containsExactly(new Revision(5, 0), new Revision(5, 1));
    assertThat(outcome.events()).allMatch(Event::deleted);
    assertThat(outcome.leases()).containsExactly(new LeaseChange.Revoked(7, false));
    assertThat(apply(new Command.LeaseRevoke(7)).result())
        .isEqualTo(new Result.Failed(Failure.LEASE_NOT_FOUND));
  }

  @Test
  void aRevokeWithoutKeysUsesNoRevision() {
    apply(new Command.LeaseGrant(7, 60));

    assertThat(apply(new Command.LeaseRevoke(7)).result()).isEqualTo(new Result.LeaseRevoke(1));
  }

  @Test
  void aKeyThatWasDeletedOrPutAgainIsNotDeletedWithItsFormerLease() {
    apply(new Command.LeaseGrant(7, 60));
    apply(put("a", 7));
    apply(put("b", 7));
    apply(put("c", 7));
    apply(new Command.DeleteRange(utf8("a"), Bytes.EMPTY, false));
    apply(put("a", 0));
    apply(put("b", 0));

    assertThat(apply(new Command.LeaseRevoke(7)).events())
        .extracting(Event::key)
        .containsExactly(utf8("c"));
  }

  @Test
  void ignoreLeaseKeepsTheAttachment() {
    apply(new Command.LeaseGrant(7, 60));
    apply(put("a", 7));
    apply(new Command.Put(utf8("a"), utf8("2"), 0, false, false, true));

    assertThat(machine.leases().attachedKeys(7)).containsExactly(utf8("a"));
  }

  @Test
  void everyLeaseThatRunsOutHasARevisionOfItsOwn() {
    apply(new Command.LeaseGrant(1, 60));
    apply(new Command.LeaseGrant(2, 60));
    apply(new Command.LeaseGrant(3, 60));
    apply(put("a", 1));
    apply(put("b", 2));
    apply(put("c", 2));

    var outcome = apply(new Command.LeaseExpire(TERM, List.of(1L, 99L, 2L, 3L), 0));

    assertThat(outcome.result()).isEqualTo(new Result.Done(6));
    assertThat(outcome.events())
        .extracting(Event::revision)
        .containsExactly(new Revision(5, 0), new Revision(6, 0), new Revision(6, 1));
    assertThat(machine.leases().size()).isZero();
  }

  /** A leader that was replaced took no notice of renewals since (etcd's issue 15247). */
  @Test
  void anExpiryOfAnEarlierTermTakesNothingAway() {
    apply(new Command.LeaseGrant(1, 60));
    apply(put("a", 1));

    assertThat(apply(new Command.LeaseExpire(TERM - 1, List.of(1L), 0)))
        .isEqualTo(Outcome.refused(Failure.NOT_LEADER));
    assertThat(machine.leases().attachedKeys(1)).containsExactly(utf8("a"));
  }

  /**
   * The leader saw the lease run out and has not heard yet that its client revoked it and was
   * granted it anew (contract S10.4: never early).
   */
  @Test
  void anExpiryEndsNoLeaseThatWasGrantedSinceTheLeaderLooked() {
    apply(new Command.LeaseGrant(1, 60, true));
    apply(new Command.LeaseGrant(2, 60));
    var heard = machine.appliedIndex();
    apply(new Command.LeaseRevoke(1));
    apply(new Command.LeaseGrant(1, 60, true));
    apply(put("a", 1));
    apply(put("b", 2));
    restart();

    var outcome = apply(new Command.LeaseExpire(TERM, List.of(1L, 2L), heard + 1));

    assertThat(outcome.leases()).containsExactly(new LeaseChange.Revoked(2, true));
    assertThat(outcome.events()).extracting(Event::key).containsExactly(utf8("b"));
    assertThat(machine.leases().attachedKeys(1)).containsExactly(utf8("a"));

    // Now the leader has heard, and has seen it run out again.
    var index = machine.appliedIndex();
    assertThat(apply(new Command.LeaseExpire(TERM, List.of(1L), index + 1)).leases())
        .containsExactly(new LeaseChange.Revoked(1, true));
  }

  @Test
  void anExpiryOfAnOlderReleaseMeansEveryLeaseThatItNames() {
    apply(new Command.LeaseGrant(1, 60));

    assertThat(apply(new Command.LeaseExpire(TERM, List.of(1L), 0)).leases())
        .containsExactly(new LeaseChange.Revoked(1, true));
  }

  /** Nobody can ask for an id again that was drawn among all; so nothing is kept for it. */
  @Test
  void whereALeaseWithARandomIdWasGrantedIsNotKept() {
    apply(new Command.LeaseGrant(1, 60));
    var granted = machine.appliedIndex();

    assertThat(machine.leases().record(1)).isEqualTo(new LeaseRecord(1, 60, 0, 0));
    assertThat(apply(new Command.LeaseExpire(TERM, List.of(1L), granted + 1)).leases())
        .containsExactly(new LeaseChange.Revoked(1, true));
  }

  @Test
  void aCheckpointDoesNotMakeALeaseYounger() {
    apply(new Command.LeaseGrant(1, 60, true));
    var granted = machine.appliedIndex();
    checkpoint(0, new Command.LeaseCheckpoint.Remaining(1, 30));
    restart();

    assertThat(machine.leases().record(1)).isEqualTo(new LeaseRecord(1, 60, 30, granted));
  }

  /**
   * What the leader saw remain is that of the lease before, and the next leader would give the
   * younger one no more (contract S10.4: never early).
   */
  @Test
  void aCheckpointMeansNoLeaseThatWasGrantedSinceTheLeaderLooked() {
    apply(new Command.LeaseGrant(1, 600, true));
    apply(new Command.LeaseGrant(2, 600));
    var heard = machine.appliedIndex();
    apply(new Command.LeaseRevoke(1));
    apply(new Command.LeaseGrant(1, 600, true));
    var granted = machine.appliedIndex();

    var outcome =
        checkpoint(
            heard + 1,
            new Command.LeaseCheckpoint.Remaining(1, 30),
            new Command.LeaseCheckpoint.Remaining(2, 30));

    assertThat(outcome.leases()).containsExactly(new LeaseChange.Checkpointed(2, 30));
    restart();
    assertThat(machine.leases().record(1)).isEqualTo(new LeaseRecord(1, 600, 0, granted));
    assertThat(machine.leases().record(2)).isEqualTo(new LeaseRecord(2, 600, 30, 0));
  }

  /**
   * A leader that was paused and replaced does not know what its successor has renewed, and the
   * next one would give the lease no more than the checkpoint says (contract S10.4: never early).
   */
  @Test
  void aCheckpointOfAnEarlierTermChangesNothing() {
    apply(new Command.LeaseGrant(1, 600));
    var leases = List.of(new Command.LeaseCheckpoint.Remaining(1, 30));
    var before = machine.appliedIndex() + 1;

    assertThat(apply(new Command.LeaseCheckpoint(TERM - 1, leases, before)))
        .isEqualTo(Outcome.refused(Failure.NOT_LEADER));
    restart();
    assertThat(machine.leases().record(1)).isEqualTo(new LeaseRecord(1, 600, 0, 0));
  }

  @Test
  void aCheckpointOfAnOlderReleaseMeansAnyTerm() {
    apply(new Command.LeaseGrant(1, 600));
    var leases = List.of(new Command.LeaseCheckpoint.Remaining(1, 30));

    assertThat(apply(new Command.LeaseCheckpoint(0, leases, 0)).leases())
        .containsExactly(new LeaseChange.Checkpointed(1, 30));
  }

  private Outcome checkpoint(long grantedBefore, Command.LeaseCheckpoint.Remaining... leases) {
    return apply(new Command.LeaseCheckpoint(TERM, List.of(leases), grantedBefore));
  }

  @Test
  void aRefusedTransactionAttachesNothing() {
    apply(new Command.LeaseGrant(7, 60));
    var txn = new Command.Txn(List.of(), List.of(put("a", 7), put("b", 8)), List.of());

    assertThat(apply(txn).result()).isEqualTo(new Result.Failed(Failure.LEASE_NOT_FOUND));
    assertThat(machine.leases().attachedCount(7)).isZero();
  }

  @Test
  void alarmsRefuseWhatTheContractSays() {
    apply(new Command.LeaseGrant(7, 60));
    apply(new Command.Alarm(Command.Alarm.ACTIVATE, 1, Command.Alarm.NOSPACE));
    assertThat(apply(new Command.LeaseGrant(8, 60))).isEqualTo(Outcome.refused(Failure.NO_SPACE));
    assertThat(apply(new Command.LeaseRevoke(7)).result()).isEqualTo(new Result.LeaseRevoke(1));

    apply(new Command.Alarm(Command.Alarm.ACTIVATE, 1, Command.Alarm.CORRUPT));
    assertThat(apply(new Command.LeaseGrant(8, 60))).isEqualTo(Outcome.refused(Failure.CORRUPT));
    assertThat(apply(new Command.LeaseRevoke(8))).isEqualTo(Outcome.refused(Failure.CORRUPT));
  }

  @Test
  void leasesCheckpointsAndAttachmentsSurviveARestart() {
    apply(new Command.LeaseGrant(7, 600));
    apply(new Command.LeaseGrant(8, 600, true));
    apply(new Command.LeaseGrant(9, 600));
    apply(put("a", 7));
    apply(put("b", 7));
    apply(put("b", 8));
    apply(put("c", 8));
    apply(new Command.DeleteRange(utf8("c"), Bytes.EMPTY, false));
    apply(new Command.LeaseRevoke(9));
    checkpoint(
        machine.appliedIndex() + 1,
        new Command.LeaseCheckpoint.Remaining(8, 300),
        new Command.LeaseCheckpoint.Remaining(9, 300));

    restart();

    assertThat(machine.leases().size()).isEqualTo(2);
    assertThat(machine.leases().record(8)).isEqualTo(new LeaseRecord(8, 600, 300, 3));
    assertThat(machine.leases().attachedKeys(7)).containsExactly(utf8("a"));
    assertThat(machine.leases().attachedKeys(8)).containsExactly(utf8("b"));
  }

  private Outcome apply(Command command) {
    var outcome =
        machine.apply(
            machine.appliedIndex() + 1,
            TERM,
            command,
            revision -> Objects.requireNonNull(records.get(revision)));
    var batch = new WriteBatch();
    for (var write : outcome.writes()) {
      records.put(write.revision(), write.record());
      batch.put(Bucket.KEY, write.bucketKey(), write.bucketValue());
    }
    outcome.others().forEach(batch::add);
    batch.put(Bucket.META, StoreMeta.KEY, machine.meta().encode());
    backend.commit(batch);
    return outcome;
  }

  private void restart() {
    try (var view = backend.openReadView()) {
      machine = new StateMachine(LoadedState.read(view, IndexMemory.onHeap()), Long.MAX_VALUE);
    }
  }

  private static StateMachine empty() {
    var kv = new MvccStore(IndexMemory.onHeap());
    return new StateMachine(
        new LoadedState(kv.meta(1, 1), kv, new LeaseTable(), new Alarms(), new Members(), ""),
        Long.MAX_VALUE);
  }

  private static Command.Put put(String key, long lease) {
    return new Command.Put(utf8(key), utf8("v"), lease, false, false, false);
  }

  private static Bytes utf8(String text) {
    return Bytes.utf8(text);
  }
}
