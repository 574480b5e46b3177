package dev.kvorum.grpc;

import static org.assertj.core.api.Assertions.assertThat;

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

/** Contract S22.2: calls that last, of clients that want no member without a leader. */
@Timeout(240)
class LeaderMonitorTest {
  private static final String WATCH = "/etcdserverpb.Watch/Watch";
  private static final String KEEP_ALIVE = "/etcdserverpb.Lease/LeaseKeepAlive";
  private static final long LEADER = 5;

  private final EdgeFixture edge =
      new EdgeFixture(
          new GrpcLimits(
              1_572_864,
              100,
              64 * 1024,
              Duration.ofSeconds(5),
              Duration.ofHours(2),
              Duration.ofSeconds(20),
              Duration.ofMillis(10)));

  private final BlockingQueue<String> watches = new LinkedBlockingQueue<>();

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

  /** An election is no reason. */
  @Test
  void aMomentWithoutALeaderEndsNothing() throws Exception {
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
    edge.service.leader = LEADER;
    var requiring = open(edge.open(WATCH, "hasleader", "true"));

    enough.get(60, TimeUnit.SECONDS);

    assertThat(requiring.isComplete()).isFalse();
    assertThat(watches).isEmpty();
  }
}
