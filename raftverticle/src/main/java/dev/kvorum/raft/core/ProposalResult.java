package dev.kvorum.raft.core;

/** What became of a proposal in the very step that made it. */
public sealed interface ProposalResult {
  /**
   * It stands in this leader's log. It is committed when an entry of this term is handed out for
   * applying at these indexes, and lost when one of another term is.
   *
   * @param firstIndex of the first command; the others follow without gaps
   * @param count how many commands
   * @param term the leader's
   */
  record Accepted(long firstIndex, int count, long term) implements ProposalResult {}

  /** It is on its way to the leader; whether it arrives is unknown. */
  record Forwarded(long leader) implements ProposalResult {}

  /** It did not happen and will not. */
  record Rejected(Reason reason, long leader, String detail) implements ProposalResult {}

  /** Why a proposal did not happen. */
  enum Reason {
    /** This member knows no leader. */
    NO_LEADER,
    /** This member does not lead and does not forward. */
    NOT_LEADER,
    /** The leadership is being handed over. */
    TRANSFERRING,
    /** This member is no longer part of the cluster that it leads. */
    REMOVED,
    /** Too many bytes wait to be committed. */
    TOO_MANY_UNCOMMITTED_BYTES,
    /** Another membership change is not yet applied. */
    MEMBERSHIP_CHANGE_PENDING,
    /** The membership change makes no sense now. */
    MEMBERSHIP_CHANGE_INVALID
  }
}
