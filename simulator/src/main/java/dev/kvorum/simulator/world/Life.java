package dev.kvorum.simulator.world;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.raft.core.MembershipChange;
import dev.kvorum.raft.core.Message;
import dev.kvorum.raft.core.RaftConfig;
import dev.kvorum.raft.core.RaftCore;
import dev.kvorum.raft.core.Role;
import dev.kvorum.raft.core.SnapshotRequest;
import dev.kvorum.raft.core.TraceRecord;
import dev.kvorum.raft.stage.RaftEffect;
import dev.kvorum.raft.stage.RaftStage;
import dev.kvorum.raft.stage.RaftStatus;
import dev.kvorum.raft.stage.Retention;
import dev.kvorum.raft.stage.Ticks;
import dev.kvorum.simulator.plan.Tuning;
import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.backend.memory.MemoryBackend;
import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.Journal;
import dev.kvorum.storage.journal.JournalDriver;
import dev.kvorum.storage.journal.JournalOutcome;
import dev.kvorum.storage.journal.disk.DiskFault;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.snapshot.SnapshotDamagedException;
import dev.kvorum.storage.journal.snapshot.Snapshots;
import dev.kvorum.storage.journal.vote.Vote;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.LeaseAsk;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.model.StateHash;
import dev.kvorum.storage.mvcc.RecordCodec;
import dev.kvorum.storage.mvcc.StoreMeta;
import dev.kvorum.storage.mvcc.StoreView;
import dev.kvorum.storage.state.AppliedState;
import dev.kvorum.storage.state.StateMachine;
import dev.kvorum.storage.state.StateSnapshot;
import dev.kvorum.storage.watch.WatchEffect;
import dev.kvorum.storage.watch.WatchRequest;
import dev.kvorum.verticles.stage.ApplyWatch;
import dev.kvorum.verticles.stage.FlushBatch;
import dev.kvorum.verticles.stage.StoreEffect;
import dev.kvorum.verticles.stage.StoreStage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One life of a member, from a start to a crash: the stages that the server runs, driven the way
 * its verticles drive them. What a verticle would send over the bus is an event here.
 */
final class Life extends Actor {
  private static final int RUN = 0;
  private static final int TICK = 1;
  private static final int MESSAGE = 2;
  private static final int COMMITTED = 3;
  private static final int APPLIED = 4;
  private static final int FLUSH_PROPOSALS = 5;
  private static final int START_ROUND = 6;
  private static final int ROUND_TIMEOUT = 7;
  private static final int CONFIRMED = 8;
  private static final int READ_ENTRIES = 9;
  private static final int PROCEED = 10;
  private static final int FETCH = 11;
  private static final int HASH = 12;
  private static final int COMPACT_SLICE = 13;
  private static final int FLUSHED = 14;
  private static final int SYNCED = 15;
  private static final int TAKE_SNAPSHOT = 16;
  private static final int SEND_SNAPSHOT = 17;
  private static final int SNAPSHOT_ARRIVED = 18;
  private static final int SNAPSHOT_ENDED = 19;
  private static final int INSTALL = 20;
  private static final int REQUEST = 21;
  private static final int RETRY_SPACE = 22;
  private static final int UNREACHABLE = 23;
  private static final int STATE_HASHED = 24;
  private static final int SAID = 25;
  private static final int LINE_ENDED = 26;
  private static final int SWEEP_SLICE = 27;

  /** How often members compare their states; much more often than in the server. */
  private static final long HASH_EVERY = 64;

  private static final long BUS_NANOS = 5_000;
  private static final long READ_NANOS = 200_000;
  private static final long COMPACT_PAUSE_NANOS = 10_000_000;
  private static final long SWEEP_PAUSE_NANOS = 2_000_000;
  private static final long PROPOSAL_TIMEOUT_NANOS = 7_000_000_000L;
  private static final long ROUND_TIMEOUT_NANOS = 5_000_000_000L;
  private static final long SPACE_RETRY_NANOS = 1_000_000_000L;
  private static final long ALL_RECORDS = Integer.MAX_VALUE;

  /** Steps between two looks at everything that must hold, for a short log. */
  private static final int INVARIANT_EVERY = 64;

  /** Keys that a slice of a long command looks at. */
  private static final int[] SLICES = {StoreStage.SLICE_KEYS, 1, 3};

