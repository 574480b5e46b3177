package dev.kvorum.simulator.oracle;

import static dev.kvorum.simulator.oracle.Violations.assertWrong;

import dev.kvorum.raft.core.Message;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Member 0 leads in term 3. */
final class ConfirmationsTest {
  private static final String RULE = "a read is confirmed by a quorum that was asked for it";

  private final FakeCluster cluster = new FakeCluster();
  private final Confirmations confirmations = new Confirmations();

  @BeforeEach
  void watch() {
    confirmations.watch(cluster);
  }

  private void hears(int member, long nanos) {
    cluster.now = nanos;
    confirmations.received(member, new Message.Heartbeat(1, member + 1L, 3, 0, 0, 0));
  }

  private void asks(long round, long nanos) {
    cluster.now = nanos;
    confirmations.asksRound(0, round);
  }

  @Test
  void whoHeardTheLeaderSinceConfirms() {
    asks(1, 10);
    hears(1, 20);
    confirmations.confirmsRound(0, 1);
  }

  @Test
  void whoHeardTheLeaderBeforeConfirmsNothing() {
    hears(1, 9);
    asks(1, 10);
    assertWrong(() -> confirmations.confirmsRound(0, 1), RULE);
  }
}
