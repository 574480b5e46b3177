package dev.kvorum.raft.stage;

/**
 * What the rest of the process may know of this member's part in the cluster. Published by the Raft
 * verticle, read by any thread.
 *
 * @param leader the leader's member id, 0 when none is known
 * @param committed highest index known to be committed
 * @param readsNeedNoRound this member leads, is the only voter and has committed an entry of its
 *     term: whatever it has applied is the newest there is
 */
public record RaftStatus(
    long memberId,
    long term,
    long leader,
    long committed,
    boolean learner,
    boolean readsNeedNoRound) {
  public boolean leading() {
    return leader == memberId;
  }
}
