package dev.kvorum.simulator.planted;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A few bugs of each kind, chosen because the first seeds find them. {@code ./kvorum simulate
 * --planted all} hunts every one.
 */
class PlantedBugsTest {
  private static final int SEEDS = 40;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "persist-reported-before-sync",
        "append-acknowledged-before-sync",
        "leader-counts-itself-early",
        "earlier-term-counted",
        "logs-not-compared",
        "heartbeat-commits-beyond-match",
        "append-commits-beyond-match",
        "ticks-in-a-burst",
        "batch-not-synced",
        "checksum-without-payload",
        "swap-half-done",
        "quarantine-without-rebuild",
        "applied-index-behind-the-data",
        "tickets-run-ahead",
        "compaction-drops-the-visible",
        "revision-split",
        "follower-reads-below-index",
        "answered-before-published",
        "more-missing-with-limit",
        "compared-missing-key-holds",
        "synced-too-early",
        "cancelled-at-the-boundary",
        "wall-clock-ttl",
        "no-extension-on-new-leader",
        "lock-granted-after-lease-loss"
      })
  void theFirstSeedsFindIt(String name) {
    var bug =
        Bugs.all().stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow();

    var result = BugHunt.run(bug, 1, SEEDS, new PlantedClasses(null).probe());

    assertThat(result.isFound()).as("%d seeds without a finding", result.seeds()).isTrue();
  }
}
