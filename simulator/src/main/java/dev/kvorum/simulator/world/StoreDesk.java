package dev.kvorum.simulator.world;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.simulator.plan.Tuning;
import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.backend.memory.MemoryBackend;
import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.model.StateHash;
import dev.kvorum.storage.mvcc.RecordCodec;
import dev.kvorum.storage.mvcc.StoreMeta;
import dev.kvorum.storage.state.AppliedState;
import dev.kvorum.storage.state.StateMachine;
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
 * A member's state store: what the server's store verticle does, around the same stage. A snapshot
 * from the leader puts another store in its place; what was on its way to the earlier one is
 * dropped, which is told by the store's number.
 */
final class StoreDesk {
  /** How often members compare their states; much more often than in the server. */
  private static final long HASH_EVERY = 64;

  private static final long COMPACT_PAUSE_NANOS = 10_000_000;
  private static final long SWEEP_PAUSE_NANOS = 2_000_000;
  private static final int ALL_RECORDS = Integer.MAX_VALUE;

  /** Keys that a slice of a long command looks at. */
  private static final int[] SLICES = {StoreStage.SLICE_KEYS, 1, 3};

  /** Entries on their way to the store. */
  record Commit(List<Entry> entries) {}

  /** An input of the stage. */
  interface Step {
    List<StoreEffect> of(StoreStage stage);
  }

  private final Life life;
  private final World world;
  private final int index;
  private final Tuning tuning;
  private final int lifeNumber;

  /** Who asked for leases' keys, by the number of the question; never iterated. */
  private final Map<Long, Consumer<StoreEffect.FoundKeys>> keyAsks = new HashMap<>();

  private long nextKeyAsk;

  /** Which state store this is of this life. */
  private long number;

  private StateDisk disk;
  private StateMachine machine;
  private RecordCache records;
  private StoreStage stage;
  private AppliedState applied;
  private boolean diverged;

  StoreDesk(Life life, World world, int index, int lifeNumber, Boot.Opened opened) {
    this.life = life;
    this.world = world;
    this.index = index;
    this.lifeNumber = lifeNumber;
    tuning = world.plan().tuning();
    var state = opened.state();
    disk = newDisk(opened.backend(), state.meta().appliedIndex());
    machine = new StateMachine(state, Long.MAX_VALUE);
    records = new RecordCache(tuning.recordBytes(), tuning.cacheRecords());
    stage = newStage(opened.membership());
    applied = machine.state();
  }

  private StateDisk newDisk(MemoryBackend backend, long flushedIndex) {
    var itsNumber = number;
    return new StateDisk(
        world.scheduler(),
        backend,
        tuning,
        flushedIndex,
        new StateDisk.Listener() {
          @Override
          public void flushed(FlushBatch batch) {
            life.later(Life.BUS_NANOS, Life.FLUSHED, itsNumber, batch);
          }

          @Override
          public void synced(StoreMeta meta) {
            life.later(Life.BUS_NANOS, Life.SYNCED, itsNumber, meta);
          }
        });
  }

  /** Members cut long commands differently, and make the same of them. */
  private StoreStage newStage(Membership membership) {
    var sliceKeys = SLICES[lifeNumber % SLICES.length];
    return new StoreStage(
        machine,
        records,
        compactRevision -> life.clients().watches().allowsRemovalAt(compactRevision),
        lifeNumber,
        membership,
        ApplyWatch.NONE,
        sliceKeys,
        tuning.watches().maxQueuedEvents());
  }

  /** Puts the store of a snapshot in the place of this one. */
  void replace(MemoryBackend backend, long appliedIndex, Membership membership) {
    number++;
    disk.kill();
    disk = newDisk(backend, appliedIndex);
    machine = new StateMachine(Boot.load(backend), Long.MAX_VALUE);
    records = new RecordCache(tuning.recordBytes(), tuning.cacheRecords());
    stage = newStage(membership);
    applied = machine.state();
    onBus(() -> life.clients().watches().storeReplaced());
    onBus(() -> life.clients().leases().storeReplaced(machine.leases()));
    show();
  }

  // What others see of it.

  /** By which {@link #isCurrent} tells this store from later ones. */
  long number() {
    return number;
  }

  boolean isCurrent(long asked) {
    return asked == number;
  }

  StateDisk disk() {
    return disk;
  }

  StateMachine machine() {
    return machine;
  }

  /** What readers see. */
  AppliedState applied() {
    return applied;
  }

  /** Lets observers see what readers see. */
  void show() {
    world.observe(observer -> observer.applied(index, applied, stateHash()));
  }

  /** A hash of all records, or {@link Observer#NO_HASH} while some are still to be made. */
  long stateHash() {
    if (machine.isSweeping()) {
      world.coverage().hit("seen while a delete is written");
      return Observer.NO_HASH;
    }
    return machine.kv().stateHashHigh() * 31 + machine.kv().stateHashLow();
  }

  /**
   * The state machine went another way: a bug, or a bit that flipped in memory. Only the hash that
   * is compared says so here, so that the oracles need not know two truths.
   */
  void diverge() {
    diverged = true;
  }

  boolean hasDiverged() {
    return diverged;
  }

  // Records.

  /** The record, if it is in memory. */
  @Nullable Bytes inMemory(Revision revision) {
    return records.find(revision);
  }

