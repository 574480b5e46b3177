package dev.kvorum.verticles.stage;

import dev.kvorum.raft.stage.RaftStatus;

/**
 * A member's claim to lead, which a round of reads confirms or does not.
 *
 * @param term in which the member thought to lead when the round was asked for
 */
public record LeadershipClaim(long term) {
  /** What the member may claim now. */
  public static LeadershipClaim of(RaftStatus status) {
    return new LeadershipClaim(status.term());
  }

  /**
   * The term in which the member leads for sure, as of when the round was asked for or later, and
   * has applied everything that was committed by then; 0 if it does not.
   *
   * @param held whether a quorum answered the round
   * @param now what Raft says after the round
   */
  public long confirmedTerm(boolean held, RaftStatus now) {
    return held && now.leading() && now.term() == term ? term : 0;
  }
}
