package dev.kvorum.simulator.world;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.raft.core.Message;
import dev.kvorum.raft.core.SnapshotRequest;
import dev.kvorum.simulator.engine.Coverage;
import dev.kvorum.simulator.engine.Scheduler;
import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.simulator.engine.Trace;
import dev.kvorum.simulator.plan.Plan;
import dev.kvorum.simulator.plan.Weather;
import dev.kvorum.storage.model.InvariantViolation;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One run: a cluster, its clients and what befalls them, on one thread, from one plan.
 *
 * <p>First comes the chaos, in which only safety is asked for. Then the network is calm, the disks
 * are well, who can start is started, and everything must be answered and equal within a bounded
 * time. Last, everything is looked at.
 *
 * <p>Here are the phases, the parts and who takes part. The parts know the world, and each other
 * through it: {@link SimMember}s with their {@link Processes}, the {@link Network}, {@link
 * SnapshotTransfers}, {@link ClientCalls} and {@link Lines}; the {@link Storm}; and who looks:
 * {@link Observer}s by the {@link LiveCluster} and its {@link Quorums}, {@link Findings}, {@link
 * Recovery}.
 */
public final class World implements ClientPort, Scheduler.Target {
  // The kinds of events, which go into the trace's hash. Each part asks for its own.
  static final int REPLY = 0;
  static final int TIMEOUT = 1;
  private static final int FAULT = 2;
  static final int RESTART = 3;
  static final int PARCEL_TIMEOUT = 4;
  private static final int LOOK = 5;
  private static final int REPEAT = 6;

  private static final long LOOK_NANOS = 100_000_000L;
  private static final long DISK_OPERATIONS_AN_ELECTION = 200;
  private static final long HEALED_DISK_NANOS = 500_000;

  /** The part of the events that the chaos may use, in percent. */
  private static final int CHAOS_PERCENT = 80;