  private record Confirmed(long round, long index) {}

  private record Delivered(long peer, long index, boolean delivered) {}

  private final World world;
  private final int index;
  private final long memberId;
  private final SimDisk disk;
  private final Tuning tuning;
  private final Journal journal;
  private final JournalDriver driver;
  private final RaftCore core;
  private final RaftStage raft;
  private final Snapshots snapshots;
  private final FrontDoor door;
  private final WatchDesk watches;
  private final LeaseDesk leases;
  private final InnerCalls inner;
  private final LockDesk locks;

  /** Who asked for leases' keys, by the number of the question; never iterated. */
  private final Map<Long, Consumer<StoreEffect.FoundKeys>> keyAsks = new HashMap<>();

  private long nextKeyAsk;
  private final int lifeNumber;
  private StateDisk stateDisk;
  private StateMachine machine;
  private StoreStage store;
  private RecordCache records;
  private AppliedState applied;
  private EntryId durable;

  /** Which state store this is of this life; what was on its way to an earlier one is dropped. */
  private long storeNumber;

  /** The nanoseconds between two ticks; the clock may run fast or slow. */
  private long tickNanos;

  private final Ticks ticks;

  /** The member's own clock: what it showed when its speed changed last, and when that was. */
  private long clockNanos;

  private long clockSetAt;

  /** How often the timer should have fired while the process stood still. */
  private long missedWakeUps;

  private long ticksLost;
  private int stepsToInvariant;
  private long ledTerm;

  /** How far the log was committed when that was heard of last. */
  private long ledCommit;

  private boolean diverged;
  private boolean readFails;

  Life(World world, int index, long memberId, SimDisk disk, Boot.Opened opened) {
    super(world.scheduler());
    this.world = world;
    this.index = index;
    this.memberId = memberId;
    this.disk = disk;
    tuning = world.plan().tuning();
    tickNanos = tuning.tickNanos();
    ticks = new Ticks(tickNanos);
    clockSetAt = scheduler.now();
    journal = opened.journal();
    snapshots = opened.snapshots();
    durable = journal.lastDurable();
    lifeNumber = (int) ((index * 1_021L + opened.boot().incarnation()) & 0xffff);
    core =
        new RaftCore(
            RaftConfig.defaults(
                    memberId, world.random(memberId * 31 + opened.boot().incarnation()).next())
                .withTimeouts(tuning.electionTicks(), 1)
                .withWindows(
                    tuning.maxAppendBytes(), tuning.maxInflightAppends(), tuning.maxTailBytes() + 1)
                .withBudgets(
                    tuning.maxUncommittedBytes(), tuning.maxTailBytes(), tuning.maxApplyingBytes()),
            opened.boot());
    raft =
        new RaftStage(
            memberId,
            core,
            journal,
            new Retention(
                tuning.snapshotCount(), tuning.catchUpEntries(), tuning.snapshotAfterBytes()));
    driver =
        new JournalDriver(journal, disk, action -> later(BUS_NANOS, RUN, 0, action), this::journal);
    stateDisk = stateDisk(opened.backend(), opened.state().meta().appliedIndex());
    machine = new StateMachine(opened.state(), Long.MAX_VALUE);
    records = new RecordCache(tuning.recordBytes(), tuning.cacheRecords());
    applied = machine.state();
    watches = new WatchDesk(new WatchShell(), tuning.watches(), tuning.progressNanos());
    store = storeStage(opened.membership());
    door = new FrontDoor(new Shell(), lifeNumber);
    leases =
        new LeaseDesk(
            new LeaseShell(), index, tuning.tickNanos() * tuning.electionTicks(), machine.leases());
    inner = new InnerCalls(new InnerShell());
    locks = new LockDesk(new LockShell(), inner);
  }

  /** Members cut long commands differently, and make the same of them. */
  private StoreStage storeStage(Membership membership) {
    var sliceKeys = SLICES[lifeNumber % SLICES.length];
    return new StoreStage(
        machine,
        records,
        watches::allowsRemovalAt,
        lifeNumber,
        membership,
        ApplyWatch.NONE,
        sliceKeys);
  }

