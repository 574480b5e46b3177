package dev.kvorum.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.watch.WatchRequest;
import dev.kvorum.verticles.service.Service;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Contract S22.2: calls of clients that want no member without a leader. */
@Timeout(240)
class LeaderMonitorTest {
  private static final String WATCH = "/etcdserverpb.Watch/Watch";
  private static final String KEEP_ALIVE = "/etcdserverpb.Lease/LeaseKeepAlive";
  private static final long LEADER = 5;

  private final EdgeFixture edge = new EdgeFixture(limits(Duration.ofMillis(10)));

  private final BlockingQueue<String> watches = new LinkedBlockingQueue<>();

  private static GrpcLimits limits(Duration leaderInterval) {
    return new GrpcLimits(
        1_572_864,
        100,
        64 * 1024,
        Duration.ofSeconds(5),
        Duration.ofHours(2),
        Duration.ofSeconds(20),
        leaderInterval);
  }

  @AfterEach
  void closeEdge() {
    edge.close();
  }

  private Future<HttpClientResponse> open(HttpClientRequest request) throws InterruptedException {
    edge.service.watches =
        _ -> {
          watches.add("opened");
          return new Service.WatchStream() {
            @Override
            public void request(WatchRequest asked) {}

            @Override
            public void close() {
              watches.add("closed");
            }
          };
        };
    var end = request.response().compose(response -> response.end().map(response));
    request.sendHead().onComplete(_ -> {});
    if (request.getURI().equals(WATCH)) {
      assertThat(watches.poll(60, TimeUnit.SECONDS)).isEqualTo("opened");
    }
    return end;
  }

  private static void assertNoLeader(Future<HttpClientResponse> end) {
    var reply = new EdgeFixture.Reply(EdgeFixture.get(end), Buffer.buffer());
    assertThat(reply.status()).isEqualTo("14");
    assertThat(reply.message()).isEqualTo("etcdserver: no leader");
  }

  @Test
  void streamsThatRequireALeaderEndWhenThereIsNoneAndOthersGoOn() throws Exception {
    edge.service.leader = LEADER;
    var other = open(edge.open(WATCH));
    var requiring = open(edge.open(WATCH, "hasleader", "true"));
    var renewing = open(edge.open(KEEP_ALIVE, "hasleader", "true"));

    edge.service.leader = 0;

    assertNoLeader(requiring);
    assertNoLeader(renewing);
    assertThat(watches.poll(60, TimeUnit.SECONDS)).isEqualTo("closed");
    assertThat(other.isComplete()).isFalse();
  }

  /** Nobody has to send anything or to wait for that, and nothing is begun. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        WATCH,
        KEEP_ALIVE,
        "/v3electionpb.Election/Observe",
        "/etcdserverpb.Maintenance/Snapshot"
      })
  void streamsThatRequireALeaderAreRefusedWhenThereIsNone(String path) {
    var patient = new EdgeFixture(limits(Duration.ofHours(1)));
    try {
      patient.service.leader = 0;
      patient.service.watches =
          _ -> {
            throw new AssertionError("a watch was begun");
          };
      var request = patient.open(path, "hasleader", "true");
      var end = request.response().compose(response -> response.end().map(response));
      request.sendHead().onComplete(_ -> {});

      assertNoLeader(end);
      assertThat(patient.service.asks).isEmpty();
      assertThat(patient.service.calls).isEmpty();
    } finally {
      patient.close();
    }
  }

  /** Whatever is asked: a lock keeps the code too, which an error of the store loses (S11.5). */
  @Test
  void callsThatRequireALeaderAreRefusedWhenThereIsNone() {
    edge.service.leader = 0;
    for (var method : RpcMethods.ALL) {
      if (method.shape() == RpcMethod.Shape.UNARY) {
        var reply = edge.call(method.path(), EdgeFixture.frame(new byte[0]), "hasleader", "true");

        assertThat(reply.status()).as(method.path()).isEqualTo("14");
        assertThat(reply.message()).isEqualTo("etcdserver: no leader");
      }
    }
    assertThat(edge.service.calls).isEmpty();
    assertThat(edge.service.asks).isEmpty();
  }

  /** Key and value are exact. */
  @ParameterizedTest
  @ValueSource(strings = {"True", "1", "false", ""})
  void whoSaysItOtherwiseRequiresNone(String value) {
    edge.service.leader = 0;

    var reply = edge.call(EdgeFixture.PUT, EdgeFixture.frame(new byte[0]), "hasleader", value);

    assertThat(reply.status()).isEqualTo("0");
  }

  @Test
  void aRenewalWithoutThatRequirementIsServedWithoutALeader() {
    edge.service.leader = 0;
    edge.service.leases = (_, answer) -> answer.accept(new Result.LeaseKeepAlive(7, 3, 0));

    var renewed = edge.call(KEEP_ALIVE, EdgeFixture.frame(new byte[] {8, 3}));

    assertThat(renewed.status()).isEqualTo("0");
  }

  /** An election is no reason. */
  @Test
  void aMomentWithoutALeaderEndsNothing() throws Exception {
    edge.service.leader = LEADER;
    var requiring = open(edge.open(WATCH, "hasleader", "true"));
    var looks = new AtomicInteger();
    var enough = new CompletableFuture<Void>();
    // At least every third look finds one.
    edge.service.leaderLook =
        () -> {
          if (looks.incrementAndGet() == 30) {
            enough.complete(null);
          }
          return looks.get() % 3 == 0;
        };

    enough.get(60, TimeUnit.SECONDS);

    assertThat(requiring.isComplete()).isFalse();
    assertThat(watches).isEmpty();
  }
}
