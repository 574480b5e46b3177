package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.model.Bytes;
import java.util.List;

/** What members want in the log: taken by the leader, passed on or refused by everybody else. */
final class Proposals {
  private final RaftState state;
  private final Replication replication;
  private final Reconfiguration reconfiguration;
  private final Transfer transfer;

  Proposals(
      RaftState state,
      Replication replication,
      Reconfiguration reconfiguration,
      Transfer transfer) {
    this.state = state;
    this.replication = replication;
    this.reconfiguration = reconfiguration;
    this.transfer = transfer;
  }

  /** All payloads are taken, or none. */
  ProposalResult propose(Entry.Type type, List<Bytes> payloads) {
    if (!state.isLeader()) {
      return forward(type, payloads);
    }
    if (state.peers.get(state.self) == null) {
      return rejected(ProposalResult.Reason.REMOVED, "");
    }
    if (mustHoldProposals()) {
      return rejected(ProposalResult.Reason.TRANSFERRING, "to " + transfer.target());
    }
    var bytes = 0L;
    for (var payload : payloads) {
      bytes += payload.size();
    }
    if (!replication.hasRoomFor(bytes)) {
      return rejected(ProposalResult.Reason.TOO_MANY_UNCOMMITTED_BYTES, "");
    }
    if (type == Entry.Type.MEMBERSHIP) {
      var change = MembershipChange.decode(payloads.getFirst());
      var refusal = reconfiguration.refusal(change);
      return refusal != null
          ? refusal
          : new ProposalResult.Accepted(reconfiguration.append(change), 1, state.term());
    }
    return new ProposalResult.Accepted(
        replication.append(type, payloads), payloads.size(), state.term());
  }

  /** While the leadership is handed over nothing may come in that the next leader lacks. */
  private boolean mustHoldProposals() {
    return transfer.isUnderWay();
  }

  private ProposalResult rejected(ProposalResult.Reason reason, String detail) {
    return new ProposalResult.Rejected(reason, state.leader(), detail);
  }

  private ProposalResult forward(Entry.Type type, List<Bytes> payloads) {
    var leader = state.leader();
    if (leader == 0) {
      return rejected(ProposalResult.Reason.NO_LEADER, "");
    }
    if (!state.config.rules().forwardProposals()) {
      return rejected(ProposalResult.Reason.NOT_LEADER, "");
    }
    state.send(new Message.ForwardedProposal(state.self, leader, state.term(), type, payloads));
    return new ProposalResult.Forwarded(leader);
  }
}
