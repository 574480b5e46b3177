package dev.kvorum.foreign.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.foreign.Node;
import dev.kvorum.loadtest.crash.CrashVerifier;
import dev.kvorum.loadtest.crash.CrashWriter;
import dev.kvorum.loadtest.crash.WriteLedger;
import dev.kvorum.loadtest.server.ServerPlan;
import dev.kvorum.loadtest.server.ServerProcess;
import dev.kvorum.loadtest.wire.GrpcClient;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** How the process ends, where it refuses to begin, and what it prints. */
class LifecycleIT {
  /**
   * The server waits for nothing longer than 1.6 seconds when it stops; on a machine that is busy
   * with others even that takes longer.
   */
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private static final int STATUS_OF_SIGTERM = 143;

  @Test
  void sigtermUnderLoadEndsInTimeAndLosesNothing() throws Exception {
    try (Node node = Node.kvorum()) {
      WriteLedger ledger = new WriteLedger();
      try (GrpcClient client = new GrpcClient(node.vertx(), node.plan().clientPort(), 2)) {
        CrashWriter writer = CrashWriter.start(client, ledger, 32);
        writer.awaitAcknowledgements(200, PATIENCE);
        node.process().terminate();
        assertThat(node.process().awaitExit(PATIENCE)).isEqualTo(STATUS_OF_SIGTERM);
        writer.awaitStopped(PATIENCE);
      }
      node.restart();
      assertThat(new CrashVerifier(node.client(), ledger, PATIENCE).findings()).isEmpty();
    }
  }

  @Test
  void sigtermEndsAnIdleServer() throws InterruptedException {
    try (Node node = Node.kvorum()) {
      node.process().terminate();
      assertThat(node.process().awaitExit(PATIENCE)).isEqualTo(STATUS_OF_SIGTERM);
    }
  }

  @Test
  void aSecondProcessOnTheSameDirectoryIsRefused() throws InterruptedException {
    try (Node node = Node.kvorum()) {
      ServerPlan same =
          ServerPlan.on(
              node.plan().product(), node.plan().program(), node.dataDirectory(), List.of());
      try (ServerProcess second = ServerProcess.start(same, node.freshPath("log"))) {
        assertThat(second.awaitExit(PATIENCE)).isNotZero();
        assertThat(second.endOfLog()).contains(node.dataDirectory().toString());
      }
      node.awaitReady();
    }
  }

  @Test
  void aDirectoryOfEtcdIsRefusedAndLeftUntouched() throws Exception {
    try (Node etcd = Node.etcd();
        Node kvorum = Node.kvorum()) {
      etcd.process().killHard();
      Map<String, Long> before = contents(etcd.dataDirectory());
      ServerPlan foreign = kvorum.plan().onDirectory(etcd.dataDirectory());
      kvorum.process().killHard();
      try (ServerProcess process = ServerProcess.start(foreign, kvorum.freshPath("log"))) {
        assertThat(process.awaitExit(PATIENCE)).isNotZero();
        assertThat(process.endOfLog()).contains(etcd.dataDirectory().toString());
      }
      assertThat(contents(etcd.dataDirectory())).isEqualTo(before);
    }
  }

  @Test
  void everyLineOfOutputIsAJsonObjectInEtcdsShape() throws Exception {
    try (Node node = Node.kvorum()) {
      node.process().terminate();
      node.process().awaitExit(PATIENCE);
      List<String> lines = Files.readAllLines(node.process().log());
      assertThat(lines).isNotEmpty();
      assertThat(lines)
          .allSatisfy(
              line ->
                  assertThat(new JsonObject(line).fieldNames())
                      .contains("level", "ts", "caller", "msg"));
      assertThat(lines)
          .extracting(line -> new JsonObject(line).getString("msg"))
          .contains("ready to serve client requests");
    }
  }

  /** Every path below with its size and time of change in one number; directories too. */
  private static Map<String, Long> contents(Path directory) throws IOException {
    Map<String, Long> contents = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.toList()) {
        contents.put(
            directory.relativize(path).toString(),
            Files.getLastModifiedTime(path).toMillis() * 31 + Files.size(path));
      }
    }
    return contents;
  }
}
