package dev.kvorum.raft.core;

/**
 * What one member's Raft is told at birth. All members of a cluster should agree on the timeouts,
 * {@code preVote} and {@code checkQuorum}; windows and budgets are each member's own.
 *
 * @param memberId this member; never 0
 * @param seed of this member's random numbers (election timeouts)
 */
public record RaftConfig(
    long memberId, long seed, Timeouts timeouts, Rules rules, Windows windows, Budgets budgets) {
  private static final int MEBIBYTE = 1 << 20;

  /**
   * Times in ticks.
   *
   * @param electionTicks the shortest silence after which a follower campaigns; each wait is drawn
   *     anew from {@code [electionTicks, 2 * electionTicks)}
   * @param heartbeatTicks the pause between a leader's heartbeats
   */
  public record Timeouts(int electionTicks, int heartbeatTicks) {
    public Timeouts {
      require(heartbeatTicks > 0, "heartbeatTicks must be positive");
      require(electionTicks > heartbeatTicks, "electionTicks must exceed heartbeatTicks");
    }
  }

  /**
   * What is done and what is not.
   *
   * @param preVote whether a campaign first asks if it could win (Raft thesis 9.6)
   * @param checkQuorum whether a leader that has not heard from a quorum for an election timeout
   *     steps down, and followers that hear their leader ignore campaigns
   * @param stepDownOnRemoval whether a leader that applied its own removal or demotion steps down
   *     at once instead of leading on without a vote
   * @param forwardProposals whether a follower passes proposals on to the leader
   */
  public record Rules(
      boolean preVote, boolean checkQuorum, boolean stepDownOnRemoval, boolean forwardProposals) {}

  /**
   * How much goes to one follower at a time.
   *
   * @param maxAppendBytes how many payload bytes one append carries at most, one entry always fits
   * @param maxInflightAppends how many appends to one follower may be unanswered
   * @param maxInflightBytes how many payload bytes to one follower may be unanswered
   */
  public record Windows(int maxAppendBytes, int maxInflightAppends, long maxInflightBytes) {
    public Windows {
      require(maxAppendBytes >= 0, "maxAppendBytes must not be negative");
      require(maxInflightAppends > 0, "maxInflightAppends must be positive");
      require(maxInflightBytes > 0, "maxInflightBytes must be positive");
    }
  }

  /**
   * How much stays in memory.
   *
   * @param maxUncommittedBytes how many payload bytes a leader takes in before they are committed
   * @param maxTailBytes how many bytes of entries stay in memory once they are durable
   * @param maxApplyingBytes how many payload bytes may be handed out and not yet applied
   */
  public record Budgets(long maxUncommittedBytes, long maxTailBytes, long maxApplyingBytes) {
    public Budgets {
      require(maxUncommittedBytes > 0, "maxUncommittedBytes must be positive");
      require(maxTailBytes >= 0, "maxTailBytes must not be negative");
      require(maxApplyingBytes > 0, "maxApplyingBytes must be positive");
    }
  }

  public RaftConfig {
    require(memberId != 0, "memberId 0 is nobody");
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
        seed,
        new Timeouts(10, 1),
        new Rules(true, true, true, true),
        new Windows(MEBIBYTE, 512, 64L * MEBIBYTE),
        new Budgets(64L * MEBIBYTE, 64L * MEBIBYTE, 16L * MEBIBYTE));
  }

  public RaftConfig withTimeouts(int electionTicks, int heartbeatTicks) {
    var changed = new Timeouts(electionTicks, heartbeatTicks);
    return new RaftConfig(memberId, seed, changed, rules, windows, budgets);
  }

  public RaftConfig withRules(boolean preVote, boolean checkQuorum, boolean stepDownOnRemoval) {
    var changed = new Rules(preVote, checkQuorum, stepDownOnRemoval, rules.forwardProposals);
    return new RaftConfig(memberId, seed, timeouts, changed, windows, budgets);
  }

  public RaftConfig withForwarding(boolean forwardProposals) {
    var changed =
        new Rules(rules.preVote, rules.checkQuorum, rules.stepDownOnRemoval, forwardProposals);
    return new RaftConfig(memberId, seed, timeouts, changed, windows, budgets);
  }

  public RaftConfig withWindows(int maxAppendBytes, int maxInflightAppends, long maxInflightBytes) {
    var changed = new Windows(maxAppendBytes, maxInflightAppends, maxInflightBytes);
    return new RaftConfig(memberId, seed, timeouts, rules, changed, budgets);
  }

  public RaftConfig withBudgets(
      long maxUncommittedBytes, long maxTailBytes, long maxApplyingBytes) {
    var changed = new Budgets(maxUncommittedBytes, maxTailBytes, maxApplyingBytes);
    return new RaftConfig(memberId, seed, timeouts, rules, windows, changed);
  }
}
