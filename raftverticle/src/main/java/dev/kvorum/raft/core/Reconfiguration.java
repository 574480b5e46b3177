package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.Entry;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Changes of who takes part (Raft paper 6, thesis 4). Unlike in the paper a configuration comes
 * into force when its entry is <em>applied</em>, not when it is appended, as etcd does: the state
 * machine can refuse a change, and an overwritten entry needs no undoing. Three rules make that
 * safe:
 *
 * <ul>
 *   <li>A leader takes a change only when the one before is applied.
 *   <li>A new leader takes none before it has applied all that its predecessors left in the log.
 *   <li>Nobody campaigns with a committed change that it has not applied ({@link Election}).
 * </ul>
 */
final class Reconfiguration {
  /** How much of the leader's log a learner has that may become a voter. */
  private static final int READY_PERCENT = 90;

  private final RaftState state;
  private final Replication replication;
  private final Transfer transfer;

  /** On the leader: no membership entry that is not applied stands above this index. */
  private long pendingIndex;

  Reconfiguration(RaftState state, Replication replication, Transfer transfer) {
    this.state = state;
    this.replication = replication;
    this.transfer = transfer;
  }

  /** Begins to lead: anything in the log may be an unapplied change. */
  void lead() {
    pendingIndex = state.log.last();
  }

  /** Why the leader cannot take the change, or null. */
  ProposalResult.@Nullable Rejected refusal(MembershipChange change) {
    if (isChanging()) {
      return new ProposalResult.Rejected(
          ProposalResult.Reason.MEMBERSHIP_CHANGE_PENDING,
          state.self,
          "index " + pendingIndex + " is not yet applied");
    }
    for (var step : change.steps()) {
      if (step.kind() == MembershipChange.Kind.ADD_VOTER && !isReady(step.member())) {
        return new ProposalResult.Rejected(
            ProposalResult.Reason.MEMBERSHIP_CHANGE_INVALID,
            state.self,
            "learner %x is not in sync with its leader".formatted(step.member()));
      }
    }
    return switch (state.peers.membership().apply(change)) {
      case Membership.Result.Changed _ -> null;
      case Membership.Result.Refused(var reason) ->
          new ProposalResult.Rejected(
              ProposalResult.Reason.MEMBERSHIP_CHANGE_INVALID, state.self, reason);
    };
  }

  /** Whether a change may be under way: one that is not applied stands in the log, or may. */
  private boolean isChanging() {
    return pendingIndex > state.log.applied();
  }

  /**
   * Whether the member may become a voter. A learner first comes near the leader (contract S14.5):
   * with a vote it counts, and nothing could be committed until it has caught up.
   */
  private boolean isReady(long member) {
    if (!state.peers.membership().isLearner(member)) {
      return true;
    }
    var leaderHas = replication.peer(state.self).match();
    return replication.peer(member).match() * 100 >= leaderHas * READY_PERCENT;
  }

  /** The leader takes the change; returns the index of its entry. */
  long append(MembershipChange change) {
    pendingIndex = replication.append(Entry.Type.MEMBERSHIP, List.of(change.encode()));
    return pendingIndex;
  }

  /**
   * The state machine has come to a membership entry. Returns whether this member, as leader, must
   * step down because it is no voter any more.
   */
  boolean onApplied(long index, @Nullable MembershipChange change) {
    if (index <= state.log.base().index()) {
      // A snapshot has overtaken it.
      return false;
    }
    state.log.membershipAppliedAt(index);
    if (change == null) {
      state.trace(new TraceRecord.MembershipRefused(index, "by the state machine"));
      return false;
    }
    return switch (state.peers.membership().apply(change)) {
      case Membership.Result.Refused(var reason) -> {
        state.trace(new TraceRecord.MembershipRefused(index, reason));
        yield false;
      }
      case Membership.Result.Changed(var membership) -> enforce(membership);
    };
  }

  private boolean enforce(Membership membership) {
    state.peers.configure(membership, state.log.last());
    state.trace(new TraceRecord.MembershipChanged(membership));
    if (!state.isLeader()) {
      return false;
    }
    transfer.configurationChanged();
    replication.configurationChanged();
    return state.config.rules().stepDownOnRemoval() && !state.peers.isVoter(state.self);
  }

  /** More is applied: a joint phase that the leader ends by itself may be ripe. */
  void proceed() {
    if (state.peers.membership().autoLeave() && !isChanging()) {
      append(MembershipChange.leave());
    }
  }
}
