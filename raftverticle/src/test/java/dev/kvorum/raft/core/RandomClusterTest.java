package dev.kvorum.raft.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * Many small clusters under random faults. A failing seed is told in the message; run it alone with
 * {@code -Draft.seed=N} to read its story, or many with {@code -Draft.from=N -Draft.seeds=N}.
 */
class RandomClusterTest {
  private static final long FIRST = Long.getLong("raft.seed", Long.getLong("raft.from", 1));
  private static final long SEEDS =
      System.getProperty("raft.seed") != null ? 1 : Long.getLong("raft.seeds", 400);
  private static final int STEPS = 4000;

  @Test
  void membersNeverDisagreeAndAgreeSoonAfterTheFaultsEnd() {
    var elections = 0L;
    var snapshots = 0L;
    var changes = 0L;
    var crashes = 0L;
    var damages = 0L;
    var reads = 0L;
    var entryReads = 0L;
    var transfers = 0L;
    var overwrites = 0L;
    var claimsLowered = 0L;
    var tailsLost = 0L;
    var divergences = 0L;
    var slowDisks = 0L;
    for (var seed = FIRST; seed < FIRST + SEEDS; seed++) {
      var cluster = new RandomCluster(seed);
      try {
        cluster.chaos(STEPS);
        cluster.heal();
      } catch (Error | RuntimeException e) {
        var story = SEEDS == 1 ? "\n" + cluster.story() : "";
        throw new AssertionError("seed " + seed + ": " + e.getMessage() + story, e);
      }
      elections += cluster.elections;
      snapshots += cluster.snapshots;
      changes += cluster.changes;
      crashes += cluster.crashes;
      damages += cluster.damages;
      reads += cluster.readsServed;
      entryReads += cluster.entryReads;
      transfers += cluster.transfers;
      overwrites += cluster.overwrites;
      claimsLowered += cluster.claimsLowered;
      tailsLost += cluster.tailsLost;
      divergences += cluster.divergences;
      slowDisks += cluster.slowDisks;
    }
    System.out.printf(
        "%d seeds: %d elections, %d snapshots, %d membership changes, %d crashes, %d damaged disks,"
            + " %d reads, %d reads of old entries, %d transfers, %d overwritten logs, %d claims"
            + " lowered, %d tails lost, %d wrong states found, %d slow disks%n",
        SEEDS,
        elections,
        snapshots,
        changes,
        crashes,
        damages,
        reads,
        entryReads,
        transfers,
        overwrites,
        claimsLowered,
        tailsLost,
        divergences,
        slowDisks);
    if (SEEDS >= 100) {
      assertThat(
              new long[] {
                elections,
                snapshots,
                changes,
                crashes,
                damages,
                reads,
                entryReads,
                transfers,
                overwrites,
                claimsLowered,
                tailsLost,
                divergences,
                slowDisks
              })
          .as("every kind of trouble happened")
          .doesNotContain(0);
    }
  }
}
