package dev.kvorum.grpc;

import static dev.kvorum.grpc.EdgeFixture.PUT;
import static dev.kvorum.grpc.EdgeFixture.frame;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Result;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.GoAway;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpConnection;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a connection may do, and how it learns that it went too far. */
@Timeout(240)
class ConnectionLimitsTest {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final Duration WAIT = Duration.ofMinutes(1);

  private static GrpcLimits limits(Duration minTime, Duration interval, Duration timeout) {
    return new GrpcLimits(1_572_864, 0xffff_ffffL, 64 * 1024, minTime, interval, timeout, LONG);
  }

  private static CompletableFuture<GoAway> goAway(HttpConnection connection) {
    var goAway = new CompletableFuture<GoAway>();
    connection.goAwayHandler(goAway::complete);
    return goAway;
  }

  private static CompletableFuture<Boolean> closed(HttpConnection connection) {
    var closed = new CompletableFuture<Boolean>();
    connection.closeHandler(ignored -> closed.complete(true));
    return closed;
  }

  /** A stream that stays open, so that the client has a reason to ping. */
  private static HttpClientRequest held(EdgeFixture edge) throws InterruptedException {
    edge.service.script = FakeService.Script.HOLD;
    var request = edge.open(PUT);
    request.end(frame(new byte[0]));
    assertThat(edge.service.calls.poll(WAIT.toSeconds(), TimeUnit.SECONDS)).isNotNull();
    return request;
  }

  @Test
  void settingsAreTheLimits() throws InterruptedException {
    try (var edge = new EdgeFixture(limits(LONG, LONG, LONG))) {
      var settings = held(edge).connection().remoteSettings();

      assertThat(settings.getMaxConcurrentStreams()).isEqualTo(Integer.MAX_VALUE);
      assertThat(settings.getInitialWindowSize()).isEqualTo(1024 * 1024);
      assertThat(settings.getMaxHeaderListSize()).isEqualTo(64 * 1024);
    }
  }

  @Test
  void clientThatPingsTooOftenIsSentAway() throws InterruptedException {
    try (var edge = new EdgeFixture(limits(LONG, LONG, LONG))) {
      var connection = held(edge).connection();
      var goAway = goAway(connection);
      var closed = closed(connection);

      for (var i = 0; i < 4; i++) {
        connection.ping(Buffer.buffer(new byte[8]));
      }

      assertThat(goAway).succeedsWithin(WAIT);
      assertThat(goAway.join().getErrorCode()).isEqualTo(11);
      assertThat(goAway.join().getDebugData()).hasToString("too_many_pings");
      assertThat(closed).succeedsWithin(WAIT);
    }
  }

  @Test
  void clientThatPingsInTimeStays() throws InterruptedException {
    try (var edge = new EdgeFixture(limits(Duration.ZERO, LONG, LONG))) {
      var connection = held(edge).connection();

      for (var i = 0; i < 20; i++) {
        connection.ping(Buffer.buffer(new byte[8]));
      }

      // The call is behind the pings, if it is on the same connection.
      edge.service.script = FakeService.Script.of(new Result.Put(1, null));
      var reply = edge.call(PUT, frame(new byte[0]));
      assertThat(reply.status()).isEqualTo("0");
      assertThat(reply.response().request().connection()).isSameAs(connection);
    }
  }

  @Test
  void silentClientIsPingedAndStaysWhenItAnswers() throws InterruptedException {
    var interval = Duration.ofMillis(20);
    try (var edge = new EdgeFixture(limits(LONG, interval, WAIT))) {
      var connection = held(edge).connection();
      var pings = new CompletableFuture<Boolean>();
      var counted = new AtomicInteger();
      connection.pingHandler(
          ignored -> {
            if (counted.incrementAndGet() == 3) {
              pings.complete(true);
            }
          });

      assertThat(pings).succeedsWithin(WAIT);
      edge.service.script = FakeService.Script.of(new Result.Put(1, null));
      assertThat(edge.call(PUT, frame(new byte[0])).status()).isEqualTo("0");
    }
  }

  @Test
  void clientThatAnswersNoPingIsClosed() throws IOException {
    var soon = Duration.ofMillis(20);
    try (var edge = new EdgeFixture(limits(LONG, soon, soon));
        var deaf = new RawHttp2(edge.port)) {
      assertThat(deaf.awaitEndOfConnection()).isPositive();
    }
  }

  /** A client whose deadlines pass in numbers keeps its watches (etcd has no limit either). */
  @Test
  void cancelsAreNotCounted() throws InterruptedException {
    try (var edge = new EdgeFixture(limits(LONG, LONG, LONG))) {
      edge.service.script = FakeService.Script.HOLD;
      var closed = closed(held(edge).connection());
      for (var i = 0; i < 6_000; i++) {
        var request = edge.open(PUT);
        request.end(frame(new byte[0])).onComplete(ignored -> request.reset(8));
      }
      assertThat(closed).isNotDone();

      edge.service.script = FakeService.Script.of(new Result.Put(1, null));
      assertThat(edge.call(PUT, frame(new byte[0])).status()).isEqualTo("0");
    }
  }
}