  private StateDisk stateDisk(MemoryBackend backend, long flushedIndex) {
    var number = storeNumber;
    return new StateDisk(
        scheduler,
        backend,
        tuning,
        flushedIndex,
        new StateDisk.Listener() {
          @Override
          public void flushed(FlushBatch batch) {
            later(BUS_NANOS, FLUSHED, number, batch);
          }

          @Override
          public void synced(StoreMeta meta) {
            later(BUS_NANOS, SYNCED, number, meta);
          }
        });
  }

  /** Begins to live. */
  void start() {
    world.observe(observer -> observer.applied(index, applied, stateHash()));
    perform(raft.start());
    store(StoreStage::start);
    later(tickNanos, TICK, 0, null);
  }

  /** The end: nothing of this life happens any more. */
  void end() {
    kill();
    disk.kill();
    stateDisk.kill();
  }

  // What the world does to it.

  void tickNanos(long nanos) {
    clockNanos = clock();
    clockSetAt = scheduler.now();
    tickNanos = nanos;
  }

  /** What the member's own clock shows, which its drift makes faster or slower than time. */
  private long clock() {
    // A product of two times in nanoseconds would not fit.
    return clockNanos + (scheduler.now() - clockSetAt) * speedThousandths() / 1_000;
  }

  private long speedThousandths() {
    return 1_000 * tuning.tickNanos() / tickNanos;
  }

  void loseTicks(long count) {
    ticksLost = count;
  }

  SimDisk disk() {
    return disk;
  }

  StateDisk stateDisk() {
    return stateDisk;
  }

  RaftCore core() {
    return core;
  }

  RaftStatus status() {
    return raft.status();
  }

  AppliedState applied() {
    return applied;
  }

  /** A hash of all records, or {@link Observer#NO_HASH} while some are still to be made. */
  long stateHash() {
    if (machine.isSweeping()) {
      world.coverage().hit("seen while a delete is written");
      return Observer.NO_HASH;
    }
    return machine.kv().stateHashHigh() * 31 + machine.kv().stateHashLow();
  }

  Vote durableVote() {
    return journal.vote();
  }

  EntryId durable() {
    return durable;
  }

  Journal journal() {
    return journal;
  }

  void arrive(long delayNanos, Network.Flight flight) {
    later(delayNanos, MESSAGE, 0, flight);
  }

  void arrive(long delayNanos, Parcels.Parcel parcel) {
    later(delayNanos, SNAPSHOT_ARRIVED, 0, parcel);
  }

  void snapshotEnded(long delayNanos, long peer, long snapshotIndex, boolean delivered) {
    later(delayNanos, SNAPSHOT_ENDED, 0, new Delivered(peer, snapshotIndex, delivered));
  }

  void unreachable(long peer) {
    later(0, UNREACHABLE, peer, null);
  }

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

  /** A client has read what was said to it. */
  void taken(long line, Object what) {
    if (what instanceof WatchEffect.Send message) {
      later(BUS_NANOS, RUN, line, (Runnable) () -> watches.taken(line, message));
    }
  }

  /** An operator's wish; it is not answered, as an operator looks at what becomes of it. */
  void change(MembershipChange change) {
    var last = core.lastEntry();
    var effects = raft.changeMembership(FrontDoor.LOOP, -1, change);
    if (core.role() == Role.LEADER && !core.lastEntry().equals(last)) {
      world.observe(observer -> observer.changes(index, change));
    }
    perform(effects);
  }

  void transferLeadership(long target) {
    perform(raft.transferLeadership(target));
  }

  /**
   * The state machine went another way: a bug, or a bit that flipped in memory. Only the hash that
   * is compared says so here, so that the oracles need not know two truths.
   */
  void diverge() {
    diverged = true;
  }

  /** The next read from the journal fails. */
  void failNextRead() {
    readFails = true;
  }

  boolean hasDiverged() {
    return diverged;
  }

  void snapshotNow() {
    later(READ_NANOS, TAKE_SNAPSHOT, storeNumber, null);
  }

  // What happens.

  @Override
  boolean loses(int kind) {
    return kind == TICK;
  }

  @Override
  void lost(int kind) {
    // The timer has a fixed rate, and makes up for it when the process goes on.
    missedWakeUps++;
    later(tickNanos, TICK, 0, null);
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
    if (--stepsToInvariant <= 0) {
      core.invariant();
      // The look costs as much as the log is long; so it costs the same for each step.
      var length = core.lastEntry().index() - core.logBase().index();
      stepsToInvariant = INVARIANT_EVERY + (int) length;
    }
  }

