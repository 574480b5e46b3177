package dev.kvorum.foreign.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.loadtest.crash.CrashVerifier;
import dev.kvorum.loadtest.crash.CrashWriter;
import dev.kvorum.loadtest.crash.WriteLedger;
import dev.kvorum.loadtest.server.Product;
import dev.kvorum.loadtest.server.Programs;
import dev.kvorum.loadtest.server.Scratch;
import dev.kvorum.loadtest.server.ServerPlan;
import dev.kvorum.loadtest.server.ServerProcess;
import dev.kvorum.loadtest.wire.GrpcClient;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * A real process whose syncs fail: strace lets the fortieth fdatasync of the journal's thread, and
 * all after it, end with EIO.
 */
class FailingDiskIT {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final int DISK_FAILED = 74;
  private static final int STAYS_DOWN = 75;

  private final Vertx vertx = Vertx.vertx();

  @Test
  void aFailedSyncEndsTheNodeAndASecondOneKeepsItDown() throws Exception {
    Path strace = strace();
    Path launcher =
        Programs.find(Product.KVORUM)
            .orElseThrow(() -> new IllegalStateException("the launcher is not packaged in dist/"));
    try (Scratch scratch =
        Scratch.in(Programs.checkout().resolve("clients/foreign/target/nodes"))) {
      Path failing = failing(scratch.fresh("failing"), strace, launcher);
      ServerPlan sound = ServerPlan.on(Product.KVORUM, launcher, scratch.fresh("data"), List.of());
      ServerPlan broken =
          new ServerPlan(
              Product.KVORUM,
              failing,
              sound.dataDirectory(),
              sound.clientPort(),
              sound.peerPort(),
              List.of());
      WriteLedger ledger = new WriteLedger();

      writeUntilTheDiskFails(broken, scratch, ledger);
      assertThat(sound.dataDirectory().resolve("disk-failure")).exists();
      try (ServerProcess healed = ServerProcess.start(sound, scratch.fresh("log"));
          GrpcClient client = new GrpcClient(vertx, sound.clientPort(), 1)) {
        healed.awaitReady(client, PATIENCE);
        assertThat(new CrashVerifier(client, ledger, PATIENCE).findings()).isEmpty();
        assertThat(Files.readString(healed.log())).contains("the disk had failed");
      }

      writeUntilTheDiskFails(broken, scratch, ledger);
      try (ServerProcess third = ServerProcess.start(sound, scratch.fresh("log"))) {
        assertThat(third.awaitExit(PATIENCE)).isEqualTo(STAYS_DOWN);
        assertThat(third.endOfLog()).contains("the disk failed twice within 10 minutes");
      }
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  private void writeUntilTheDiskFails(ServerPlan plan, Scratch scratch, WriteLedger ledger)
      throws InterruptedException {
    try (ServerProcess process = ServerProcess.start(plan, scratch.fresh("log"));
        GrpcClient client = new GrpcClient(vertx, plan.clientPort(), 1)) {
      process.awaitReady(client, PATIENCE);
      CrashWriter writer = CrashWriter.start(client, ledger, 8);
      assertThat(process.awaitExit(PATIENCE)).isEqualTo(DISK_FAILED);
      writer.awaitStopped(PATIENCE);
      assertThat(writer.acknowledgements()).isPositive();
    }
  }

  /** A program that starts the launcher with syncs that fail. */
  private static Path failing(Path script, Path strace, Path launcher) throws IOException {
    String command =
        strace
            + " -D --seccomp-bpf -f -qq -o /dev/null -e trace=fdatasync"
            + " -e inject=fdatasync:error=EIO:when=40+ ";
    Files.writeString(script, "#!/bin/sh\nexec " + command + launcher + " \"$@\"\n");
    return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
  }

  private static Path strace() {
    return Stream.of("/usr/bin/strace", "/usr/local/bin/strace")
        .map(Path::of)
        .filter(Files::isExecutable)
        .findFirst()
        .orElseGet(
            () -> {
              String message = "strace is not installed, so the test with it did NOT run";
              System.err.println("WARN " + message);
              return Assumptions.abort(message);
            });
  }
}
