package dev.kvorum.simulator.world;

import dev.kvorum.raft.core.Message;
import dev.kvorum.raft.core.SnapshotRequest;
import dev.kvorum.raft.stage.RaftStage;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.snapshot.SnapshotDamagedException;
import dev.kvorum.storage.journal.snapshot.Snapshots;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.state.StateSnapshot;
import dev.kvorum.verticles.stage.StoreStage;

/** A member's snapshots: written, dropped, sent, received, made its state. */
final class SnapshotDesk {
  private final Life life;
  private final World world;
  private final int index;
  private final SimDisk disk;
  private final Snapshots snapshots;
  private final RaftDesk raft;
  private final StoreDesk store;

  SnapshotDesk(
      Life life,
      World world,
      int index,
      SimDisk disk,
      Snapshots snapshots,
      RaftDesk raft,
      StoreDesk store) {
    this.life = life;
    this.world = world;
    this.index = index;
    this.disk = disk;
    this.snapshots = snapshots;
    this.raft = raft;
    this.store = store;
  }

  /** Writes one of the present store, a little later. */
  void takeLater() {
    life.later(Life.READ_NANOS, Life.TAKE_SNAPSHOT, store.number(), null);
  }

  /** Writes one of what is applied. */
  void take(long asked) {
    if (!store.isCurrent(asked)) {
      raft.step(RaftStage::snapshotFailed);
      return;
    }
    store.disk().flushNow();
    try {
      var header = StateSnapshot.write(store.disk().backend(), Bytes.EMPTY, snapshots);
      world.coverage().hit("snapshot written");
      raft.step(stage -> stage.snapshotTaken(header.position(), store.applied().inUseBytes()));
    } catch (DiskFaultException | SnapshotDamagedException _) {
      world.coverage().hit("snapshot failed");
      raft.step(RaftStage::snapshotFailed);
    }
  }

  /** Nobody needs older ones. */
  void dropBelow(EntryId position) {
    try {
      snapshots.deleteBelow(position);
    } catch (DiskFaultException _) {
      world.coverage().hit("old snapshots stayed");
    }
  }

  /** A member needs what the journal has no more. */
  void send(SnapshotRequest request) {
    store.disk().flushNow();
    world.transfers().send(index, request, store.disk().backend());
  }

  /** Another member's has arrived. */
  void arrived(Parcels.Parcel parcel) {
    try {
      Parcels.store(disk, parcel);
      snapshots.open(parcel.position()).drain();
    } catch (DiskFaultException | SnapshotDamagedException _) {
      world.coverage().hit("received snapshot unusable");
      world.transfers().ended(index, parcel, false);
      return;
    }
    world.coverage().hit("snapshot received");
    world.transfers().ended(index, parcel, true);
    var install =
        new Message.InstallSnapshot(
            world.memberId(parcel.from()),
            world.memberId(index),
            parcel.term(),
            parcel.position(),
            parcel.membership());
    world.observe(observer -> observer.received(index, install));
    raft.step(stage -> stage.receive(install));
  }

  /** Makes the received snapshot the state. */
  void install(EntryId position) {
    try {
      var backend = Boot.restore(snapshots, position);
      world.member(index).replaceState(backend);
      store.replace(backend, position.index(), raft.core().membership());
      world.coverage().hit("snapshot installed");
      raft.step(stage -> stage.snapshotInstalled(position));
      store.step(StoreStage::start);
    } catch (DiskFaultException | SnapshotDamagedException fault) {
      world
          .processes()
          .halted(index, "a received snapshot cannot be read back: " + fault.getMessage());
    }
  }
}
