package dev.kvorum.foreign.golden;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.foreign.Node;
import org.junit.jupiter.api.Test;

/** Every recorded watch and lease call, sent to the packaged server over the wire. */
class StreamGoldenIT {
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

  @Test
  void leasesAreAnsweredAsEtcdAnswersThem() throws Exception {
    try (Node node = Node.kvorum()) {
      assertThat(replay(node).leases("lease-edges")).isEmpty();
    }
  }

  private static StreamReplay replay(Node node) {
    return new StreamReplay(node.vertx(), node.client(), node.plan().clientPort());
  }
}