  private final Plan plan;
  private final Scheduler scheduler = new Scheduler();
  private final Coverage coverage = new Coverage();
  private final SimRandom random;
  private final Trace trace;
  private final Traffic traffic;
  private final List<Observer> observers;
  private final Membership founders;
  private final List<SimMember> members = new ArrayList<>();
  private final Processes processes;
  private final Network network;
  private final SnapshotTransfers transfers;
  private final ClientCalls calls;
  private final Lines lines;
  private final Storm storm;
  private final LiveCluster cluster;
  private final Quorums quorums;
  private final Findings findings;
  private final Recovery recovery;
  private long diskNanos;
  private boolean healing;

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
    diskNanos = plan.diskNanos();
    var voters = new ArrayList<Long>();
    for (var i = 0; i < plan.members(); i++) {
      voters.add(memberId(i));
    }
    founders = Membership.ofVoters(voters);
    // What happens beside the links draws from one generator.
    var besides = random(1);
    calls = new ClientCalls(this, besides);
    transfers = new SnapshotTransfers(this, besides);
    processes = new Processes(this, besides);
    network = new Network(scheduler, random(2), plan.weather(), new Receiver());
    storm = new Storm(this, random(3));
    lines = new Lines(this, random(4));
    cluster = new LiveCluster(this);
    quorums = new Quorums(this);
    findings = new Findings(this);
    recovery = new Recovery(this, traffic, this.observers);
    for (var i = 0; i < plan.members(); i++) {
      addMember(founders);
    }
  }

  /** Adds a place for a member; it is not started. */
  int addMember(Membership itsFounders) {
    var index = members.size();
    members.add(new SimMember(this, index, memberId(index), itsFounders));
    return index;
  }

  /**
   * Runs all phases.
   *
   * @throws WrongException if something does not hold
   */
  public void run() {
    for (var i = 0; i < plan.members(); i++) {
      processes.start(i);
    }
    traffic.start(this);
    for (var i = 0; i < plan.faults().size(); i++) {
      scheduler.schedule(plan.faults().get(i).atNanos(), this, FAULT, i, null);
    }
    var mostEvents = plan.maxEvents() * CHAOS_PERCENT / 100;
    while (scheduler.nextTime() <= plan.chaosNanos()
        && scheduler.fired() < mostEvents
        && scheduler.step()) {
      // Everything happens in the steps.
    }
    heal();
    var deadline = scheduler.now() + recovery.mostNanos();
    lookLater();
    while (!recovery.isReached() && scheduler.nextTime() <= deadline && scheduler.step()) {
      // Until everything is answered and equal.
    }
    recovery.judge();
    countHappenings();
  }

  private void heal() {
    healing = true;
    if (trace.isTold()) {
      trace.tell("world", "the chaos is over");
    }
    network.heal();
    network.weather(Weather.CALM);
    // Two votes, each two syncs on two disks, must fit an election timeout several times.
    var electionNanos = plan.tuning().tickNanos() * plan.tuning().electionTicks();
    diskNanos = Math.min(diskNanos, electionNanos / DISK_OPERATIONS_AN_ELECTION);
    // And a log that goes one entry at a time must outrun what clients repeat (seed 473).
    diskNanos = Math.min(diskNanos, HEALED_DISK_NANOS);
    for (var member : members) {
      var life = member.life();
      if (life != null) {
        life.disk().meanNanos(diskNanos);
      }
    }
    calls.heal();
    storm.end();
    traffic.wantLast();
    observe(Observer::healed);
  }

  private void look() {
    recovery.look();
    if (!recovery.isReached()) {
      storm.operator().leaveJoint();
      lookLater();
    }
  }

  private void lookLater() {
    scheduler.schedule(LOOK_NANOS, this, LOOK, 0, null);
  }

  private void countHappenings() {
    for (var happening : Network.Happening.values()) {
      coverage.count("network " + happening, network.happened(happening));
    }
  }

  @Override
  public void fire(int kind, long argument, @Nullable Object payload) {
    trace.mix(kind, -1, argument);
    switch (kind) {
      case REPLY ->
          calls.returned(
              (ClientCalls.Answer) InvariantViolation.present(payload, "a reply has content"));
      case TIMEOUT -> calls.timedOut(argument);
      case FAULT -> {
        if (!healing) {
          storm.begin(plan.faults().get((int) argument));
        }
      }
      case RESTART -> processes.start((int) argument);
      case PARCEL_TIMEOUT ->
          transfers.timedOut(
              argument, (SnapshotRequest) InvariantViolation.present(payload, "who waits"));
      case LOOK -> look();
      case REPEAT -> {
        if (!healing) {
          ((Runnable) InvariantViolation.present(payload, "what is repeated")).run();
        }
      }
      default -> throw new InvariantViolation("an event of unknown kind " + kind);
    }
  }

  /** Lets something happen later, if the chaos lasts that long. */
  void repeatIn(long nanos, Runnable what) {
    scheduler.schedule(nanos, this, REPEAT, 0, what);
  }

  // For clients.

  @Override
  public void submit(Request request, Listener listener) {
    calls.submit(request, listener);
  }

  @Override
  public long nextRequestId() {
    return calls.nextRequestId();
  }

  @Override
  public int memberCount() {
    return members.size();
  }

  /** The clients' long calls. */
  public Lines lines() {
    return lines;
  }

  // Between members.

  void send(int from, Message message) {
    observe(observer -> observer.said(from, message));
    var to = (int) message.to() - 1;
    if (to >= 0 && to < members.size()) {
      network.send(from, to, message);
    }
  }

  private final class Receiver implements Network.Receiver {
    @Override
    public void deliver(int to, long delayNanos, Network.Flight flight) {
      var life = members.get(to).life();
      if (life != null) {
        life.arrive(delayNanos, flight);
      }
    }

    @Override
    public void broken(int from, int to) {
      var life = members.get(from).life();
      if (life != null) {
        life.unreachable(memberId(to));
      }
    }
  }

  // Who takes part.

  Membership founders() {
    return founders;
  }

  List<SimMember> members() {
    return members;
  }

  SimMember member(int member) {
    return members.get(member);
  }

  long memberId(int member) {
    return member + 1L;
  }

  /** Who leads in the highest term, or null. */
  @Nullable Life leader() {
    Life leader = null;
    var leaderTerm = 0L;
    for (var member : members) {
      var life = member.life();
      if (life != null && life.status().leading() && life.status().term() > leaderTerm) {
        leader = life;
        leaderTerm = life.status().term();
      }
    }
    return leader;
  }

  // The parts, for each other.

  Processes processes() {
    return processes;
  }

  Network network() {
    return network;
  }

  SnapshotTransfers transfers() {
    return transfers;
  }

  ClientCalls calls() {
    return calls;
  }

  Storm storm() {
    return storm;
  }

  Findings findings() {
    return findings;
  }

  /** How long an operation of a disk takes in the mean. */
  long diskNanos() {
    return diskNanos;
  }

  boolean isHealing() {
    return healing;
  }

  // For oracles and whoever looks.

  /** The members, as one sees them who sees everything. */
  public LiveCluster cluster() {
    return cluster;
  }

  /** What a quorum of them holds. */
  public Quorums quorums() {
    return quorums;
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

  /** Tells every observer. */
  public void observe(Consumer<Observer> what) {
    for (var observer : observers) {
      what.accept(observer);
    }
  }

  /** A line of a member's story; call it only when the trace is told. */
  void tell(int member, String what) {
    trace.tell("member " + memberId(member), what);
  }
}
