package dev.kvorum.raft.core;

/**
 * What a seed's cluster has to suffer, and by which rules it plays. Many of the troubles are absent
 * in many seeds, so that each also shows without the others.
 */
record Weather(
    int dropPerMille,
    int doublePerMille,
    int crashPerMille,
    int restartPercent,
    int partitionPerMille,
    int leaderTroublePerMille,
    int changePerMille,
    int compactPerMille,
    int transferPerMille,
    int campaignPerMille,
    int damagePercent,
    boolean manyDamaged,
    int divergePerMille,
    int unreadablePerMille,
    int diskDelayPercent,
    int applyDelayPercent,
    boolean preVote,
    boolean checkQuorum,
    boolean stepDown,
    boolean smallWindows,
    boolean smallTail) {
  static Weather draw(RandomNumbers random) {
    var changePerMille = sometimes(random, 60);
    return new Weather(
        sometimes(random, 150),
        sometimes(random, 100),
        // In a storm everybody is often down: votes are given, and candidates die, around restarts.
        sometimes(random, random.below(2) == 0 ? 6 : 60),
        10 + random.below(60),
        sometimes(random, 10),
        random.below(3) == 0 ? sometimes(random, 80) : 0,
        changePerMille,
        sometimes(random, 30),
        sometimes(random, 5),
        // Terms of a few messages each: logs that differ in many ways (Raft paper figures 7 and 8).
        sometimes(random, 60),
        // What a damaged member needs to be healed may be gone with a change of the configuration.
        changePerMille == 0 ? sometimes(random, 60) : 0,
        random.below(3) == 0,
        sometimes(random, 4),
        sometimes(random, 4),
        sometimes(random, 90),
        sometimes(random, 90),
        random.below(2) == 0,
        random.below(2) == 0,
        random.below(4) != 0,
        random.below(2) == 0,
        random.below(2) == 0);
  }

  private static int sometimes(RandomNumbers random, int most) {
    return random.below(3) == 0 ? 0 : 1 + random.below(most);
  }

  RaftConfig config(long id, long seed) {
    return RaftConfig.defaults(id, seed)
        .withTimeouts(10, 2)
        .withRules(preVote, checkQuorum, stepDown)
        .withWindows(smallWindows ? 20 : 1 << 20, smallWindows ? 2 : 512, 1 << 20)
        .withBudgets(200, smallTail ? 300 : 1 << 20, smallTail ? 30 : 1 << 20);
  }
}