  private void handle(int kind, long argument, @Nullable Object payload) {
    switch (kind) {
      case RUN -> ((Runnable) present(payload)).run();
      case TICK -> tick();
      case MESSAGE -> message((Network.Flight) present(payload));
      case COMMITTED -> committed(argument, (Commit) present(payload));
      case APPLIED -> {
        if (payload == null || (Long) payload == storeNumber) {
          perform(raft.applied(argument));
        }
      }
      case FLUSH_PROPOSALS -> door.flush();
      case START_ROUND -> door.startRound();
      case ROUND_TIMEOUT -> door.roundTimedOut(argument);
      case CONFIRMED -> {
        var confirmed = (Confirmed) present(payload);
        store(stage -> stage.readConfirmed(FrontDoor.LOOP, confirmed.round, confirmed.index));
      }
      case READ_ENTRIES -> readEntries((RaftEffect.ReadEntries) present(payload));
      case PROCEED -> ifCurrent(argument, StoreStage::proceed);
      case FETCH -> fetch(argument, (StoreEffect.Fetch) present(payload));
      case HASH -> hash(argument, (StoreEffect.HashHistory) present(payload));
      case COMPACT_SLICE -> ifCurrent(argument, StoreStage::compactSlice);
      case SWEEP_SLICE -> ifCurrent(argument, StoreStage::sweep);
      case FLUSHED -> {
        if (argument == storeNumber) {
          records.flushed(((FlushBatch) present(payload)).records());
          store(StoreStage::flushed);
        }
      }
      case SYNCED -> {
        if (argument == storeNumber) {
          perform(raft.stateSynced(((StoreMeta) present(payload)).appliedIndex()));
        }
      }
      case TAKE_SNAPSHOT -> takeSnapshot(argument);
      case SEND_SNAPSHOT -> sendSnapshot((SnapshotRequest) present(payload));
      case SNAPSHOT_ARRIVED -> snapshotArrived((Parcels.Parcel) present(payload));
      case SNAPSHOT_ENDED -> {
        var ended = (Delivered) present(payload);
        perform(raft.snapshotSent(ended.peer, ended.index, ended.delivered));
      }
      case INSTALL -> install((EntryId) present(payload));
      case REQUEST -> door.request((Request) present(payload));
      case RETRY_SPACE -> {
        raft.retrySpace();
        driver.pump();
      }
      case STATE_HASHED -> {
        if (argument == storeNumber) {
          perform(raft.stateHashed((StateHash) present(payload)));
        }
      }
      case SAID -> said(argument, present(payload));
      case LINE_ENDED -> {
        watches.ended(argument);
        locks.ended(argument);
      }
      case UNREACHABLE -> perform(raft.unreachable(argument));
      default -> throw new InvariantViolation("an event of unknown kind " + kind);
    }
  }

  private static Object present(@Nullable Object payload) {
    return InvariantViolation.present(payload, "an event carries what it is about");
  }

  private void said(long line, Object what) {
    if (what instanceof WatchRequest request) {
      watches.said(line, request);
    } else if (what instanceof LeaseAsk ask) {
      leases.asked(line, ask);
    } else if (what instanceof LockAsk ask) {
      locks.asked(line, ask);
    } else {
      throw new InvariantViolation("nobody understands " + what);
    }
  }

  private void tick() {
    later(tickNanos, TICK, 0, null);
    var wakeUps = missedWakeUps + 1;
    missedWakeUps = 0;
    for (var i = 0L; i < wakeUps && !isDead(); i++) {
      wakeUp();
    }
  }

  private void wakeUp() {
    if (!ticks.isTick(clock())) {
      return;
    }
    if (ticksLost > 0) {
      ticksLost--;
      return;
    }
    world.observe(observer -> observer.ticked(index));
    perform(raft.tick());
  }

  private void message(Network.Flight flight) {
    if (world.network().isCurrent(flight)) {
      var message = flight.message();
      if (world.trace().isTold()
          && !(message instanceof Message.Heartbeat)
          && !(message instanceof Message.HeartbeatResponse)) {
        world.tell(index, "gets " + Words.of(message));
      }
      world.observe(observer -> observer.received(index, message));
      perform(raft.receive(message));
    }
  }

