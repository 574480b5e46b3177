package dev.kvorum.simulator.world;

import dev.kvorum.raft.core.RaftCore;
import dev.kvorum.raft.core.SnapshotRequest;
import dev.kvorum.raft.stage.RaftEffect;
import dev.kvorum.raft.stage.RaftStage;
import dev.kvorum.raft.stage.RaftStatus;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.StateHash;
import dev.kvorum.storage.mvcc.StoreMeta;
import dev.kvorum.storage.state.AppliedState;
import dev.kvorum.verticles.stage.FlushBatch;
import dev.kvorum.verticles.stage.StoreEffect;
import dev.kvorum.verticles.stage.StoreStage;
import org.jspecify.annotations.Nullable;

/**
 * One life of a member, from a start to a crash: the stages that the server runs, driven the way
 * its verticles drive them. What a verticle would send over the bus is an event here.
 *
 * <p>Here is what can happen to the member, one thing at a time, and who hears of it: {@link
 * RaftDesk}, {@link StoreDesk}, {@link SnapshotDesk} and {@link ClientDesks}. They know the life,
 * and each other through it.
 */
final class Life extends Actor {
  // The kinds of events, which go into the trace's hash. Whoever lets one happen names it.
  static final int RUN = 0;
  private static final int TICK = 1;
  private static final int MESSAGE = 2;
  static final int COMMITTED = 3;
  static final int APPLIED = 4;
  static final int FLUSH_PROPOSALS = 5;
  static final int START_ROUND = 6;
  static final int ROUND_TIMEOUT = 7;
  static final int CONFIRMED = 8;
  static final int READ_ENTRIES = 9;
  static final int PROCEED = 10;
  static final int FETCH = 11;
  static final int HASH = 12;
  static final int COMPACT_SLICE = 13;
  static final int FLUSHED = 14;
  static final int SYNCED = 15;
  static final int TAKE_SNAPSHOT = 16;
  static final int SEND_SNAPSHOT = 17;
  private static final int SNAPSHOT_ARRIVED = 18;
  private static final int SNAPSHOT_ENDED = 19;
  static final int INSTALL = 20;
  private static final int REQUEST = 21;
  static final int RETRY_SPACE = 22;
  private static final int UNREACHABLE = 23;
  static final int STATE_HASHED = 24;
  private static final int SAID = 25;
  private static final int LINE_ENDED = 26;
  static final int SWEEP_SLICE = 27;

  /** A message on the event bus of a process. */
  static final long BUS_NANOS = 5_000;

  /** Reading a little from a disk, on the thread that does that. */
  static final long READ_NANOS = 200_000;

  /** A round of reads that Raft has confirmed up to an index. */
  record Confirmed(long round, long index) {}

  private record Delivered(long peer, long index, boolean delivered) {}

  private final World world;
  private final int index;
  private final SimDisk disk;
  private final MemberClock clock;
  private final RaftDesk raft;
  private final StoreDesk store;
  private final SnapshotDesk snapshots;
  private final ClientDesks clients;

  Life(World world, int index, long memberId, SimDisk disk, Boot.Opened opened) {
    super(world.scheduler());
    this.world = world;
    this.index = index;
    this.disk = disk;
    clock = new MemberClock(scheduler, world.plan().tuning().tickNanos());
    var lifeNumber = (int) ((index * 1_021L + opened.boot().incarnation()) & 0xffff);
    raft = new RaftDesk(this, world, index, memberId, disk, opened);
    store = new StoreDesk(this, world, index, lifeNumber, opened);
    snapshots = new SnapshotDesk(this, world, index, disk, opened.snapshots(), raft, store);
    clients = new ClientDesks(this, world, index, lifeNumber, clock, raft, store);
  }

  /** Begins to live. */
  void start() {
    store.show();
    raft.step(RaftStage::start);
    store.step(StoreStage::start);
    later(clock.tickNanos(), TICK, 0, null);
  }

  /** The end: nothing of this life happens any more. */
  void end() {
    kill();
    disk.kill();
    store.disk().kill();
  }

  // Its parts, and what others ask of them most.

  SimDisk disk() {
    return disk;
  }

  MemberClock clock() {
    return clock;
  }

  RaftDesk raft() {
    return raft;
  }

  StoreDesk store() {
    return store;
  }

  SnapshotDesk snapshots() {
    return snapshots;
  }

  ClientDesks clients() {
    return clients;
  }

  RaftCore core() {
    return raft.core();
  }

  RaftStatus status() {
    return raft.status();
  }

  AppliedState applied() {
    return store.applied();
  }

  // What the world does to it.

  /** A message comes over a link. */
  void arrive(long delayNanos, Network.Flight flight) {
    later(delayNanos, MESSAGE, 0, flight);
  }

