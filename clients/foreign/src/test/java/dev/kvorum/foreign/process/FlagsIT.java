package dev.kvorum.foreign.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.MemberListRequest;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.api.etcdserverpb.RangeRequest;
import dev.kvorum.foreign.BidiStream;
import dev.kvorum.foreign.Node;
import dev.kvorum.loadtest.server.Product;
import dev.kvorum.loadtest.server.Programs;
import dev.kvorum.loadtest.server.ServerPlan;
import dev.kvorum.loadtest.server.ServerProcess;
import dev.kvorum.loadtest.wire.GrpcClient;
import dev.kvorum.loadtest.wire.GrpcStatusException;
import dev.kvorum.loadtest.wire.Methods;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpConnectOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Flags that say where and how: seen in a running node, not in its configuration. */
class FlagsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final String PEER_URL = "http://localhost:2380";
  private static final ByteString KEY = ByteString.copyFromUtf8("k");
  private static final PutRequest PUT =
      PutRequest.newBuilder().setKey(KEY).setValue(ByteString.copyFromUtf8("secret")).build();
  private static final RangeRequest RANGE = RangeRequest.newBuilder().setKey(KEY).build();

  @TempDir private Path directory;

  /** One node with many flags: a start costs more than a look. */
  @Test
  void aNodeDoesWhatItsFlagsSay() throws Exception {
    var wal = directory.resolve("wal");
    var log = directory.resolve("log");
    try (Node node =
        Node.kvorum(
            "--name=flagged",
            "--initial-advertise-peer-urls=" + PEER_URL,
            "--initial-cluster=flagged=" + PEER_URL,
            "--wal-dir=" + wal,
            "--max-concurrent-streams=7",
            "--snapshot-count=11",
            "--unsafe-no-fsync",
            "--log-outputs=" + log,
            "--log-level=warn",
            "--warning-unary-request-duration=1ns",
            "--warning-apply-duration=1ns")) {
      node.client().await(Methods.PUT, PUT, PATIENCE);
      node.client().await(Methods.RANGE, RANGE, PATIENCE);

      var members =
          node.client()
              .await(Methods.MEMBER_LIST, MemberListRequest.getDefaultInstance(), PATIENCE);
      assertThat(members.getMembers(0).getName()).isEqualTo("flagged");

      assertThat(wal.resolve("journal")).isNotEmptyDirectory();
      assertThat(wal.resolve("identity")).exists();
      assertThat(node.dataDirectory().resolve("journal")).doesNotExist();

      assertThat(openedStreams(node)).isEqualTo(7);

      assertThat(Files.readString(node.process().log())).as("printed beside the file").isEmpty();
      // A line is written when its answer has left.
      assertThat(BidiStream.await(() -> isSlowPutTold(log), PATIENCE)).isTrue();
      var lines = Files.readAllLines(log);
      assertSlowLines(lines);
      assertThat(lines).anyMatch(line -> line.contains("syncs do nothing (--unsafe-no-fsync)"));
    }
  }

  private static boolean isSlowPutTold(Path log) {
    try {
      var lines = Files.readAllLines(log);
      return lines.stream().anyMatch(line -> line.contains("/etcdserverpb.KV/Put"))
          && lines.stream().anyMatch(line -> line.contains("\"put:"));
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  /** Contract S21.8. */
  private static void assertSlowLines(List<String> lines) {
    assertThat(lines).isNotEmpty();
    var objects = lines.stream().map(JsonObject::new).toList();
    assertThat(objects).allMatch(line -> !line.getString("level").equals("info"));
    assertThat(lines).noneMatch(line -> line.contains("secret"));

    var put = "/etcdserverpb.KV/Put";
    var call =
        objects.stream()
            .filter(line -> line.getString("msg").equals("request stats"))
            .filter(line -> line.getString("response type").equals(put))
            .findFirst()
            .orElseThrow();
    assertThat(call.fieldNames())
        .containsExactly(
            "level",
            "ts",
            "caller",
            "msg",
            "start time",
            "time spent",
            "remote",
            "response type",
            "request count",
            "request size",
            "response count",
            "response size",
            "request content");
    assertThat(call.getString("level")).isEqualTo("warn");
    assertThat(call.getString("start time"))
        .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}(Z|[+-]\\d{4})");
    assertThat(call.getString("time spent")).matches("[0-9.]+(ns|µs|ms|s)");
    assertThat(call.getString("remote")).startsWith("127.0.0.1:");
    assertThat(call.getLong("request count")).isEqualTo(1);
    assertThat(call.getLong("request size")).isEqualTo(PUT.getSerializedSize());
    assertThat(call.getLong("response size")).isPositive();
    assertThat(call.getString("request content")).isEqualTo("key:\"k\" value_size:6");

    var apply =
        objects.stream()
            .filter(line -> line.getString("msg").equals("apply request took too long"))
            .filter(line -> line.getString("request").startsWith("put:"))
            .findFirst()
            .orElseThrow();
    assertThat(apply.getString("request")).isEqualTo("put:<key:\"k\" value_size:6>");
    assertThat(apply.getString("expected-duration")).isEqualTo("1ns");
    assertThat(apply.getString("took")).matches("[0-9.]+(ns|µs|ms|s)");
  }

  private static long openedStreams(Node node) throws Exception {
    var client =
        node.vertx()
            .createHttpClient(
                new HttpClientOptions()
                    .setProtocolVersion(HttpVersion.HTTP_2)
                    .setHttp2ClearTextUpgrade(false));
    HttpClientConnection connection =
        client
            .connect(
                new HttpConnectOptions().setHost("127.0.0.1").setPort(node.plan().clientPort()))
            .toCompletionStage()
            .toCompletableFuture()
            .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    try {
      return connection.remoteSettings().getMaxConcurrentStreams();
    } finally {
      client.close();
    }
  }

  /** With a file every other flag is passed over; a unix socket answers beside a port. */
  @Test
  void aConfigurationFileIsAllThatCounts() throws Exception {
    var vertx = Vertx.vertx();
    var file = directory.resolve("kvorum.yaml");
    var socket = directory.resolve("client.sock");
    var plan =
        ServerPlan.on(
            Product.KVORUM,
            Programs.find(Product.KVORUM).orElseThrow(),
            directory.resolve("not-this"),
            List.of("--config-file=" + file));
    var client = "http://127.0.0.1:" + plan.clientPort();
    Files.writeString(
        file,
        """
        name: filed
        data-dir: %s
        listen-client-urls: %s,unix://%s
        advertise-client-urls: %s
        listen-peer-urls: http://127.0.0.1:%d
        initial-advertise-peer-urls: http://localhost:2380
        initial-cluster: filed=http://localhost:2380
        log-format: console
        auto-compaction-mode: periodic
        auto-compaction-retention: 1s
        """
            .formatted(directory.resolve("data"), client, socket, client, plan.peerPort()));
    try (ServerProcess process = ServerProcess.start(plan, directory.resolve("output"));
        GrpcClient grpc = new GrpcClient(vertx, plan.clientPort(), 1)) {
      process.awaitReady(grpc, Node.START_PATIENCE);
      var members =
          grpc.await(Methods.MEMBER_LIST, MemberListRequest.getDefaultInstance(), PATIENCE);
      assertThat(members.getMembers(0).getName()).isEqualTo("filed");
      assertThat(directory.resolve("data/identity")).exists();
      assertThat(directory.resolve("not-this")).doesNotExist();
      assertThat(overSocket(socket, "GET /version HTTP/1.0\r\n\r\n"))
          .startsWith("HTTP/1.")
          .contains("\"etcdserver\":\"3.7.1\"");
      assertThat(process.endOfLog()).as("the console format").contains("\tinfo\t");
      awaitAutoCompaction(grpc);
      // The line comes when the member has heard of what all others see.
      assertThat(
              BidiStream.await(
                  () -> process.endOfLog().contains("completed auto periodic compaction"),
                  PATIENCE))
          .as(process.endOfLog())
          .isTrue();
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  /** Contract S8.2: the revision of a second ago is compacted to. */
  private static void awaitAutoCompaction(GrpcClient grpc) throws Exception {
    grpc.await(Methods.PUT, PUT, PATIENCE);
    var old = RANGE.toBuilder().setRevision(1).build();
    long deadlineNanos = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() - deadlineNanos < 0) {
      try {
        grpc.await(Methods.RANGE, old, PATIENCE);
        grpc.await(Methods.PUT, PUT, PATIENCE);
      } catch (GrpcStatusException compacted) {
        assertThat(compacted).hasMessage("etcdserver: mvcc: required revision has been compacted");
        return;
      }
    }
    throw new AssertionError("nothing was compacted within " + PATIENCE);
  }

  private static String overSocket(Path socket, String request) throws Exception {
    try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket));
      channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
      var answer = new StringBuilder();
      var buffer = ByteBuffer.allocate(4_096);
      while (channel.read(buffer) >= 0) {
        buffer.flip();
        answer.append(StandardCharsets.US_ASCII.decode(buffer));
        buffer.clear();
      }
      return answer.toString();
    }
  }
}
