package dev.kvorum.grpc;

import static dev.kvorum.grpc.EdgeFixture.frame;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.LeaseAsk;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.watch.WatchRequest;
import dev.kvorum.verticles.service.Service;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What becomes of a connection with watches when something goes wrong on it. Vert.x does not know
 * of the watches' streams, and stumbles over them where it means to say goodbye.
 */
@Timeout(240)
class ConnectionFaultsTest {
  private static final int INTERNAL_ERROR = 2;
  private static final String WATCH = "/etcdserverpb.Watch/Watch";
  private static final String KEEP_ALIVE = "/etcdserverpb.Lease/LeaseKeepAlive";

  private final BlockingQueue<String> watches = new LinkedBlockingQueue<>();

  private Service.WatchOpening watch(Service.WatchSink sink) {
    watches.add("opened");
    return new Service.WatchStream() {
      @Override
      public void request(WatchRequest request) {}

      @Override
      public void close() {
        watches.add("closed");
      }
    };
  }

  private void await(String what) throws InterruptedException {
    assertThat(watches.poll(60, TimeUnit.SECONDS)).isEqualTo(what);
  }

  private static void put(RawHttp2 client, int stream) throws IOException {
    client.headers(stream, RawHttp2.call(EdgeFixture.PUT));
    client.lastData(stream, frame(new byte[0]).getBytes());
    assertThat(client.awaitEndOf(stream).type()).isEqualTo(RawHttp2.HEADERS);
  }

  @Test
  void aClientThatBreaksTheProtocolIsToldSoAlsoWhileItWatches() throws Exception {
    try (var edge = new EdgeFixture(GrpcLimits.DEFAULT);
        var client = new RawHttp2(edge.port)) {
      edge.service.watches = this::watch;
      client.headers(1, RawHttp2.call(WATCH));
      await("opened");

      // The connection itself has no data.
      client.data(0, new byte[1]);

      var end = client.awaitEndOf(1);
      assertThat(end.type()).isEqualTo(RawHttp2.GOAWAY);
      assertThat(end.code()).isEqualTo(RawHttp2.PROTOCOL_ERROR);
      client.awaitEndOfConnection();
      await("closed");
    }
  }

  @Test
  void aFaultInWhatIsSentIsToldAlsoWhileAClientWatches() throws Exception {
    var connected = new AtomicReference<HttpConnection>();
    try (var edge =
            new EdgeFixture(
                GrpcLimits.DEFAULT,
                (connection, to) -> {
                  connected.set(connection);
                  to.connected(connection);
                });
        var client = new RawHttp2(edge.port)) {
      edge.service.watches = this::watch;
      client.headers(1, RawHttp2.call(WATCH));
      await("opened");

      edge.onLoop(
          () -> {
            var http2 = requireNonNull(VertxInternals.http2(requireNonNull(connected.get())));
            var head = new DefaultHttp2Headers().status("200");
            // No client opened this stream, and no server may.
            var _ =
                ((Http2ConnectionHandler) http2.handler())
                    .encoder()
                    .writeHeaders(http2, 99, head, 0, true, http2.newPromise());
          });

      var end = client.awaitEndOf(1);
      assertThat(end.type()).isEqualTo(RawHttp2.GOAWAY);
      assertThat(end.code()).isIn(RawHttp2.PROTOCOL_ERROR, INTERNAL_ERROR);
      client.awaitEndOfConnection();
      await("closed");
    }
  }

  /**
   * While a canceled stream closes, the transport drops what waited for the client, and whoever
   * waited for room goes on: here with the end of the call. It is written to nobody, and hurts
   * nobody else.
   */
  @Test
  void aStreamThatIsCanceledWithAnswersUnreadDoesNotEndTheConnection() throws Exception {
    try (var edge = new EdgeFixture(GrpcLimits.DEFAULT);
        var client = new RawHttp2(edge.port)) {
      edge.service.watches = this::watch;
      edge.service.leases =
          (ask, answer) ->
              answer.accept(new Result.LeaseKeepAlive(7, ((LeaseAsk.KeepAlive) ask).id(), 60));
      client.headers(1, RawHttp2.call(WATCH));
      await("opened");
      client.headers(3, RawHttp2.call(KEEP_ALIVE));
      client.giveCredit(1 << 24);
      var renewals = Buffer.buffer();
      for (var count = 0; count < 20; count++) {
        renewals.appendBuffer(frame(new byte[] {8, 1}));
      }
      // Until the answers are more than the client has credit for and the transport takes.
      var next = 5;
      for (var sent = 0; edge.service.asks.size() == sent; sent += 20) {
        client.data(3, renewals.getBytes());
        put(client, next);
        next += 2;
      }
      client.lastData(3, frame(new byte[] {8, 1}).getBytes());

      client.cancel(3);

      put(client, next);
      assertThat(watches).isEmpty();
    }
  }
}
