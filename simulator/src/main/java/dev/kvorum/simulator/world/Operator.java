package dev.kvorum.simulator.world;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.raft.core.MembershipChange;
import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.simulator.plan.Fault;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import java.util.List;

/** What an operator asks for, whatever else goes on: most of all, other members. */
final class Operator {
  private static final long MILLI = 1_000_000L;
  private static final long GONE_NANOS = 1_000 * MILLI;
  private static final long LEARNED_NANOS = 2_000 * MILLI;

  private final World world;
  private final SimRandom random;
  private final LastingFaults lasting;

  Operator(World world, SimRandom random, LastingFaults lasting) {
    this.world = world;
    this.random = random;
    this.lasting = lasting;
  }

  /** The member shall lead. */
  void transferLeadership(int member) {
    var leads = world.leader();
    if (leads != null) {
      leads.raft().step(stage -> stage.transferLeadership(world.memberId(member)));
    }
  }

  /** A new member joins, without a vote. */
  void addLearner() {
    var added = world.addMember(Membership.NOBODY);
    world.processes().start(added);
    change(MembershipChange.Kind.ADD_LEARNER, world.memberId(added));
  }

  /** A learner gets a vote. */
  void promote() {
    var leads = world.leader();
    if (leads != null && !leads.core().membership().learners().isEmpty()) {
      change(MembershipChange.Kind.ADD_VOTER, leads.core().membership().learners().getFirst());
    }
  }

  /** The member goes, unless fewer than two voters would stay. */
  void remove(int member) {
    var leads = world.leader();
    if (leads != null && leads.core().membership().voters().size() > 2) {
      change(MembershipChange.Kind.REMOVE, world.memberId(member));
    }
  }

  private void change(MembershipChange.Kind kind, long memberId) {
    var leads = world.leader();
    if (leads != null) {
      leads.raft().change(MembershipChange.of(kind, memberId));
    }
  }

  /** A voter's disk is lost: it goes, and comes back under another name. */
  void reformat(int member) {
    var leads = world.leader();
    if (leads == null || leads.core().membership().voters().size() < 3) {
      return;
    }
    var id = world.memberId(member);
    if (leads.status().memberId() == id || !leads.core().membership().isVoter(id)) {
      return;
    }
    change(MembershipChange.Kind.REMOVE, id);
    var added = world.addMember(Membership.NOBODY);
    world.processes().start(added);
    var replacement = world.memberId(added);
    world.repeatIn(
        GONE_NANOS,
        () -> {
          var now = world.leader();
          if (now != null && !now.core().membership().isVoter(id)) {
            world.member(member).endForGood("its disk was lost, and it joins under another name");
            change(MembershipChange.Kind.ADD_LEARNER, replacement);
          }
        });
    world.repeatIn(LEARNED_NANOS, () -> change(MembershipChange.Kind.ADD_VOTER, replacement));
  }

  /**
   * A voter goes and a new member comes in its place, under two majorities meanwhile: until the
   * leader ends that by itself, or an operator does.
   */
  void replaceVoter(int member, Fault fault) {
    var leads = world.leader();
    var id = world.memberId(member);
    if (leads == null || !leads.core().membership().isVoter(id)) {
      return;
    }
    var added = world.addMember(Membership.NOBODY);
    world.processes().start(added);
    var replacement =
        new MembershipChange(
            List.of(
                new MembershipChange.Step(MembershipChange.Kind.ADD_VOTER, world.memberId(added)),
                new MembershipChange.Step(MembershipChange.Kind.REMOVE, id)),
            (fault.number() & 1) == 0
                ? MembershipChange.Transition.JOINT_IMPLICIT
                : MembershipChange.Transition.JOINT_EXPLICIT,
            Bytes.EMPTY);
    leads.raft().change(replacement);
    lasting.endsIn(fault.durationNanos(), this::leaveJoint);
  }

  /** Ends a joint phase that the leader does not end by itself. */
  void leaveJoint() {
    var leads = world.leader();
    if (leads != null
        && leads.core().membership().isJoint()
        && !leads.core().membership().autoLeave()) {
      leads.raft().change(MembershipChange.leave());
    }
  }

  /** A member tells everybody a new name, in somebody's stead. */
  void announce(int member, Fault fault) {
    var state = world.cluster().appliedState(member);
    if (state == null || state.members().isEmpty()) {
      return;
    }
    var all = state.members();
    var one = all.get((int) Math.floorMod(fault.number(), (long) all.size()));
    var name = "name-" + world.scheduler().now();
    var request =
        new Request(
            world.nextRequestId(),
            world.plan().clients(),
            member,
            new Command.PublishMember(one.id(), name, List.of("http://" + name)));
    world.submit(request, (_, _) -> {});
  }

  /** History is given up, to somewhere in the last revisions. */
  void compact(int member) {
    var state = world.cluster().appliedState(member);
    if (state != null && state.kv().revision() > 2) {
      var revision = state.kv().revision() - random.below(Math.min(state.kv().revision() - 1, 50));
      var request =
          new Request(
              world.nextRequestId(),
              world.plan().clients(),
              member,
              new Command.Compact(revision, random.chance(500_000)));
      world.submit(request, (_, _) -> {});
    }
  }
}