  private void journal(JournalOutcome outcome) {
    if (outcome instanceof JournalOutcome.Durable(var _, var last)) {
      durable = last;
      world.member(index).durable(journal.durableBatch(), last);
      world.observe(observer -> observer.durable(index, last));
    }
    perform(raft.journal(outcome));
  }

  // Raft's effects.

  private record Commit(List<Entry> entries) {}

  private void perform(List<RaftEffect> effects) {
    for (var i = 0; i < effects.size(); i++) {
      perform(effects.get(i));
      if (isDead()) {
        return;
      }
    }
    driver.pump();
  }

  private void perform(RaftEffect effect) {
    switch (effect) {
      case RaftEffect.Commit(var entries) -> {
        for (var entry : entries) {
          world.observe(observer -> observer.committed(index, entry));
        }
        later(BUS_NANOS, COMMITTED, storeNumber, new Commit(entries));
      }
      case RaftEffect.Refuse refuse -> {
        if (refuse.firstRequestId() >= 0) {
          door.refused(refuse.firstRequestId(), refuse.count(), refuse.failure());
        }
      }
      case RaftEffect.ConfirmRead read -> {
        world.observe(observer -> observer.confirmsRound(index, read.round()));
        later(BUS_NANOS, CONFIRMED, 0, new Confirmed(read.round(), read.index()));
      }
      case RaftEffect.Send(var message) -> world.send(index, message);
      case RaftEffect.ReadEntries wanted -> later(READ_NANOS, READ_ENTRIES, 0, wanted);
      case RaftEffect.SendSnapshot(var request) -> later(READ_NANOS, SEND_SNAPSHOT, 0, request);
      case RaftEffect.InstallSnapshot(var snapshot) ->
          later(BUS_NANOS, INSTALL, 0, snapshot.position());
      case RaftEffect.DropSnapshotsBelow(var position) -> dropSnapshots(position);
      case RaftEffect.TakeSnapshot _ -> later(READ_NANOS, TAKE_SNAPSHOT, storeNumber, null);
      case RaftEffect.DiskLow _ -> later(SPACE_RETRY_NANOS * 2, RETRY_SPACE, 0, null);
      case RaftEffect.DiskFull _ -> later(SPACE_RETRY_NANOS, RETRY_SPACE, 0, null);
      case RaftEffect.DiskHasSpace _ -> world.coverage().hit("disk has space again");
      case RaftEffect.Halt(var fault) -> world.processes().halted(index, fault.message());
      case RaftEffect.Found(var finding) -> world.findings().found(index, finding);
      case RaftEffect.Trace(var record) -> happened(record);
      case RaftEffect.Publish(var status) -> published(status);
    }
  }

  private void published(RaftStatus status) {
    if (status.leading() && status.term() != ledTerm) {
      ledTerm = status.term();
      world.observe(observer -> observer.leads(index, status.term()));
    } else if (status.leading() && status.committed() > ledCommit) {
      world.observe(observer -> observer.commits(index, status.term(), status.committed()));
    }
    ledCommit = status.committed();
    leases.raftChanged(status);
  }

  private void happened(TraceRecord record) {
    world.coverage().happened(record);
    world.observe(observer -> observer.happened(index, record));
    if (record instanceof TraceRecord.MembershipChanged(var membership)) {
      world.quorums().configured(membership);
    }
    if (world.trace().isTold()) {
      world.tell(index, Words.of(record));
    }
  }

  private void readEntries(RaftEffect.ReadEntries wanted) {
    try {
      if (readFails) {
        readFails = false;
        throw new DiskFaultException(
            new DiskFault(DiskFault.Kind.READ, "the journal", "fault on command"));
      }
      var entries = wanted.range().read(disk, wanted.maxBytes());
      perform(raft.entriesRead(wanted.reader(), wanted.from(), entries));
    } catch (DiskFaultException fault) {
      if (journal.firstIndex() > wanted.from() && wanted.reader() != memberId) {
        perform(raft.entriesRead(wanted.reader(), wanted.from(), List.of()));
      } else {
        perform(raft.entriesUnreadable(wanted.from()));
        world.processes().halted(index, "the journal cannot be read: " + fault.getMessage());
      }
    }
  }

  // The store.

