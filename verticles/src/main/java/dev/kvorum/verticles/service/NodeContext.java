package dev.kvorum.verticles.service;

import dev.kvorum.raft.stage.RaftStatus;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.Result.AlarmMember;
import dev.kvorum.storage.state.AppliedState;
import dev.kvorum.verticles.metrics.NodeMetrics;
import dev.kvorum.verticles.metrics.NodeState;
import dev.kvorum.verticles.store.BackendWriter;
import dev.kvorum.verticles.store.Pins;
import dev.kvorum.verticles.store.RecordMemory;
import dev.kvorum.verticles.store.RecordReader;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;

/**
 * What the loops of one node share. The Raft verticle publishes its status and the store verticle
 * the applied state; each is one immutable value, so a reader sees all of it or none.
 */
public final class NodeContext {
  private static final KeyRange ALL_KEYS = new KeyRange(Bytes.EMPTY, null);

  private final Service.Identity identity;
  private final int life;
  private final ServiceLimits limits;
  private final Ledger ledger;
  private final RecordMemory memory;
  private final RecordReader reader;
  private final BackendWriter writer;
  private final Pins pins;
  private final NodeMetrics metrics;
  private final LongAdder pendingProposals = new LongAdder();
  private volatile AppliedState applied;
  private volatile RaftStatus raft;

  /**
   * @param life which life of the member this is; only its own proposals are answered
   */
  public NodeContext(
      Service.Identity identity,
      int life,
      ServiceLimits limits,
      Ledger ledger,
      RecordMemory memory,
      RecordReader reader,
      BackendWriter writer,
      Pins pins,
      NodeMetrics metrics,
      AppliedState applied,
      RaftStatus raft) {
    this.identity = identity;
    this.life = life;
    this.limits = limits;
    this.ledger = ledger;
    this.memory = memory;
    this.reader = reader;
    this.writer = writer;
    this.pins = pins;
    this.metrics = metrics;
    this.applied = applied;
    this.raft = raft;
    metrics.show(ledger);
  }

  public Service.Identity identity() {
    return identity;
  }

  public int life() {
    return life;
  }

  public ServiceLimits limits() {
    return limits;
  }

  public Ledger ledger() {
    return ledger;
  }

  public RecordMemory memory() {
    return memory;
  }

  public RecordReader reader() {
    return reader;
  }

  public BackendWriter writer() {
    return writer;
  }

  public Pins pins() {
    return pins;
  }

  public NodeMetrics metrics() {
    return metrics;
  }

  /** Proposals of all front ends that wait for their results. */
  LongAdder pendingProposals() {
    return pendingProposals;
  }

  /** The newest published state. */
  public AppliedState applied() {
    return applied;
  }

  /** Store verticle only, before any answer of the batch is sent. */
  public void publish(AppliedState state) {
    var before = applied;
    applied = state;
    if (!before.clusterVersion().equals(state.clusterVersion())) {
      metrics.server().clusterVersion(state.clusterVersion());
    }
    if (!before.alarms().equals(state.alarms())) {
      countAlarms(before.alarms(), state.alarms());
    }
  }

  private void countAlarms(List<AlarmMember> before, List<AlarmMember> after) {
    for (var alarm : before) {
      metrics.server().alarm(alarm.memberId(), alarm.name(), after.contains(alarm));
    }
    for (var alarm : after) {
      metrics.server().alarm(alarm.memberId(), alarm.name(), true);
    }
  }

  public RaftStatus raft() {
    return raft;
  }

  /** Raft verticle only. */
  public void publish(RaftStatus status) {
    if (status.leader() != 0 && status.leader() != raft.leader()) {
      metrics.server().leaderChanged();
    }
    raft = status;
  }

  /** What gauges show of this moment. */
  public NodeState gauges() {
    try (var held = hold()) {
      var state = held.state();
      var status = raft;
      var kv = state.kv();
      return new NodeState(
          status.leader() != 0,
          status.leading(),
          status.learner(),
          status.committed(),
          state.appliedIndex(),
          pendingProposals.sum(),
          kv.revision(),
          Math.max(0, kv.compactRevision()),
          kv.index().count(ALL_KEYS, kv.revision()),
          state.allocatedBytes(),
          state.inUseBytes(),
          reader.openViews());
    }
  }

  /**
   * The newest state for looking into its index, which is held until it is closed: for the rest of
   * a turn. Who needs history from the backend as well takes a {@link #pin}.
   */
  public HeldState hold() {
    while (true) {
      var state = applied;
      if (state.kv().tryHold()) {
        return new HeldState(state);
      }
      // It was superseded, and the next one is published before anything else happens.
      Thread.onSpinWait();
    }
  }

  /** A state whose index may be read until it is closed, once, on any thread. */
  public record HeldState(AppliedState state) implements AutoCloseable {
    @Override
    public void close() {
      state.kv().release();
    }
  }

  /** The newest state, and a claim that nothing it shows is removed before the claim is closed. */
  public PinnedState pin() {
    while (true) {
      var held = hold();
      var state = held.state();
      var pin = pins.pin(state.kv().compactRevision());
      // A compaction is published before it removes anything. So if none was published until the
      // pin stood, every removal from now on sees the pin.
      if (applied.kv().compactRevision() == state.kv().compactRevision()) {
        return new PinnedState(held, pin);
      }
      pin.close();
      held.close();
    }
  }

  /** A state whose index and history stay readable until it is closed. */
  public static final class PinnedState implements AutoCloseable {
    private final HeldState held;
    private final Pins.Pin pin;
    private final AtomicBoolean indexReleased = new AtomicBoolean();
    private final AtomicBoolean closed = new AtomicBoolean();

    private PinnedState(HeldState held, Pins.Pin pin) {
      this.held = held;
      this.pin = pin;
    }

    public AppliedState state() {
      return held.state();
    }

    /**
     * From here on only the history is read: the index need not keep for us what it replaces, which
     * for a long job is much.
     */
    public PinnedState withoutIndex() {
      if (indexReleased.compareAndSet(false, true)) {
        held.close();
      }
      return this;
    }

    /** Any thread may close it; twice is harmless. */
    @Override
    public void close() {
      if (closed.compareAndSet(false, true)) {
        pin.close();
        var _ = withoutIndex();
      }
    }
  }
}
