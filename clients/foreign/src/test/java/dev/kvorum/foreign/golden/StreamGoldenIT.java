package dev.kvorum.foreign.golden;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.foreign.Node;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every recorded watch and lease call, sent to the packaged server over the wire. */
class StreamGoldenIT {
  /** A machine that stands still for seconds does not do so each time. */
  private static final int MOST_REPLAYS = 3;

  @Test
  void randomWatchesGetWhatEtcdSent() throws Exception {
    try (Node node = Node.kvorum()) {
      assertThat(replay(node).randomWatches("watch-2001")).isEmpty();
    }
  }

  @Test
  void chosenWatchesGetWhatEtcdSentMessageByMessage() throws Exception {
    // The flag that the recording was made with.
    try (Node node = Node.kvorum("--max-request-bytes=20000")) {
      assertThat(replay(node).watchScenarios("watch-edges")).isEmpty();
    }
  }

  /** A replay in which leases ran out because it stood still shows nothing, and is made again. */
  @Test
  void leasesAreAnsweredAsEtcdAnswersThem() throws Exception {
    List<String> differences;
    boolean inTime;
    int replays = 0;
    do {
      try (Node node = Node.kvorum()) {
        StreamReplay replay = replay(node);
        differences = replay.leases("lease-edges");
        inTime = replay.renewedShortLeasesInTime();
      }
      replays++;
    } while (!differences.isEmpty() && !inTime && replays < MOST_REPLAYS);
    assertThat(differences).as("short leases were renewed in time: %s", inTime).isEmpty();
  }

  private static StreamReplay replay(Node node) {
    return new StreamReplay(node.vertx(), node.client(), node.plan().clientPort());
  }
}