  /** A snapshot comes. */
  void arrive(long delayNanos, Parcels.Parcel parcel) {
    later(delayNanos, SNAPSHOT_ARRIVED, 0, parcel);
  }

  /** The snapshot for the peer has arrived, or not. */
  void snapshotEnded(long delayNanos, long peer, long snapshotIndex, boolean delivered) {
    later(delayNanos, SNAPSHOT_ENDED, 0, new Delivered(peer, snapshotIndex, delivered));
  }

  /** A connection to the peer has ended. */
  void unreachable(long peer) {
    later(0, UNREACHABLE, peer, null);
  }

  /** A client asks. */
  void request(long delayNanos, Request request) {
    later(delayNanos, REQUEST, 0, request);
  }

  /** A client says something on a line. */
  void hear(long delayNanos, long line, Object what) {
    later(delayNanos, SAID, line, what);
  }

  /** A client has gone. */
  void lineEnded(long delayNanos, long line) {
    later(delayNanos, LINE_ENDED, line, null);
  }

  // What happens.

  @Override
  boolean loses(int kind) {
    return kind == TICK;
  }

  @Override
  void lost(int kind) {
    clock.wakeUpMissed();
    later(clock.tickNanos(), TICK, 0, null);
  }

  @Override
  void happen(int kind, long argument, @Nullable Object payload) {
    world.trace().mix(kind, index, argument);
    try {
      handle(kind, argument, payload);
    } catch (PowerCut _) {
      world.processes().powerCut(index);
      return;
    }
    raft.stepped();
  }

  private void handle(int kind, long argument, @Nullable Object payload) {
    switch (kind) {
      case RUN -> ((Runnable) present(payload)).run();
      case TICK -> tick();
      case MESSAGE -> raft.message((Network.Flight) present(payload));
      case COMMITTED -> store.committed(argument, (StoreDesk.Commit) present(payload));
      case APPLIED -> {
        if (store.isCurrent((Long) present(payload))) {
          raft.step(stage -> stage.applied(argument));
        }
      }
      case FLUSH_PROPOSALS -> clients.door().flush();
      case START_ROUND -> clients.door().startRound();
      case ROUND_TIMEOUT -> clients.door().roundTimedOut(argument);
      case CONFIRMED -> {
        var confirmed = (Confirmed) present(payload);
        store.step(stage -> stage.readConfirmed(FrontDoor.LOOP, confirmed.round, confirmed.index));
      }
      case READ_ENTRIES -> raft.readEntries((RaftEffect.ReadEntries) present(payload));
      case PROCEED -> store.ifCurrent(argument, StoreStage::proceed);
      case FETCH -> store.fetch(argument, (StoreEffect.Fetch) present(payload));
      case HASH -> store.hash(argument, (StoreEffect.HashHistory) present(payload));
      case COMPACT_SLICE -> store.ifCurrent(argument, StoreStage::compactSlice);
      case SWEEP_SLICE -> store.ifCurrent(argument, StoreStage::sweep);
      case FLUSHED -> store.flushed(argument, (FlushBatch) present(payload));
      case SYNCED -> {
        if (store.isCurrent(argument)) {
          var synced = (StoreMeta) present(payload);
          raft.step(stage -> stage.stateSynced(synced.appliedIndex()));
        }
      }
      case TAKE_SNAPSHOT -> snapshots.take(argument);
      case SEND_SNAPSHOT -> snapshots.send((SnapshotRequest) present(payload));
      case SNAPSHOT_ARRIVED -> snapshots.arrived((Parcels.Parcel) present(payload));
      case SNAPSHOT_ENDED -> {
        var ended = (Delivered) present(payload);
        raft.step(stage -> stage.snapshotSent(ended.peer, ended.index, ended.delivered));
      }
      case INSTALL -> snapshots.install((EntryId) present(payload));
      case REQUEST -> clients.door().request((Request) present(payload));
      case RETRY_SPACE -> raft.retrySpace();
      case STATE_HASHED -> {
        if (store.isCurrent(argument)) {
          raft.step(stage -> stage.stateHashed((StateHash) present(payload)));
        }
      }
      case SAID -> clients.said(argument, present(payload));
      case LINE_ENDED -> clients.ended(argument);
      case UNREACHABLE -> raft.step(stage -> stage.unreachable(argument));
      default -> throw new InvariantViolation("an event of unknown kind " + kind);
    }
  }

  private static Object present(@Nullable Object payload) {
    return InvariantViolation.present(payload, "an event carries what it is about");
  }

  private void tick() {
    later(clock.tickNanos(), TICK, 0, null);
    var wakeUps = clock.wakeUps();
    for (var i = 0L; i < wakeUps && !isDead(); i++) {
      if (clock.isTick()) {
        world.observe(observer -> observer.ticked(index));
        raft.step(RaftStage::tick);
      }
    }
  }
}
