package dev.kvorum.simulator.world;

import dev.kvorum.raft.core.SnapshotRequest;
import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.storage.backend.Backend;
import java.util.HashMap;
import java.util.Map;

/** Snapshots on their way from a member to another, beside the links: whole, late, or never. */
final class SnapshotTransfers {
  private static final long TIMEOUT_NANOS = 3_000_000_000L;

  private final World world;
  private final SimRandom random;

  /** Who waits for the end of each, by id; never iterated. */
  private final Map<Long, Life> senders = new HashMap<>();

  private long nextId;

  SnapshotTransfers(World world, SimRandom random) {
    this.world = world;
    this.random = random;
  }

  /** A member sends what its backend shows now. */
  void send(int from, SnapshotRequest request, Backend backend) {
    var sender = world.member(from).life();
    var to = (int) request.peer() - 1;
    if (sender == null) {
      return;
    }
    var id = nextId++;
    var parcel = Parcels.pack(id, from, request.term(), backend);
    world.coverage().hit("snapshot sent");
    senders.put(id, sender);
    world.scheduler().schedule(TIMEOUT_NANOS, world, World.PARCEL_TIMEOUT, id, request);
    var receiver = world.member(to).life();
    var open = world.network().state(from, to) == Network.LinkState.OPEN;
    if (receiver != null && open && parcel.position().index() >= request.minimumIndex()) {
      var nanos = 1_000_000 + parcel.file().remaining() * 10L;
      receiver.arrive(nanos, parcel);
      if (world.network().repeats()) {
        // A sender that thought the first one lost; long after, the log may be far ahead.
        receiver.arrive(nanos + random.exponential(TIMEOUT_NANOS), parcel);
      }
    }
  }

  /** A member has the whole snapshot, or could not store it. */
  void ended(int receiver, Parcels.Parcel parcel, boolean delivered) {
    if (world.network().state(receiver, parcel.from()) != Network.LinkState.OPEN) {
      // The sender never hears of it, and gives up after the time-out.
      return;
    }
    var sender = senders.remove(parcel.id());
    if (sender != null) {
      sender.snapshotEnded(
          world.calls().delay(), world.memberId(receiver), parcel.position().index(), delivered);
    }
  }

  /** The sender has heard nothing of it for too long. */
  void timedOut(long id, SnapshotRequest request) {
    var sender = senders.remove(id);
    if (sender != null) {
      sender.snapshotEnded(0, request.peer(), 0, false);
    }
  }
}
