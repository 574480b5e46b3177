package dev.kvorum.simulator.world;

import dev.kvorum.simulator.engine.Coverage;
import dev.kvorum.simulator.engine.Scheduler;
import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.simulator.engine.Trace;
import dev.kvorum.simulator.plan.Plan;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.state.AppliedState;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One run: a cluster, its clients and what befalls them, on one thread, from one plan. */
public final class World implements ClientPort {
  private final Plan plan;
  private final Scheduler scheduler = new Scheduler();
  private final Coverage coverage = new Coverage();
  private final SimRandom random;
  private final Trace trace;
  private final Traffic traffic;
  private final List<Observer> observers;
  private long nextRequestId;

  /**
   * @param reader gets the story, line by line; null when nobody reads
   */
  public World(
      Plan plan, Traffic traffic, List<Observer> observers, @Nullable Consumer<String> reader) {
    this.plan = plan;
    this.traffic = traffic;
    this.observers = List.copyOf(observers);
    random = new SimRandom(plan.seed());
    trace = new Trace(scheduler, reader);
  }

  /**
   * Runs all phases.
   *
   * @throws WrongException if something does not hold
   */
  public void run() {
    traffic.start(this);
    observers.forEach(observer -> observer.ended(this));
  }

  public Plan plan() {
    return plan;
  }

  /** For timers of clients and oracles. */
  public Scheduler scheduler() {
    return scheduler;
  }

  public Trace trace() {
    return trace;
  }

  public Coverage coverage() {
    return coverage;
  }

  /** A generator that depends on the seed and the salt alone. */
  public SimRandom random(long salt) {
    return random.fork(salt);
  }

  /** The id that the member has in Raft. */
  public long memberId(int member) {
    return member + 1L;
  }

  /** Whether the member runs, be it paused or cut off. */
  public boolean isUp(int member) {
    return false;
  }

  /** What the member shows its readers now, or null while it is down. */
  public @Nullable AppliedState appliedState(int member) {
    return null;
  }

  /** The last entry that the member's journal holds durably, as the disk itself knows it. */
  public EntryId durable(int member) {
    return EntryId.ORIGIN;
  }

  /** Whether the member's own disk, looked at from outside, holds that very entry durably. */
  public boolean holdsDurably(int member, EntryId entry) {
    return false;
  }

  /** The voters that the leader, or any member up, knows of; counted from 0. */
  public List<Integer> voters() {
    return List.of();
  }

  @Override
  public void submit(Request request, Listener listener) {}

  @Override
  public long nextRequestId() {
    return nextRequestId++;
  }

  @Override
  public int memberCount() {
    return plan.members();
  }
}
