package dev.kvorum.simulator.world;

import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.simulator.plan.Fault;
import dev.kvorum.storage.journal.EntryId;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes the plan's faults happen, and takes them back when the chaos is over. What a fault does is
 * told by its family: {@link Crashes}, {@link NetworkFaults}, {@link DiskFaults}, {@link
 * JournalRot}, and what an {@link Operator} asks for; the few that only a running member notices
 * stand here. All families draw from one generator: a plan with one fault less goes another way
 * from there on.
 */
final class Storm {
  private final World world;
  private final SimRandom random;
  private final LastingFaults lasting;
  private final Crashes crashes;
  private final NetworkFaults network;
  private final DiskFaults disks;
  private final JournalRot rot;
  private final Operator operator;

  Storm(World world, SimRandom random) {
    this.world = world;
    this.random = random;
    lasting = new LastingFaults(world);
    crashes = new Crashes(world, random);
    network = new NetworkFaults(world, random, lasting);
    disks = new DiskFaults(world, lasting);
    rot = new JournalRot(world, random, network);
    operator = new Operator(world, random, lasting);
  }

  Crashes crashes() {
    return crashes;
  }

  Operator operator() {
    return operator;
  }

  /** The acknowledged entry that nobody can bring back, so that nobody may lead; null for none. */
  @Nullable EntryId lostEverywhere() {
    return rot.lostEverywhere();
  }

  /** The fault happens now. */
  void begin(Fault fault) {
    var member = target(fault);
    var nanos = fault.durationNanos();
    world.coverage().hit("fault " + fault.kind());
    if (world.trace().isTold()) {
      world.trace().tell("fault", fault + " at member " + world.memberId(member));
    }
    switch (fault.kind()) {
      case CRASH -> crashes.now(fault, member);
      case CRASH_BEFORE_SYNC -> crashes.atSync(fault, member, false);
      case CRASH_AFTER_SYNC -> crashes.atSync(fault, member, true);
      case CRASH_VOTING -> crashes.voting(fault, member);
      case CRASH_ALL -> crashes.all(fault);
      case CRASH_WRITING_SNAPSHOT ->
          ifUp(member, life -> crashes.writingSnapshot(fault, member, life));
      case DISK_SHORN_WRITE -> crashes.shorn(fault, member);
      case STATE_LOST -> crashes.losingState(fault, member);
      case KILL -> crashes.kill(fault, member);

      case PAUSE_MEMBER ->
          ifUp(
              member,
              life -> {
                life.stall(nanos);
                life.disk().stall(nanos);
                life.store().disk().stall(nanos);
              });
      case PAUSE_LOGIC -> ifUp(member, life -> life.stall(nanos));
      case PAUSE_JOURNAL -> ifUp(member, life -> life.disk().stall(nanos));
      case PAUSE_STATE -> ifUp(member, life -> life.store().disk().stall(nanos));
      case CLOCK_DRIFT ->
          ifUp(
              member,
              life ->
                  life.clock()
                      .tickNanos(world.plan().tuning().tickNanos() * 1_000 / fault.number()));
      case CLOCK_JUMP -> ifUp(member, life -> life.clock().loseTicks(fault.number()));

      case PARTITION_SPLIT,
          PARTITION_ISOLATE,
          PARTITION_DEAF,
          PARTITION_MUTE,
          PARTITION_BRIDGE,
          PARTITION_RING,
          PARTITION_CONSTRAINED,
          BLACKHOLE ->
          network.partition(fault, member);
      case PARTITION_LEADER_FLAPPING -> network.flap(fault);
      case PARTITION_CLIENTS -> network.cutClients(fault, each -> each != member);
      case PARTITION_PEERS_ONLY -> network.cutClients(fault, _ -> true);
      case SWIZZLE_CLOG -> network.swizzle(fault);
      case SLOW_LINK -> network.slow(fault, member);
      case RECONNECT_STORM -> network.reconnect(member);

      case DISK_WRITE_ERROR -> disks.failWrite(member);
      case DISK_SYNC_ERROR -> disks.failSync(member, fault.number());
      case DISK_READ_ERROR -> ifUp(member, life -> life.raft().failNextRead());
      case DISK_FULL -> disks.full(fault, member);
      case DISK_SLOW -> ifUp(member, life -> disks.slow(fault, life));
      case DISK_LIES -> world.member(member).lie();
      case DISK_LOST_WRITE -> disks.loseWrite(member);
      case DISK_VOTE_GARBAGE -> disks.voteGarbage(fault, member);
      case DISK_BIT_FLIP, DISK_GARBAGE_SECTOR, DISK_ZERO_SECTOR, DISK_MISPLACED_SECTOR ->
          rot.damage(fault, member);
      case DISK_ROT_EVERYWHERE -> rot.rotEverywhere(fault);
      case STATE_DIVERGES ->
          ifUp(
              member,
              life -> {
                world.member(member).diverges();
                life.store().diverge();
              });

      case TRANSFER_LEADERSHIP -> operator.transferLeadership(member);
      case ADD_LEARNER -> operator.addLearner();
      case PROMOTE -> operator.promote();
      case REMOVE_MEMBER -> operator.remove(member);
      case REPLACE_VOTER -> operator.replaceVoter(member, fault);
      case REFORMAT -> operator.reformat(member);
      case ANNOUNCE -> operator.announce(member, fault);
      case COMPACT -> operator.compact(member);
      case SNAPSHOT -> ifUp(member, life -> life.snapshots().takeLater());
    }
  }

  private void ifUp(int member, Consumer<Life> what) {
    var life = world.member(member).life();
    if (life != null) {
      what.accept(life);
    }
  }

  private int target(Fault fault) {
    if (fault.member() != Fault.LEADER) {
      return fault.member() % world.memberCount();
    }
    var leads = world.leader();
    return leads == null
        ? random.below(world.memberCount())
        : (int) (leads.status().memberId() - 1);
  }

  /** The chaos is over: everything that can be well is well, and everybody starts who may. */
  void end() {
    crashes.end();
    lasting.endAll();
    if (!world.plan().isLastingHarm() && random.chance(SimRandom.MILLION / 2)) {
      leaveQuorum();
    }
    for (var i = 0; i < world.members().size(); i++) {
      DiskFaults.endAt(world.member(i));
      world.processes().start(i);
    }
  }

  /** As many members as a cluster can do without never come back. */
  private void leaveQuorum() {
    var count = world.memberCount();
    var first = random.below(count);
    for (var i = 0; i < (count - 1) / 2; i++) {
      world.member((first + i) % count).endForGood("a quorum must do without it");
      world.coverage().hit("recovered with a quorum only");
    }
  }

  /** Whether whoever is left must be able to go on. */
  boolean mustRecover() {
    var lost = 0;
    for (var member : world.members()) {
      lost += member.hasEnded() && world.founders().isVoter(member.id()) ? 1 : 0;
    }
    return rot.lostEverywhere() == null && lost * 2 < world.founders().voters().size();
  }
}
