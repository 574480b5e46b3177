package dev.kvorum.foreign.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.foreign.Node;
import dev.kvorum.loadtest.crash.CrashVerifier;
import dev.kvorum.loadtest.crash.CrashWriter;
import dev.kvorum.loadtest.crash.WriteLedger;
import dev.kvorum.loadtest.wire.GrpcClient;
import dev.kvorum.loadtest.wire.GrpcStatusException;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * kill -9 under load, at random moments, again and again on one directory: whatever was
 * acknowledged is there after the restart, no transaction is half there, nothing is there twice.
 */
class KillIT {
  private static final int ROUNDS = Integer.getInteger("kvorum.kill.rounds", 50);
  private static final long SEED = Long.getLong("kvorum.kill.seed", 20_261_121L);
  private static final int STATE_ROUNDS = 2;

  private static final int IN_FLIGHT = 64;
  private static final int CONNECTIONS = 4;
  private static final int MOST_WRITES_BEFORE_THE_KILL = 1_200;
  private static final int MOST_MILLIS_OF_A_CUT_START = 800;
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final SplittableRandom random = new SplittableRandom(SEED);

  @Test
  void everyAcknowledgedWriteSurvivesKillNine() throws Exception {
    try (Node node = Node.kvorum()) {
      WriteLedger ledger = new WriteLedger();
      for (int round = 1; round <= ROUNDS; round++) {
        writeAndKill(node, ledger);
        if (random.nextInt(6) == 0) {
          cutAStartShort(node);
        }
        node.restart();
        verify(node, ledger, "seed " + SEED + ", round " + round);
      }
      System.out.println(
          "kill -9: "
              + ROUNDS
              + " rounds, "
              + ledger.acknowledged().size()
              + " acknowledged of "
              + ledger.sent()
              + " writes sent");
      // A run in which hardly anything was acknowledged would show nothing.
      assertThat(ledger.acknowledged().size()).isGreaterThan(ROUNDS * 100);
    }
  }

  @Test
  void aLostOrDamagedStateDirectoryIsHealedAtStart() throws Exception {
    try (Node node = Node.kvorum()) {
      WriteLedger ledger = new WriteLedger();
      for (int round = 1; round <= STATE_ROUNDS; round++) {
        for (StateDamage damage : StateDamage.values()) {
          writeAndKill(node, ledger);
          damage.applyTo(node.dataDirectory(), random);
          node.restart();
          verify(node, ledger, "seed " + SEED + ", round " + round + ", " + damage);
        }
      }
    }
  }

  private void writeAndKill(Node node, WriteLedger ledger) throws InterruptedException {
    // Sometimes before the first answer, sometimes after many.
    long writes = random.nextInt(5) == 0 ? 0 : random.nextInt(MOST_WRITES_BEFORE_THE_KILL);
    try (GrpcClient client = new GrpcClient(node.vertx(), node.plan().clientPort(), CONNECTIONS)) {
      CrashWriter writer = CrashWriter.start(client, ledger, IN_FLIGHT);
      writer.awaitAcknowledgements(writes, PATIENCE);
      node.process().killHard();
      writer.awaitStopped(PATIENCE);
    }
  }

  /** Kills the next start while it is opening files or just ready. */
  private void cutAStartShort(Node node) throws InterruptedException {
    node.restartWithoutWaiting();
    try {
      node.process().awaitExit(Duration.ofMillis(random.nextInt(MOST_MILLIS_OF_A_CUT_START)));
      throw new AssertionError("the start ended by itself:\n" + node.process().endOfLog());
    } catch (IllegalStateException stillRunning) {
      node.process().killHard();
    }
  }

  private static void verify(Node node, WriteLedger ledger, String when)
      throws GrpcStatusException, InterruptedException {
    assertThat(new CrashVerifier(node.client(), ledger, PATIENCE).findings()).as(when).isEmpty();
  }
}
