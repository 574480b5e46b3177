package dev.kvorum.simulator.world;

import dev.kvorum.raft.core.Finding;
import dev.kvorum.raft.core.Membership;
import dev.kvorum.raft.core.Message;
import dev.kvorum.raft.core.SnapshotRequest;
import dev.kvorum.simulator.engine.Coverage;
import dev.kvorum.simulator.engine.Scheduler;
import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.simulator.engine.Trace;
import dev.kvorum.simulator.plan.Plan;
import dev.kvorum.simulator.plan.Weather;
import dev.kvorum.storage.backend.Backend;
import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.backend.memory.MemoryBackend;
import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.disk.CrashPolicy;
import dev.kvorum.storage.journal.vote.Claim;
import dev.kvorum.storage.journal.vote.Vote;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.Member;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.state.AppliedState;
import dev.kvorum.verticles.stage.MembershipRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * One run: a cluster, its clients and what befalls them, on one thread, from one plan.
 *
 * <p>First comes the chaos, in which only safety is asked for. Then the network is calm, the disks
 * are well, who can start is started, and everything must be answered and equal within a bounded
 * time. Last, everything is looked at.
 */
public final class World implements Cluster, ClientPort, Scheduler.Target {
  private static final int REPLY = 0;
  private static final int TIMEOUT = 1;
  private static final int FAULT = 2;
  private static final int RESTART = 3;
  private static final int PARCEL_TIMEOUT = 4;
  private static final int LOOK = 5;
  private static final int REPEAT = 6;

  /** How long clients wait, in milliseconds; each seed has one of them. */
  private static final int[] CLIENT_TIMEOUTS = {300, 1_000, 6_000};

  private static final long PARCEL_TIMEOUT_NANOS = 3_000_000_000L;
  private static final long LOOK_NANOS = 100_000_000L;

  /**
   * How long a healed cluster may take: to find out that a dead connection is dead, to elect (a
   * handful of election timeouts of at most some seconds), to send snapshots, to answer.
   */
  private static final long LIVENESS_NANOS = 180_000_000_000L;

  /** How long a cluster that must not lead is watched: for many election timeouts. */
  private static final long HALT_NANOS = 90_000_000_000L;

  private static final long DISK_OPERATIONS_AN_ELECTION = 200;
  private static final long HEALED_DISK_NANOS = 500_000;

  /** The part of the events that the chaos may use, in percent. */
  private static final int CHAOS_PERCENT = 80;

  private record Call(Request request, Listener listener) {}

  private record Answer(long id, Reply reply) {}

  private final Plan plan;
  private final Scheduler scheduler = new Scheduler();
  private final Coverage coverage = new Coverage();
  private final SimRandom random;
  private final SimRandom clientLinks;
  private final long clientTimeoutNanos;
  private final Trace trace;
  private final Traffic traffic;
  private final List<Observer> observers;
  private final Network network;
  private final Storm storm;
  private final Lines lines;
  private final List<SimMember> members = new ArrayList<>();

  /** Members that no client reaches. */
  private final List<Boolean> clientsCut = new ArrayList<>();

  /** Requests without an end, by id; never iterated. */
  private final Map<Long, Call> calls = new HashMap<>();

  /** Snapshots on their way, by id; never iterated. */
  private final Map<Long, Life> parcels = new HashMap<>();

  private final Membership founders;

  /** The configurations that some member used, in the order of their first use. */
  private final List<Membership> configurations = new ArrayList<>();

  private long nextRequestId;
  private long nextParcelId;
  private long diskNanos;
  private boolean healing;
  private boolean live;

  /** Somebody said that nobody will lead any more. */
  private boolean halted;

  private @Nullable Life leader;
  private long leaderTerm;

  /**
   * @param reader gets the story, line by line; null when nobody reads
   */
  public World(
      Plan plan, Traffic traffic, List<Observer> observers, @Nullable Consumer<String> reader) {
    this.plan = plan;
    this.traffic = traffic;
    this.observers = List.copyOf(observers);
    random = new SimRandom(plan.seed());
    clientLinks = random(1);
    clientTimeoutNanos = clientLinks.oneOf(CLIENT_TIMEOUTS) * 1_000_000L;
    trace = new Trace(scheduler, reader);
    network = new Network(scheduler, random(2), plan.weather(), new Receiver());
    lines = new Lines(this, random(4));
    diskNanos = plan.diskNanos();
    var voters = new ArrayList<Long>();
    for (var i = 0; i < plan.members(); i++) {
      voters.add(memberId(i));
    }
    founders = Membership.ofVoters(voters);
    configurations.add(founders);
    storm = new Storm(this, random(3));
    for (var i = 0; i < plan.members(); i++) {
      addMember(founders);
    }
  }

