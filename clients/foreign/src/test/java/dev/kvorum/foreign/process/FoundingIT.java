package dev.kvorum.foreign.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.foreign.Node;
import dev.kvorum.foreign.Peers;
import dev.kvorum.loadtest.server.Product;
import dev.kvorum.loadtest.server.Programs;
import dev.kvorum.loadtest.server.ServerPlan;
import dev.kvorum.loadtest.server.ServerProcess;
import dev.kvorum.loadtest.wire.GrpcClient;
import dev.kvorum.loadtest.wire.Methods;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A first start that is cut short: the process is killed at its first system call that changes a
 * file, at the second, and so on until it serves. Whatever that leaves behind, the next start must
 * found the same member or go on as it.
 */
class FoundingIT {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final long MEMBER = 0x8e9e05c52164694dL;
  private static final long CLUSTER = 0xcdf818194e3a8c32L;
  private static final List<String> FLAGS =
      List.of(
          "--initial-advertise-peer-urls=http://localhost:2380",
          "--initial-cluster=default=http://localhost:2380");

  private static final String CHANGES =
      "fsync,fdatasync,rename,renameat,renameat2,mkdir,mkdirat,unlink,unlinkat,ftruncate,fallocate,"
          + "pwrite64,pwritev";

  /** A founding makes at least so many such calls; fewer would mean that they are not seen. */
  private static final int FEWEST_CALLS = 10;

  private static final int MOST_CALLS = 200;

  @TempDir private Path directory;

  private final Vertx vertx = Vertx.vertx();

  @Test
  void aFoundingMayBeCutShortAnywhere() throws Exception {
    Path strace = Peers.strace();
    Path launcher = Programs.find(Product.KVORUM).orElseThrow();
    ServerPlan plan = ServerPlan.on(Product.KVORUM, launcher, directory.resolve("unused"), FLAGS);
    try {
      int call = 1;
      while (isCutShort(plan, killer(strace, launcher, call), call)) {
        startsAsTheSameMember(plan.onDirectory(data(call)), call);
        call++;
        assertThat(call).as("calls that a founding makes").isLessThan(MOST_CALLS);
      }
      assertThat(call).as("calls that a founding makes").isGreaterThan(FEWEST_CALLS);
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  private Path data(int call) {
    return directory.resolve("data-" + call);
  }

  /** A program that runs the launcher and kills it at the given call of any of its threads. */
  private Path killer(Path strace, Path launcher, int call) throws Exception {
    Path script = directory.resolve("killer-" + call);
    Files.writeString(
        script,
        """
        #!/bin/sh
        exec %s -f -qq -o /dev/null -e trace=%s -e inject=%s:signal=KILL:when=%d %s "$@"
        """
            .formatted(strace, CHANGES, CHANGES, call, launcher));
    return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
  }

  private boolean isCutShort(ServerPlan plan, Path program, int call) throws Exception {
    ServerPlan killed =
        new ServerPlan(
            plan.product(), program, data(call), plan.clientPort(), plan.peerPort(), FLAGS);
    try (ServerProcess process = ServerProcess.start(killed, directory.resolve("log-" + call));
        GrpcClient client = new GrpcClient(vertx, plan.clientPort(), 1)) {
      try {
        process.awaitReady(client, Node.START_PATIENCE);
        return false;
      } catch (IllegalStateException notReady) {
        assertThat(process.isAlive()).as(notReady.getMessage()).isFalse();
        return true;
      } finally {
        // What is traced outlives its tracer, and must be gone before its directory is.
        ProcessHandle.of(process.pid()).stream()
            .flatMap(ProcessHandle::descendants)
            .toList()
            .forEach(FoundingIT::end);
      }
    }
  }

  private static void end(ProcessHandle traced) {
    traced.destroyForcibly();
    traced.onExit().join();
  }

  private void startsAsTheSameMember(ServerPlan plan, int call) throws Exception {
    try (ServerProcess process = ServerProcess.start(plan, directory.resolve("again-" + call));
        GrpcClient client = new GrpcClient(vertx, plan.clientPort(), 1)) {
      process.awaitReady(client, Node.START_PATIENCE);
      var put = PutRequest.newBuilder().setKey(ByteString.copyFromUtf8("k")).build();
      var header = client.await(Methods.PUT, put, PATIENCE).getHeader();
      assertThat(header.getMemberId()).as("after a kill at call %d", call).isEqualTo(MEMBER);
      assertThat(header.getClusterId()).as("after a kill at call %d", call).isEqualTo(CLUSTER);
      assertThat(header.getRevision()).as("after a kill at call %d", call).isEqualTo(2);
    }
  }
}
