package dev.kvorum.simulator.oracle;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.raft.core.MembershipChange;
import dev.kvorum.raft.core.TraceRecord;
import dev.kvorum.simulator.world.Cluster;
import dev.kvorum.simulator.world.WrongException;
import dev.kvorum.storage.journal.Entry;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Who takes part follows from the log. The oracle carries out each committed change once more, on
 * sets of its own, and compares whenever a member takes a configuration into use: by a change, by a
 * snapshot, at a start, and at the end in the state store. So nobody keeps a vote that was taken
 * from him, gets one too early, or comes back by a restart.
 *
 * <p>A promotion is looked at when its leader takes it: the learner must have nearly all that the
 * leader has (contract S14.5).
 */
public final class Configurations extends ClusterObserver {
  /** The part of the leader's log that a learner must have to be promoted, in percent. */
  private static final int READY_PERCENT = 90;

  /** By the index of the change that made it. */
  private final TreeMap<Long, Membership> history = new TreeMap<>();

  /** By member, the index of the configuration that it uses; looked up only. */
  private final Map<Integer, Long> used = new HashMap<>();

  /** By member, where the snapshot ends that it is about to install; looked up only. */
  private final Map<Integer, Long> installing = new HashMap<>();

  private long lastIndex;

  @Override
  public void watch(Cluster watched) {
    super.watch(watched);
    history.put(0L, watched.founders());
  }

  // The log.

  @Override
  public void committed(int member, Entry entry) {
    if (entry.index() <= lastIndex) {
      return;
    }
    lastIndex = entry.index();
    if (entry.type() == Entry.Type.MEMBERSHIP) {
      var next = next(history.lastEntry().getValue(), MembershipChange.decode(entry.payload()));
      if (next != null) {
        history.put(lastIndex, next);
      }
    }
  }

  /** What a change makes of a configuration, or null if it makes no sense there. */
  private static @Nullable Membership next(Membership now, MembershipChange change) {
    if (change.isLeave() || now.isJoint()) {
      return change.isLeave() && now.isJoint() ? left(now) : null;
    }
    var voters = new TreeSet<>(now.voters());
    var learners = new TreeSet<>(now.learners());
    var later = new TreeSet<Long>();
    for (var step : change.steps()) {
      var who = step.member();
      var waits = change.isJoint() && now.voters().contains(who);
      switch (step.kind()) {
        case ADD_VOTER -> {
          voters.add(who);
          learners.remove(who);
          later.remove(who);
        }
        case ADD_LEARNER -> {
          voters.remove(who);
          (waits ? later : learners).add(who);
        }
        case REMOVE -> {
          voters.remove(who);
          learners.remove(who);
          later.remove(who);
        }
      }
    }
    var differing = new TreeSet<>(voters);
    differing.removeAll(now.voters());
    var gone = new TreeSet<>(now.voters());
    gone.removeAll(voters);
    var tooMany = !change.isJoint() && differing.size() + gone.size() > 1;
    return voters.isEmpty() || tooMany
        ? null
        : new Membership(
            voters.stream().toList(),
            change.isJoint() ? now.voters() : Membership.NOBODY.voters(),
            learners.stream().toList(),
            later.stream().toList(),
            change.isJoint() && change.leavesByItself());
  }

  private static Membership left(Membership joint) {
    var learners = new TreeSet<>(joint.learners());
    learners.addAll(joint.learnersNext());
    return new Membership(
        joint.voters(),
        Membership.NOBODY.voters(),
        learners.stream().toList(),
        Membership.NOBODY.learners(),
        false);
  }

  // Members.

  @Override
  public void started(int member) {
    installing.remove(member);
    var state = cluster().appliedState(member);
    var found = cluster().membership(member);
    if (state == null || found == null) {
      return;
    }
    var index = state.appliedIndex();
    if (index > 0) {
      compare(member, "starts with", index, found);
    }
    used.put(member, index);
  }

  @Override
  public void happened(int member, TraceRecord record) {
    switch (record) {
      case TraceRecord.SnapshotAccepted(var position) -> installing.put(member, position.index());
      case TraceRecord.MembershipChanged(var membership) -> uses(member, membership);
      default -> {
        // Nobody's vote is concerned.
      }
    }
  }

  private void uses(int member, Membership membership) {
    var snapshot = installing.remove(member);
    var index = snapshot != null ? snapshot : history.higherKey(used.getOrDefault(member, 0L));
    if (index == null) {
      throw new WrongException(
          "who takes part follows from the log",
          "member %d uses %s, and the log has no such change".formatted(member, membership));
    }
    compare(member, "uses", index, membership);
    used.put(member, index);
  }

  private void compare(int member, String how, long index, Membership found) {
    var expected = history.floorEntry(index).getValue();
    if (!found.equals(expected)) {
      throw new WrongException(
          "who takes part follows from the log",
          "member %d %s %s at index %d, where the log has %s"
              .formatted(member, how, found, index, expected));
    }
  }

  /** A leader has taken this change in. */
  @Override
  public void changes(int leader, MembershipChange change) {
    var membership = cluster().membership(leader);
    var has = cluster().ownMatch(leader);
    for (var step : change.steps()) {
      var learner = (int) (step.member() - 1);
      var promoted =
          step.kind() == MembershipChange.Kind.ADD_VOTER
              && membership != null
              && membership.isLearner(step.member());
      if (promoted && cluster().lastDurable(learner).index() * 100 < has * READY_PERCENT) {
        throw new WrongException(
            "who is promoted has nearly everything",
            "member %d has %s, its leader %d"
                .formatted(learner, cluster().lastDurable(learner), has));
      }
    }
  }

  /** Everybody who has applied all uses what the log says, in memory and in the state store. */
  @Override
  public void ended() {
    for (var member = 0; member < cluster().memberCount(); member++) {
      var state = cluster().appliedState(member);
      var found = cluster().membership(member);
      if (state != null && found != null && state.appliedIndex() == lastIndex) {
        compare(member, "ends with", lastIndex, found);
        var stored = cluster().storedMembership(member);
        if (stored != null) {
          compare(member, "has stored", lastIndex, stored);
        }
      }
    }
  }
}
