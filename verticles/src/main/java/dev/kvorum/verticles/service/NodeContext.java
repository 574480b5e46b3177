package dev.kvorum.verticles.service;

import dev.kvorum.raft.stage.RaftStatus;
import dev.kvorum.storage.state.AppliedState;
import dev.kvorum.verticles.store.BackendWriter;
import dev.kvorum.verticles.store.Pins;
import dev.kvorum.verticles.store.RecordMemory;
import dev.kvorum.verticles.store.RecordReader;

/**
 * What the loops of one node share. The Raft verticle publishes its status and the store verticle
 * the applied state; each is one immutable value, so a reader sees all of it or none.
 */
public final class NodeContext {
  private final Service.Identity identity;
  private final int life;
  private final ServiceLimits limits;
  private final RecordMemory memory;
  private final RecordReader reader;
  private final BackendWriter writer;
  private final Pins pins;
  private volatile AppliedState applied;
  private volatile RaftStatus raft;

  /**
   * @param life which life of the member this is; only its own proposals are answered
   */
  public NodeContext(
      Service.Identity identity,
      int life,
      ServiceLimits limits,
      RecordMemory memory,
      RecordReader reader,
      BackendWriter writer,
      Pins pins,
      AppliedState applied,
      RaftStatus raft) {
    this.identity = identity;
    this.life = life;
    this.limits = limits;
    this.memory = memory;
    this.reader = reader;
    this.writer = writer;
    this.pins = pins;
    this.applied = applied;
    this.raft = raft;
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

  /** The newest published state. */
  public AppliedState applied() {
    return applied;
  }

  /** Store verticle only, before any answer of the batch is sent. */
  public void publish(AppliedState state) {
    applied = state;
  }

  public RaftStatus raft() {
    return raft;
  }

  /** Raft verticle only. */
  public void publish(RaftStatus status) {
    raft = status;
  }

  /** The newest state, and a claim that nothing it shows is removed before the claim is closed. */
  public PinnedState pin() {
    while (true) {
      var state = applied;
      var pin = pins.pin(state.kv().compactRevision());
      // A compaction is published before it removes anything. So if none was published until the
      // pin stood, every removal from now on sees the pin.
      if (applied.kv().compactRevision() == state.kv().compactRevision()) {
        return new PinnedState(state, pin);
      }
      pin.close();
    }
  }

  /** A state whose history stays readable while the pin is open. */
  public record PinnedState(AppliedState state, Pins.Pin pin) implements AutoCloseable {
    @Override
    public void close() {
      pin.close();
    }
  }
}