  private void committed(long number, Commit commit) {
    if (number != storeNumber) {
      return;
    }
    if (tuning.oneByOne()) {
      for (var entry : commit.entries) {
        store(stage -> stage.committed(List.of(entry)));
      }
    } else {
      store(stage -> stage.committed(commit.entries));
    }
  }

  private interface StoreStep {
    List<StoreEffect> of(StoreStage stage);
  }

  private void ifCurrent(long number, StoreStep step) {
    if (number == storeNumber) {
      store(step);
    }
  }

  private void store(StoreStep step) {
    for (var effect : step.of(store)) {
      perform(effect);
    }
  }

  private void perform(StoreEffect effect) {
    switch (effect) {
      case StoreEffect.Publish(var state) -> {
        applied = state;
        world.observe(observer -> observer.applied(index, state, stateHash()));
      }
      case StoreEffect.Count _, StoreEffect.InProgress _, StoreEffect.Defragmented _ -> {}
      case StoreEffect.CheckpointBegun _, StoreEffect.AttachmentsCopied _ ->
          throw new AssertionError("nobody asks for a checkpoint here");
      case StoreEffect.FoundKeys found -> {
        var asker = keyAsks.remove(found.ask());
        if (asker != null) {
          onBus(() -> asker.accept(found));
        }
      }
      case StoreEffect.LeasesChanged(var changes) -> onBus(() -> leases.changed(changes));
      case StoreEffect.Happened(var events) -> onBus(() -> watches.happened(events));
      case StoreEffect.Write(var flush) -> {
        stateDisk.submit(flush);
        if (records.isFull()) {
          stateDisk.flushSoon();
        }
      }
      case StoreEffect.Reply(var answers) -> door.answered(answers);
      case StoreEffect.Fetch fetch -> later(READ_NANOS, FETCH, storeNumber, fetch);
      case StoreEffect.AppliedTo(var to) -> {
        later(BUS_NANOS, APPLIED, to, storeNumber);
        if (to % HASH_EVERY == 0 && !machine.isSweeping()) {
          later(BUS_NANOS, STATE_HASHED, storeNumber, toldHash());
        }
      }
      case StoreEffect.ReadsReady ready -> door.roundReady(ready.round());
      case StoreEffect.Continue _ -> later(BUS_NANOS, PROCEED, storeNumber, null);
      case StoreEffect.RaiseNoSpace _ -> {}
      case StoreEffect.HashHistory history -> later(READ_NANOS, HASH, storeNumber, history);
      case StoreEffect.CompactLater _ ->
          later(COMPACT_PAUSE_NANOS, COMPACT_SLICE, storeNumber, null);
      case StoreEffect.SweepLater(var isWaitedFor) ->
          later(isWaitedFor ? BUS_NANOS : SWEEP_PAUSE_NANOS, SWEEP_SLICE, storeNumber, null);
      case StoreEffect.CompactionFinished _ -> world.coverage().hit("compaction finished");
    }
  }

  /** What the store says to somebody else, unless the store is replaced meanwhile. */
  private void onBus(Runnable action) {
    var number = storeNumber;
    later(
        BUS_NANOS,
        RUN,
        0,
        (Runnable)
            () -> {
              if (number == storeNumber) {
                action.run();
              }
            });
  }

  /** What the others are told of the state. */
  private StateHash toldHash() {
    var hash = machine.stateHash();
    return diverged ? new StateHash(hash.index(), ~hash.high(), hash.low() + index) : hash;
  }

  private void fetch(long number, StoreEffect.Fetch fetch) {
    if (number != storeNumber) {
      return;
    }
    var found = new HashMap<Revision, Bytes>();
    for (var revision : fetch.revisions()) {
      found.put(revision, read(revision));
    }
    store(stage -> stage.fetched(found));
  }

  private Bytes read(Revision revision) {
    try (var view = stateDisk.backend().openReadView()) {
      var key = RecordCodec.bucketKey(revision);
      var value = view.get(Bucket.KEY, key);
      if (value == null) {
        throw new WrongException("a record that the index knows is stored", "" + revision);
      }
      var serialized = RecordCodec.record(key, value);
      records.loaded(revision, serialized);
      return serialized;
    }
  }

  private void hash(long number, StoreEffect.HashHistory history) {
    if (number != storeNumber) {
      return;
    }
    stateDisk.flushNow();
    try (var view = stateDisk.backend().openReadView()) {
      var done = history.hash().step(view, (int) ALL_RECORDS);
      InvariantViolation.check(done, "all records are looked at");
    }
    store(stage -> stage.hashed(history.hash().result()));
  }