  /** The record from the backend, or null if it is not there. */
  @Nullable Bytes stored(Revision revision) {
    try (var view = disk.backend().openReadView()) {
      var key = RecordCodec.bucketKey(revision);
      var value = view.get(Bucket.KEY, key);
      return value == null ? null : RecordCodec.record(key, value);
    }
  }

  /** The record from the backend, which has it. */
  Bytes read(Revision revision) {
    var serialized = stored(revision);
    if (serialized == null) {
      throw new WrongException("a record that the index knows is stored", "" + revision);
    }
    records.loaded(revision, serialized);
    return serialized;
  }

  /** Everything that was applied, as the backend shows it when that is written. */
  ReadView openWritten() {
    disk.flushNow();
    return disk.backend().openReadView();
  }

  // What happens. An answer names the store that was asked, which may be gone.

  /** Entries are committed; the store hears of it a little later. */
  void commitLater(List<Entry> entries) {
    life.later(Life.BUS_NANOS, Life.COMMITTED, number, new Commit(entries));
  }

  /** They have come. */
  void committed(long asked, Commit commit) {
    if (asked != number) {
      return;
    }
    if (tuning.oneByOne()) {
      for (var entry : commit.entries) {
        step(its -> its.committed(List.of(entry)));
      }
    } else {
      step(its -> its.committed(commit.entries));
    }
  }

  /** The backend shows these from now on. */
  void flushed(long asked, FlushBatch batch) {
    if (asked == number) {
      records.flushed(batch.records());
      step(StoreStage::flushed);
    }
  }

  /**
   * A question for leases' keys, whose answer goes there unless the store is replaced meanwhile.
   */
  long newKeyAsk(Consumer<StoreEffect.FoundKeys> answer) {
    var ask = nextKeyAsk++;
    keyAsks.put(ask, answer);
    return ask;
  }

  /** Reads records that the stage waits for. */
  void fetch(long asked, StoreEffect.Fetch fetch) {
    if (asked != number) {
      return;
    }
    var found = new HashMap<Revision, Bytes>();
    for (var revision : fetch.revisions()) {
      found.put(revision, read(revision));
    }
    step(its -> its.fetched(found));
  }

  /** Makes the hash that a client asked for, of everything that is stored. */
  void hash(long asked, StoreEffect.HashHistory history) {
    if (asked != number) {
      return;
    }
    try (var view = openWritten()) {
      var done = history.hash().step(view, ALL_RECORDS);
      InvariantViolation.check(done, "all records are looked at");
    }
    step(its -> its.hashed(history.hash().result()));
  }

  /** The stage hears something that it asked for, if it is still there. */
  void ifCurrent(long asked, Step step) {
    if (asked == number) {
      step(step);
    }
  }

  /** The stage hears something. */
  void step(Step step) {
    for (var effect : step.of(stage)) {
      perform(effect);
    }
  }

  private void perform(StoreEffect effect) {
    switch (effect) {
      case StoreEffect.Publish(var state) -> {
        applied = state;
        show();
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
      case StoreEffect.LeasesChanged(var changes) ->
          onBus(() -> life.clients().leases().changed(changes));
      case StoreEffect.Happened(var events) ->
          onBus(() -> life.clients().watches().happened(events));
      case StoreEffect.TooMuchHappened(var revision) ->
          onBus(() -> life.clients().watches().tooMuchHappened(revision));
      case StoreEffect.Write(var flush) -> {
        disk.submit(flush);
        if (records.isFull()) {
          disk.flushSoon();
        }
      }
      case StoreEffect.Reply(var answers) -> life.clients().door().answered(answers);
      case StoreEffect.Fetch fetch -> life.later(Life.READ_NANOS, Life.FETCH, number, fetch);
      case StoreEffect.AppliedTo(var to) -> {
        life.later(Life.BUS_NANOS, Life.APPLIED, to, number);
        if (to % HASH_EVERY == 0 && !machine.isSweeping()) {
          life.later(Life.BUS_NANOS, Life.STATE_HASHED, number, toldHash());
        }
      }
      case StoreEffect.ReadsReady ready -> life.clients().door().roundReady(ready.round());
      case StoreEffect.Continue _ -> life.later(Life.BUS_NANOS, Life.PROCEED, number, null);
      case StoreEffect.RaiseNoSpace _ -> {}
      case StoreEffect.HashHistory history ->
          life.later(Life.READ_NANOS, Life.HASH, number, history);
      case StoreEffect.CompactLater _ ->
          life.later(COMPACT_PAUSE_NANOS, Life.COMPACT_SLICE, number, null);
      case StoreEffect.SweepLater(var isWaitedFor) ->
          life.later(
              isWaitedFor ? Life.BUS_NANOS : SWEEP_PAUSE_NANOS, Life.SWEEP_SLICE, number, null);
      case StoreEffect.CompactionFinished _ -> world.coverage().hit("compaction finished");
    }
  }

  /** What the store says to somebody else, unless the store is replaced meanwhile. */
  void onBus(Runnable action) {
    var asked = number;
    life.later(
        Life.BUS_NANOS,
        Life.RUN,
        0,
        (Runnable)
            () -> {
              if (asked == number) {
                action.run();
              }
            });
  }

  /** What the others are told of the state. */
  private StateHash toldHash() {
    var hash = machine.stateHash();
    return diverged ? new StateHash(hash.index(), ~hash.high(), hash.low() + index) : hash;
  }
}
