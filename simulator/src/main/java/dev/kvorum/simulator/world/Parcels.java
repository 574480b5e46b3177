package dev.kvorum.simulator.world;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.storage.backend.Backend;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskOperation;
import dev.kvorum.storage.journal.disk.MemoryDisk;
import dev.kvorum.storage.journal.snapshot.SnapshotDamagedException;
import dev.kvorum.storage.journal.snapshot.Snapshots;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.state.StateSnapshot;
import dev.kvorum.verticles.stage.MembershipRecord;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;

/** Snapshots as they travel between members: the very bytes of a snapshot file. */
final class Parcels {
  private static final String DIRECTORY = "snapshots";

  /** A snapshot on its way. */
  record Parcel(
      long id, int from, long term, EntryId position, Membership membership, ByteBuffer file) {}

  private Parcels() {}

  /** What the backend shows now. */
  static Parcel pack(long id, int from, long term, Backend backend) {
    try {
      var memory = new MemoryDisk(Runnable::run);
      var header = StateSnapshot.write(backend, Bytes.EMPTY, new Snapshots(memory));
      Membership membership;
      try (var view = backend.openReadView()) {
        membership = MembershipRecord.read(view, Membership.NOBODY);
      }
      var file = ByteBuffer.wrap(memory.content(path(header.position())));
      return new Parcel(id, from, term, header.position(), membership, file);
    } catch (DiskFaultException | SnapshotDamagedException fault) {
      throw new IllegalStateException("a disk in memory does not fail", fault);
    }
  }

  /** Puts the file in its place on the receiver's disk, durably. */
  static void store(Disk disk, Parcel parcel) throws DiskFaultException {
    var path = path(parcel.position);
    var unfinished = path + ".tmp";
    disk.perform(
        List.of(
            new DiskOperation.MakeDirectory(DIRECTORY),
            new DiskOperation.SyncDirectory(""),
            new DiskOperation.Delete(unfinished),
            new DiskOperation.Create(unfinished),
            new DiskOperation.Write(unfinished, 0, parcel.file.duplicate()),
            new DiskOperation.Sync(unfinished),
            new DiskOperation.Rename(unfinished, path),
            new DiskOperation.SyncDirectory(DIRECTORY)));
  }

  private static String path(EntryId position) {
    var hex = HexFormat.of();
    return DIRECTORY
        + "/"
        + hex.toHexDigits(position.term())
        + "-"
        + hex.toHexDigits(position.index())
        + ".snap";
  }
}