  // Snapshots.

  private void takeSnapshot(long number) {
    if (number != storeNumber) {
      perform(raft.snapshotFailed());
      return;
    }
    stateDisk.flushNow();
    try {
      var header = StateSnapshot.write(stateDisk.backend(), Bytes.EMPTY, snapshots);
      world.coverage().hit("snapshot written");
      perform(raft.snapshotTaken(header.position(), applied.inUseBytes()));
    } catch (DiskFaultException | SnapshotDamagedException _) {
      world.coverage().hit("snapshot failed");
      perform(raft.snapshotFailed());
    }
  }

  private void dropSnapshots(EntryId position) {
    try {
      snapshots.deleteBelow(position);
    } catch (DiskFaultException _) {
      world.coverage().hit("old snapshots stayed");
    }
  }

  private void sendSnapshot(SnapshotRequest request) {
    stateDisk.flushNow();
    world.transfers().send(index, request, stateDisk.backend());
  }

  private void snapshotArrived(Parcels.Parcel parcel) {
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
            memberId,
            parcel.term(),
            parcel.position(),
            parcel.membership());
    world.observe(observer -> observer.received(index, install));
    perform(raft.receive(install));
  }

  private void install(EntryId position) {
    try {
      var backend = Boot.restore(snapshots, position);
      storeNumber++;
      stateDisk.kill();
      world.member(index).replaceState(backend);
      stateDisk = stateDisk(backend, position.index());
      machine = new StateMachine(Boot.load(backend), Long.MAX_VALUE);
      records = new RecordCache(tuning.recordBytes(), tuning.cacheRecords());
      store = storeStage(core.membership());
      applied = machine.state();
      onBus(watches::storeReplaced);
      onBus(() -> leases.storeReplaced(machine.leases()));
      world.observe(observer -> observer.applied(index, applied, stateHash()));
      world.coverage().hit("snapshot installed");
      perform(raft.snapshotInstalled(position));
      store(StoreStage::start);
    } catch (DiskFaultException | SnapshotDamagedException fault) {
      world
          .processes()
          .halted(index, "a received snapshot cannot be read back: " + fault.getMessage());
    }
  }

  /** What the watches ask of their member. */
  private final class WatchShell implements WatchDesk.Shell {
    @Override
    public long now() {
      return scheduler.now();
    }

    @Override
    public void later(long nanos, Runnable action) {
      Life.this.later(nanos, RUN, 0, action);
    }

    @Override
    public StoreView view() {
      return applied.kv();
    }

    @Override
    public long term() {
      return raft.status().term();
    }

    @Override
    public @Nullable Bytes inMemory(Revision revision) {
      return records.find(revision);
    }

    @Override
    public ReadView openStore() {
      stateDisk.flushNow();
      return stateDisk.backend().openReadView();
    }

    @Override
    public @Nullable Bytes stored(Revision revision) {
      try (var view = stateDisk.backend().openReadView()) {
        var key = RecordCodec.bucketKey(revision);
        var value = view.get(Bucket.KEY, key);
        return value == null ? null : RecordCodec.record(key, value);
      }
    }

    @Override
    public void tell(long line, WatchEffect.Send message) {
      if (line < 0) {
        Life.this.later(BUS_NANOS, RUN, 0, (Runnable) () -> toldInside(line, message));
      } else {
        world.lines().tell(line, message);
      }
    }

    private void toldInside(long line, WatchEffect.Send message) {
      watches.taken(line, message);
      inner.told(line, message);
    }

    @Override
    public void arrived(long line, WatchRequest request, long revision) {
      world.observe(observer -> observer.watchAsked(line, request, revision));
    }

    @Override
    public void hit(String point) {
      world.coverage().hit(point);
    }
  }

  /** What a member asks of itself. */
  private final class InnerShell implements InnerCalls.Shell {
    @Override
    public Request ask(Command command) {
      var request = new Request(world.nextRequestId(), -1, index, command);
      world.observe(observer -> observer.invoked(request));
      door.request(request);
      return request;
    }

    @Override
    public void later(long nanos, Runnable action) {
      Life.this.later(nanos, RUN, 0, action);
    }

    @Override
    public long newLine() {
      return world.lines().newInnerLine();
    }

    @Override
    public void watch(long line, WatchRequest request) {
      watches.said(line, request);
    }

    @Override
    public void stopWatching(long line) {
      watches.ended(line);
    }

    @Override
    public void heard(long line, WatchMessage message) {
      world.observe(observer -> observer.watchHeard(line, message));
    }
  }

  /** What the locks ask of their member. */
  private final class LockShell implements LockDesk.Shell {
    @Override
    public void tell(
        long line,
        dev.kvorum.verticles.coordination.Reply<dev.kvorum.verticles.coordination.Entry> reply) {
      world.lines().tell(line, reply);
    }

    @Override
    public void granted(Bytes name, dev.kvorum.verticles.coordination.Entry entry) {
      world.observe(
          observer ->
              observer.lockGranted(name, entry.lease(), entry.key(), entry.createRevision()));
    }
  }

  /** What the leases ask of their member. */
  private final class LeaseShell implements LeaseDesk.Shell {
    @Override
    public long localNow() {
      return clock();
    }

    @Override
    public void soon(Runnable action) {
      later(BUS_NANOS, RUN, 0, action);
    }

    @Override
    public void late(Runnable action) {
      later(BUS_NANOS + tuning.leaseLagNanos(), RUN, 0, action);
    }

    @Override
    public void inLocalTime(long nanos, Runnable action) {
      later(nanos * 1_000 / speedThousandths() + 1, RUN, 0, action);
    }

    @Override
    public RaftStatus raft() {
      return raft.status();
    }

    @Override
    public long revision() {
      return applied.kv().revision();
    }

    @Override
    public void confirm(Consumer<Boolean> answer) {
      door.confirm(answer);
    }

    @Override
    public void propose(Command command, Consumer<Result> answer) {
      var proposal = door.propose(command, answer);
      later(PROPOSAL_TIMEOUT_NANOS, RUN, 0, (Runnable) () -> door.giveUp(proposal));
    }

    @Override
    public void findKeys(
        List<Long> ids, boolean countsOnly, Consumer<StoreEffect.FoundKeys> answer) {
      var ask = nextKeyAsk++;
      keyAsks.put(ask, answer);
      late(() -> store(stage -> stage.findKeys(ask, ids, countsOnly)));
    }

    @Override
    public void tell(long line, Result answer) {
      world.lines().tell(line, answer);
    }

    @Override
    public void observe(Consumer<Observer> what) {
      world.observe(what);
    }
  }

  /** What the front door asks of its member. */
  private final class Shell implements FrontDoor.Shell {
    @Override
    public void flushLater() {
      later(BUS_NANOS, FLUSH_PROPOSALS, 0, null);
    }

    @Override
    public void startRoundLater() {
      later(BUS_NANOS, START_ROUND, 0, null);
    }

    @Override
    public void propose(long firstRequestId, List<Bytes> envelopes) {
      perform(raft.propose(FrontDoor.LOOP, firstRequestId, envelopes));
    }

    @Override
    public void proposed(Request request, long requestId) {
      world.observe(observer -> observer.proposed(request, requestId));
    }

    @Override
    public void askRound(long round) {
      later(ROUND_TIMEOUT_NANOS, ROUND_TIMEOUT, round, null);
      world.observe(observer -> observer.asksRound(index, round));
      perform(raft.read(FrontDoor.LOOP, round));
    }

    @Override
    public boolean readsNeedNoRound() {
      return raft.status().readsNeedNoRound();
    }

    @Override
    public StoreView view() {
      return applied.kv();
    }

    @Override
    public Bytes record(Revision revision) {
      var found = records.find(revision);
      return found == null ? Life.this.read(revision) : found;
    }

    @Override
    public void reply(Request request, Result result) {
      var answered = new Reply.Answered(result, applied.appliedIndex());
      if (inner.answered(request.id(), result)) {
        world.calls().repliedInside(request, answered);
      } else {
        world.calls().reply(index, request, answered, applied);
      }
    }
  }

  /** Looks at everything that must hold now. */
  void invariant(Consumer<String> wrong) {
    core.invariant();
    if (journal.lastDurable().index() > journal.last().index()) {
      wrong.accept("the journal is durable beyond its end");
    }
  }
}
