package dev.kvorum.storage.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.storage.backend.Backend;
import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.backend.memory.MemoryBackend;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.MemoryDisk;
import dev.kvorum.storage.journal.snapshot.Snapshots;
import dev.kvorum.storage.lease.LeaseTable;
import dev.kvorum.storage.membership.Alarms;
import dev.kvorum.storage.membership.Members;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Member;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.mvcc.CorruptRecordException;
import dev.kvorum.storage.mvcc.MvccStore;
import dev.kvorum.storage.mvcc.Records;
import dev.kvorum.storage.mvcc.StoreMeta;
import java.util.List;
import org.junit.jupiter.api.Test;

class StateSnapshotTest {
  private static final int KEYS = 25_000;

  private final Backend backend = new MemoryBackend();
  private final Snapshots snapshots;
  private final StateMachine machine = machine();

  StateSnapshotTest() throws DiskFaultException {
    snapshots = new Snapshots(new MemoryDisk(Runnable::run));
  }

  @Test
  void aRestoredStoreHoldsWhatTheSnapshotWasTakenOf() throws Exception {
    fill();

    var header = StateSnapshot.write(backend, Bytes.utf8("voters"), snapshots);
    assertThat(header.position()).isEqualTo(new EntryId(2, machine.appliedIndex()));
    assertThat(header.membership()).isEqualTo(Bytes.utf8("voters"));

    var restored = new MemoryBackend();
    StateSnapshot.restore(snapshots.open(header.position()), restored);
    try (var view = restored.openReadView()) {
      var state = LoadedState.read(view, IndexMemory.onHeap());
      assertThat(state.meta()).isEqualTo(machine.meta());
      assertThat(state.members().list()).isEqualTo(machine.state().members());
      assertThat(state.alarms().list(Command.Alarm.NONE)).isEqualTo(machine.state().alarms());
      assertThat(state.clusterVersion()).isEqualTo("3.7.0");
      assertThat(state.kv().revision()).isEqualTo(KEYS + 1);
    }
  }

  /** A store without its description is some prefix of one, and must never be opened as a whole. */
  @Test
  void aHalfRestoredStoreIsNotTakenForOne() {
    backend.commit(new WriteBatch().put(Bucket.CLUSTER, Bytes.utf8("a"), Bytes.EMPTY));

    try (var view = backend.openReadView()) {
      assertThatThrownBy(() -> LoadedState.read(view, IndexMemory.onHeap())).isInstanceOf(CorruptRecordException.class);
    }
  }

  private void fill() {
    apply(new Command.SetClusterVersion("3.7.0"));
    apply(new Command.PublishMember(5, "five", List.of("http://127.0.0.1:2379")));
    apply(new Command.Alarm(Command.Alarm.ACTIVATE, 5, Command.Alarm.CORRUPT));
    apply(new Command.Alarm(Command.Alarm.DEACTIVATE, 5, Command.Alarm.CORRUPT));
    for (var i = 0; i < KEYS; i++) {
      var key = Bytes.utf8("key-" + i);
      apply(new Command.Put(key, Bytes.utf8("value " + i), 0, false, false, false));
    }
    apply(new Command.Alarm(Command.Alarm.ACTIVATE, 5, Command.Alarm.NOSPACE));
  }

  private void apply(Command command) {
    var outcome = machine.apply(machine.appliedIndex() + 1, 2, command, Records.NONE);
    assertThat(outcome.result()).isNotInstanceOf(Result.Failed.class);
    var batch = new WriteBatch();
    outcome.writes().forEach(w -> batch.put(Bucket.KEY, w.bucketKey(), w.bucketValue()));
    outcome.others().forEach(batch::add);
    backend.commit(batch.put(Bucket.META, StoreMeta.KEY, machine.meta().encode()));
  }

  private static StateMachine machine() {
    var kv = new MvccStore(IndexMemory.onHeap());
    var members = new Members();
    members.load(List.of(new Member(5, "", List.of("http://127.0.0.1:2380"), List.of(), false)));
    return new StateMachine(
        new LoadedState(kv.meta(1, 1), kv, new LeaseTable(), new Alarms(), members, ""),
        Long.MAX_VALUE);
  }
}