  /** Adds a place for a member; it is not started. */
  int addMember(Membership itsFounders) {
    var index = members.size();
    members.add(new SimMember(this, index, memberId(index), itsFounders));
    clientsCut.add(false);
    return index;
  }

  /**
   * Runs all phases.
   *
   * @throws WrongException if something does not hold
   */
  public void run() {
    for (var i = 0; i < plan.members(); i++) {
      startMember(i);
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
    var deadline = scheduler.now() + (storm.lostEverywhere() == null ? LIVENESS_NANOS : HALT_NANOS);
    scheduler.schedule(LOOK_NANOS, this, LOOK, 0, null);
    while (!live && scheduler.nextTime() <= deadline && scheduler.step()) {
      // Until everything is answered and equal.
    }
    if (!live && storm.mustRecover()) {
      throw new WrongException(
          "a healed cluster is live within %d s".formatted(LIVENESS_NANOS / 1_000_000_000L),
          (traffic.isQuiet() ? "" : "requests wait; ") + describe());
    }
    if (storm.lostEverywhere() != null) {
      mustHaveHalted();
    }
    coverage.hit(live ? "recovered" : "halted safely");
    validate();
    countHappenings();
  }

  /** An acknowledged entry is lost everywhere: who went on now would deny what was promised. */
  private void mustHaveHalted() {
    var lone = members.size() == 1 && members.getFirst().hasEnded();
    if (lone) {
      coverage.hit("safe halt: a lone voter refuses to start");
    }
    if (live || leader() != null || !(lone || halted)) {
      throw new WrongException(
          "a cluster that lost what it acknowledged halts and says so",
          storm.lostEverywhere() + ": " + describe());
    }
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
    for (var i = 0; i < clientsCut.size(); i++) {
      clientsCut.set(i, false);
    }
    storm.end();
    traffic.wantLast();
    observe(Observer::healed);
  }

  /** Looks whether the healed cluster is where it should be. */
  private void look() {
    live = traffic.isQuiet() && isEqual() && observers.stream().allMatch(Observer::isSatisfied);
    if (!live) {
      storm.operator().leaveJoint();
      scheduler.schedule(LOOK_NANOS, this, LOOK, 0, null);
    }
  }

  private boolean isEqual() {
    var leads = leader();
    if (leads == null) {
      return false;
    }
    var commit = leads.core().commitIndex();
    var membership = leads.core().membership();
    if (membership.isJoint() || !hasDone(leads, commit)) {
      return false;
    }
    for (var member : members) {
      var life = member.life();
      var takesPart = membership.isVoter(member.id()) || membership.isLearner(member.id());
      if (takesPart && !member.hasEnded() && (life == null || !hasDone(life, commit))) {
        return false;
      }
    }
    return true;
  }

  /** Whether it has applied everything up to there, and made all records of it. */
  private static boolean hasDone(Life life, long commit) {
    return life.applied().appliedIndex() == commit && life.stateHash() != Observer.NO_HASH;
  }

  private void validate() {
    for (var member : members) {
      var life = member.life();
      if (life != null) {
        life.invariant(
            what -> {
              throw new WrongException(what);
            });
      }
    }
    var leads = leader();
    if (live && leads != null) {
      for (var member : members) {
        var life = member.life();
        if (life != null
            && life.applied().appliedIndex() == leads.applied().appliedIndex()
            && life.stateHash() != Observer.NO_HASH
            && life.stateHash() != leads.stateHash()) {
          throw new WrongException("members that have applied the same differ in their state");
        }
      }
    }
    observe(Observer::ended);
  }

  private void countHappenings() {
    for (var happening : Network.Happening.values()) {
      coverage.count("network " + happening, network.happened(happening));
    }
  }

  private String describe() {
    var text = new StringBuilder();
    for (var member : members) {
      var life = member.life();
      text.append(
          life == null
              ? "[" + member.id() + " down " + member.endedBecause() + "]"
              : "["
                  + life.core()
                  + " claim "
                  + life.core().claim()
                  + " store "
                  + life.applied().appliedIndex()
                  + "]");
    }
    return text.toString();
  }

  @Override
  public void fire(int kind, long argument, @Nullable Object payload) {
    trace.mix(kind, -1, argument);
    switch (kind) {
      case REPLY -> {
        var answer = (Answer) InvariantViolation.present(payload, "a reply has content");
        returned(answer.id, answer.reply);
      }
      case TIMEOUT -> returned(argument, new Reply.Unknown("no answer in time"));
      case FAULT -> {
        if (!healing) {
          storm.begin(plan.faults().get((int) argument));
        }
      }
      case RESTART -> startMember((int) argument);
      case PARCEL_TIMEOUT -> {
        var sender = parcels.remove(argument);
        if (sender != null) {
          var request = (SnapshotRequest) InvariantViolation.present(payload, "who waits");
          sender.snapshotEnded(0, request.peer(), 0, false);
        }
      }
      case LOOK -> look();
      case REPEAT -> {
        if (!healing) {
          ((Runnable) InvariantViolation.present(payload, "what is repeated")).run();
        }
      }
      default -> throw new InvariantViolation("an event of unknown kind " + kind);
    }
  }

  // For clients.

  @Override
  public void submit(Request request, Listener listener) {
    observe(observer -> observer.invoked(request));
    calls.put(request.id(), new Call(request, listener));
    scheduler.schedule(clientTimeoutNanos, this, TIMEOUT, request.id(), null);
    var life = members.get(request.member()).life();
    if (life != null && !clientsCut.get(request.member())) {
      life.request(clientDelay(), request);
    }
  }

  private long clientDelay() {
    return 50_000 + clientLinks.exponential(100_000);
  }

  /** A member has decided an answer. */
  void reply(int member, Request request, Reply.Answered reply, AppliedState published) {
    if (revision(reply.result()) > published.kv().revision()) {
      throw new WrongException("an answer leaves before its effect is published");
    }
    if (reply.result() instanceof Result.Failed(var failure)
        && failure.kind() == Failure.Kind.UNKNOWN) {
      later(request, new Reply.Unknown(failure.name()));
      return;
    }
    if (trace.isTold()) {
      tell(member, "answers request " + request.id() + " with " + reply.result());
    }
    observe(observer -> observer.answered(request, reply));
    if (!clientsCut.get(member)) {
      later(request, reply);
    }
  }

  /** A member has answered what it asked of itself; nothing can get lost. */
  void repliedInside(Request request, Reply.Answered reply) {
    if (reply.result() instanceof Result.Failed(var failure)
        && failure.kind() == Failure.Kind.UNKNOWN) {
      return;
    }
    observe(observer -> observer.answered(request, reply));
    observe(observer -> observer.returned(request, reply));
  }

  private static long revision(Result result) {
    return switch (result) {
      case Result.Range range -> range.revision();
      case Result.Put put -> put.revision();
      case Result.DeleteRange delete -> delete.revision();
      case Result.Txn txn -> txn.revision();
      case Result.Compact compact -> compact.revision();
      case Result.Alarm alarm -> alarm.revision();
      case Result.LeaseGrant grant -> grant.revision();
      case Result.LeaseRevoke revoke -> revoke.revision();
      case Result.LeaseKeepAlive kept -> kept.revision();
      case Result.LeaseTimeToLive time -> time.revision();
      case Result.LeaseLeases leases -> leases.revision();
      case Result.Done done -> done.revision();
      case Result.Failed _ -> 0;
    };
  }

  private void later(Request request, Reply reply) {
    scheduler.schedule(clientDelay(), this, REPLY, 0, new Answer(request.id(), reply));
  }

  private void returned(long id, Reply reply) {
    var call = calls.remove(id);
    if (call != null) {
      observe(observer -> observer.returned(call.request, reply));
      call.listener.replied(call.request, reply);
    }
  }

  @Override
  public long nextRequestId() {
    return nextRequestId++;
  }

  @Override
  public int memberCount() {
    return members.size();
  }

  // For members.

  Network network() {
    return network;
  }

  long diskNanos() {
    return diskNanos;
  }

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

  void sendSnapshot(int from, SnapshotRequest request, Backend backend) {
    var sender = members.get(from).life();
    var to = (int) request.peer() - 1;
    if (sender == null) {
      return;
    }
    var id = nextParcelId++;
    var parcel = Parcels.pack(id, from, request.term(), backend);
    coverage.hit("snapshot sent");
    parcels.put(id, sender);
    scheduler.schedule(PARCEL_TIMEOUT_NANOS, this, PARCEL_TIMEOUT, id, request);
    var receiver = members.get(to).life();
    var open = network.state(from, to) == Network.LinkState.OPEN;
    if (receiver != null && open && parcel.position().index() >= request.minimumIndex()) {
      var nanos = 1_000_000 + parcel.file().remaining() * 10L;
      receiver.arrive(nanos, parcel);
      if (network.repeats()) {
        // A sender that thought the first one lost; long after, the log may be far ahead.
        receiver.arrive(nanos + clientLinks.exponential(PARCEL_TIMEOUT_NANOS), parcel);
      }
    }
  }

  /** A member has the whole snapshot, or could not store it. */
  void snapshotEnded(int receiver, Parcels.Parcel parcel, boolean delivered) {
    if (network.state(receiver, parcel.from()) != Network.LinkState.OPEN) {
      // The sender never hears of it, and gives up after the time-out.
      return;
    }
    var sender = parcels.remove(parcel.id());
    if (sender != null) {
      sender.snapshotEnded(clientDelay(), memberId(receiver), parcel.position().index(), delivered);
    }
  }

  void committed(int member, Entry entry) {
    observe(observer -> observer.committed(member, entry));
  }

  void replaceState(int member, MemoryBackend backend) {
    members.get(member).replaceState(backend);
  }

  /** Tells every observer. */
  public void observe(Consumer<Observer> what) {
    for (var observer : observers) {
      what.accept(observer);
    }
  }

  // Lives.

  SimMember member(int member) {
    return members.get(member);
  }

  List<SimMember> members() {
    return members;
  }

  @Override
  public Membership founders() {
    return founders;
  }

  boolean isHealing() {
    return healing;
  }

  void startMember(int member) {
    members
        .get(member)
        .start(
            storm.crashes().powerForStart(),
            operation -> storm.crashes().performed(member, operation));
  }

  void restartLater(int member) {
    restartIn(member, 200_000_000L);
  }

  void restartIn(int member, long nanos) {
    scheduler.schedule(nanos, this, RESTART, member, null);
  }

  void repeatIn(long nanos, Runnable what) {
    scheduler.schedule(nanos, this, REPEAT, 0, what);
  }

  void cutClients(int member, boolean cut) {
    clientsCut.set(member, cut);
    if (cut) {
      lines.cut(member);
    }
  }

  void started(int member) {
    coverage.hit("started");
    if (trace.isTold()) {
      tell(member, "starts with %s, claims %s".formatted(durable(member), claim(member)));
    }
    observe(observer -> observer.started(member));
  }

  void stopped(int member, String reason) {
    coverage.hit("stopped");
    if (trace.isTold()) {
      tell(member, "stops: " + reason);
    }
    observe(observer -> observer.stopped(member, reason));
  }

  void refused(int member, String message) {
    coverage.hit("refused to start");
    if (trace.isTold()) {
      tell(member, "refuses to start: " + message);
    }
    observe(observer -> observer.refused(member, message));
  }

  /** The power of the member is out now. */
  void powerCut(int member) {
    crash(member, Crashes.policy(random(scheduler.fired()).next() >>> 1), 200_000_000L);
  }

  void crash(int member, CrashPolicy policy, long downNanos) {
    var one = members.get(member);
    if (one.life() != null) {
      coverage.hit("crash " + policy);
      one.crash(policy);
      stopped(member, "the power is cut, " + policy);
      restartIn(member, downNanos);
    }
  }

  /** The process is killed; what it wrote stays with the operating system. */
  void kill(int member, long downNanos) {
    var one = members.get(member);
    if (one.life() != null) {
      one.kill();
      stopped(member, "it is killed");
      restartIn(member, downNanos);
    }
  }

  /** The member stopped itself; whoever watches over it starts it again. */
  void halted(int member, String reason) {
    coverage.hit("halted");
    // Who cannot leave word of what was synced must claim what was not, and that is a damage.
    var leavesMark = !plan.isVictim(member) || clientLinks.chance(SimRandom.MILLION / 2);
    members.get(member).kill(leavesMark);
    stopped(member, reason);
    restartLater(member);
  }

  /** A member's Raft has found what only a person, or whoever watches over it, can put right. */
  void found(int member, Finding finding) {
    if (trace.isTold()) {
      tell(member, finding.message());
    }
    switch (finding) {
      case Finding.TailLost lost -> {
        var entry = storm.lostEverywhere();
        if (entry == null || lost.fromIndex() > entry.index()) {
          throw new WrongException("the cluster is as well as its disks are", lost.message());
        }
        coverage.hit("safe halt: nobody leads");
        halted = true;
      }
      case Finding.StateDiverged diverged -> {
        var life = members.get(member).life();
        if (life == null || !life.hasDiverged()) {
          throw new WrongException("the cluster is as well as its disks are", diverged.message());
        }
        coverage.hit("a diverged state rebuilt");
        members.get(member).kill();
        members.get(member).loseState();
        stopped(member, diverged.message());
        restartLater(member);
      }
      case Finding.NoMajority none -> {
        // Whoever went wrong may have told its state and be down by now (seed 14998).
        if (members.stream().noneMatch(SimMember::hasEverDiverged)) {
          throw new WrongException("the cluster is as well as its disks are", none.message());
        }
        coverage.hit("no majority has the same state");
      }
      case Finding.JournalUnreadable _ -> coverage.hit("a journal unreadable while serving");
    }
  }

  void tell(int member, String what) {
    trace.tell("member " + memberId(member), what);
  }

  /** Who leads in the highest term, or null. */
  @Nullable Life leader() {
    leader = null;
    leaderTerm = 0;
    for (var member : members) {
      var life = member.life();
      if (life != null && life.status().leading() && life.status().term() > leaderTerm) {
        leader = life;
        leaderTerm = life.status().term();
      }
    }
    return leader;
  }

  // For clients, oracles and whoever looks.

  @Override
  public Plan plan() {
    return plan;
  }

  /** The clients' long calls. */
  public Lines lines() {
    return lines;
  }

  /** Whether no client reaches the member. */
  boolean isCut(int member) {
    return clientsCut.get(member);
  }

  /** For timers of clients and oracles. */
  public Scheduler scheduler() {
    return scheduler;
  }

  @Override
  public long now() {
    return scheduler.now();
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

  @Override
  public long memberId(int member) {
    return member + 1L;
  }

  /** Whether the member runs, be it paused or cut off. */
  public boolean isUp(int member) {
    return members.get(member).life() != null;
  }

  @Override
  public @Nullable AppliedState appliedState(int member) {
    var life = members.get(member).life();
    return life == null ? null : life.applied();
  }

  /** The member's state store with everything that it has applied, or null while it is down. */
  public @Nullable ReadView openStore(int member) {
    var life = members.get(member).life();
    if (life == null) {
      return null;
    }
    life.stateDisk().flushNow();
    return life.stateDisk().backend().openReadView();
  }

  @Override
  public EntryId durable(int member) {
    var life = members.get(member).life();
    return life == null ? EntryId.ORIGIN : life.durable();
  }

  @Override
  public @Nullable Vote durableVote(int member) {
    var life = members.get(member).life();
    return life == null ? null : life.durableVote();
  }

  @Override
  public List<Member> announcedAtFirst() {
    return Boot.listed(founders);
  }

  @Override
  public EntryId lastDurable(int member) {
    var journal = members.get(member).journal();
    return journal == null ? EntryId.ORIGIN : journal.lastDurable();
  }

  @Override
  public Claim claim(int member) {
    var life = members.get(member).life();
    return life == null ? new Claim.Sound() : life.core().claim();
  }

  @Override
  public boolean hasLied(int member) {
    return members.get(member).hasLied();
  }

  @Override
  public boolean mayLead(int member) {
    var life = members.get(member).life();
    return life != null && !life.status().leading() && life.core().mayLead();
  }

  @Override
  public long term(int member) {
    return InvariantViolation.present(members.get(member).life(), "a member that runs")
        .status()
        .term();
  }

  @Override
  public long lastIndex(int member) {
    return InvariantViolation.present(members.get(member).life(), "a member that runs")
        .core()
        .lastEntry()
        .index();
  }

  @Override
  public long ownMatch(int member) {
    return InvariantViolation.present(members.get(member).life(), "a member that leads")
        .core()
        .durableIndex();
  }

  @Override
  public @Nullable Membership storedMembership(int member) {
    try (var view = openStore(member)) {
      return view == null ? null : MembershipRecord.read(view, founders);
    }
  }

  @Override
  public @Nullable Membership membership(int member) {
    var life = members.get(member).life();
    return life == null ? null : life.core().membership();
  }

  @Override
  public long termAt(int member, long index) {
    var journal = members.get(member).journal();
    return journal != null
            && index > journal.base().index()
            && index <= journal.lastDurable().index()
        ? journal.termAt(index)
        : 0;
  }

  /**
   * Whether that very entry is durable at the member, also while it is down: its journal says so,
   * and the medium has it. The disk of a victim of the fault atlas may lie, and is believed: the
   * atlas leaves a quorum without it. A victim that had the entry and lost it stands in for it with
   * its claim (P5): nobody is elected by its vote who lacks the entry.
   */
  private boolean holdsDurably(int member, EntryId entry) {
    var one = members.get(member);
    var journal = one.journal();
    if (journal == null) {
      return false;
    }
    if (plan.isVictim(member)) {
      var before = new EntryId(entry.term(), entry.index() - 1);
      return journal.holds(entry) || journal.vote().claim().isBeyond(before);
    }
    return journal.holds(entry)
        && (entry.index() <= journal.base().index() || one.isOnMedium(entry.index()));
  }

  /**
   * Whether a quorum would find the entry after a power cut of all members now. Each of them boots
   * from what its disk would hold, which costs as much as that many starts.
   */
  public boolean survivesPowerCut(EntryId entry) {
    return isQuorum(
        member ->
            plan.isVictim(member)
                ? holdsDurably(member, entry)
                : members.get(member).journal() != null && members.get(member).wouldFind(entry));
  }

  /** A member uses this configuration from now on. */
  void configured(Membership membership) {
    // A member that is behind comes by configurations that were in force long ago.
    if (!configurations.contains(membership)) {
      configurations.add(membership);
    }
  }

  /**
   * Whether the entry is durable on a quorum of the configuration in force, or of one of the two
   * before it: a change takes force when it is applied, and what was committed by the voters of
   * before stays committed, because a majority of one configuration and a majority of the next have
   * a member in common.
   */
  public boolean isOnQuorum(EntryId entry) {
    return isQuorum(member -> holdsDurably(member, entry));
  }

  /** The same, or on a quorum of the configuration that the member has come to just now. */
  public boolean isOnQuorum(int member, EntryId entry) {
    return isQuorum(member, each -> holdsDurably(each, entry));
  }

  /** Whether something holds for a quorum in the same sense. */
  private boolean isQuorum(IntPredicate holds) {
    for (var back = 1; back <= 3 && back <= configurations.size(); back++) {
      if (isQuorumOf(configurations.get(configurations.size() - back), holds)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public boolean isQuorum(int member, IntPredicate holds) {
    var now = membership(member);
    return isQuorum(holds) || (now != null && isQuorumOf(now, holds));
  }

  private static boolean isQuorumOf(Membership membership, IntPredicate holds) {
    return isQuorumOf(membership.voters(), holds)
        && (!membership.isJoint() || isQuorumOf(membership.votersOutgoing(), holds));
  }

  private static boolean isQuorumOf(List<Long> voters, IntPredicate holds) {
    var count = 0;
    for (var voter : voters) {
      count += holds.test((int) (voter - 1)) ? 1 : 0;
    }
    return count > voters.size() / 2;
  }

  /** What every member's journal holds durably, and the configurations so far, for evidence. */
  public String describeDurable() {
    var text = new StringBuilder();
    for (var member : members) {
      var journal = member.journal();
      text.append(member.id()).append(": ");
      text.append(journal == null ? "nothing" : journal.lastDurable()).append(", ");
    }
    return text.append(configurations).toString();
  }

  /** The voters that the leader knows of, or else the founders; counted from 0. */
  public List<Integer> voters() {
    var leads = leader();
    var membership = leads == null ? founders : leads.core().membership();
    return membership.voters().stream().map(id -> (int) (id - 1)).toList();
  }
}
