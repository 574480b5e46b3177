package dev.kvorum.raft.core;

/**
 * What one member's Raft is told at birth. All members of a cluster should agree on the two
 * timeouts, {@code preVote} and {@code checkQuorum}; the budgets are each member's own.
 *
 * @param memberId this member; never 0
 * @param electionTimeoutTicks the shortest silence after which a follower campaigns; each wait is
 *     drawn anew from {@code [electionTimeoutTicks, 2 * electionTimeoutTicks)}
 * @param heartbeatTicks the pause between a leader's heartbeats
 * @param preVote whether a campaign first asks if it could win (Raft thesis 9.6)
 * @param checkQuorum whether a leader that has not heard from a quorum for an election timeout
 *     steps down, and followers that hear their leader ignore campaigns
 * @param stepDownOnRemoval whether a leader that applied its own removal or demotion steps down at
 *     once instead of leading on without a vote
 * @param forwardProposals whether a follower passes proposals on to the leader
 * @param maxAppendBytes how many payload bytes one append carries at most, one entry always fits
 * @param maxInflightAppends how many appends to one follower may be unanswered
 * @param maxInflightBytes how many payload bytes to one follower may be unanswered
 * @param maxUncommittedBytes how many payload bytes a leader takes in before they are committed
 * @param maxTailBytes how many bytes of entries stay in memory once they are durable
 * @param maxApplyingBytes how many payload bytes may be handed out and not yet applied
 * @param seed of this member's random numbers (election timeouts)
 */
public record RaftConfig(
    long memberId,
    int electionTimeoutTicks,
    int heartbeatTicks,
    boolean preVote,
    boolean checkQuorum,
    boolean stepDownOnRemoval,
    boolean forwardProposals,
    int maxAppendBytes,
    int maxInflightAppends,
    long maxInflightBytes,
    long maxUncommittedBytes,
    long maxTailBytes,
    long maxApplyingBytes,
    long seed) {
  private static final int MEBIBYTE = 1 << 20;

  public RaftConfig {
    require(memberId != 0, "memberId 0 is nobody");
    require(heartbeatTicks > 0, "heartbeatTicks must be positive");
    require(
        electionTimeoutTicks > heartbeatTicks, "electionTimeoutTicks must exceed heartbeatTicks");
    require(maxAppendBytes >= 0, "maxAppendBytes must not be negative");
    require(maxInflightAppends > 0, "maxInflightAppends must be positive");
    require(maxInflightBytes > 0, "maxInflightBytes must be positive");
    require(maxUncommittedBytes > 0, "maxUncommittedBytes must be positive");
    require(maxTailBytes >= 0, "maxTailBytes must not be negative");
    require(maxApplyingBytes > 0, "maxApplyingBytes must be positive");
  }

  private static void require(boolean holds, String rule) {
    if (!holds) {
      throw new IllegalArgumentException(rule);
    }
  }

  /** The defaults (contract S30.1), for the member with this seed. */
  public static RaftConfig defaults(long memberId, long seed) {
    return new RaftConfig(
        memberId,
        10,
        1,
        true,
        true,
        true,
        true,
        MEBIBYTE,
        512,
        64L * MEBIBYTE,
        64L * MEBIBYTE,
        64L * MEBIBYTE,
        16L * MEBIBYTE,
        seed);
  }

  public RaftConfig withTimeouts(int electionTimeoutTicks, int heartbeatTicks) {
    return new RaftConfig(
        memberId,
        electionTimeoutTicks,
        heartbeatTicks,
        preVote,
        checkQuorum,
        stepDownOnRemoval,
        forwardProposals,
        maxAppendBytes,
        maxInflightAppends,
        maxInflightBytes,
        maxUncommittedBytes,
        maxTailBytes,
        maxApplyingBytes,
        seed);
  }

  public RaftConfig withRules(boolean preVote, boolean checkQuorum, boolean stepDownOnRemoval) {
    return new RaftConfig(
        memberId,
        electionTimeoutTicks,
        heartbeatTicks,
        preVote,
        checkQuorum,
        stepDownOnRemoval,
        forwardProposals,
        maxAppendBytes,
        maxInflightAppends,
        maxInflightBytes,
        maxUncommittedBytes,
        maxTailBytes,
        maxApplyingBytes,
        seed);
  }

  public RaftConfig withForwarding(boolean forwardProposals) {
    return new RaftConfig(
        memberId,
        electionTimeoutTicks,
        heartbeatTicks,
        preVote,
        checkQuorum,
        stepDownOnRemoval,
        forwardProposals,
        maxAppendBytes,
        maxInflightAppends,
        maxInflightBytes,
        maxUncommittedBytes,
        maxTailBytes,
        maxApplyingBytes,
        seed);
  }

  public RaftConfig withWindows(int maxAppendBytes, int maxInflightAppends, long maxInflightBytes) {
    return new RaftConfig(
        memberId,
        electionTimeoutTicks,
        heartbeatTicks,
        preVote,
        checkQuorum,
        stepDownOnRemoval,
        forwardProposals,
        maxAppendBytes,
        maxInflightAppends,
        maxInflightBytes,
        maxUncommittedBytes,
        maxTailBytes,
        maxApplyingBytes,
        seed);
  }

  public RaftConfig withBudgets(
      long maxUncommittedBytes, long maxTailBytes, long maxApplyingBytes) {
    return new RaftConfig(
        memberId,
        electionTimeoutTicks,
        heartbeatTicks,
        preVote,
        checkQuorum,
        stepDownOnRemoval,
        forwardProposals,
        maxAppendBytes,
        maxInflightAppends,
        maxInflightBytes,
        maxUncommittedBytes,
        maxTailBytes,
        maxApplyingBytes,
        seed);
  }
}
