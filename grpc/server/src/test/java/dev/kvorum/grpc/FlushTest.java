package dev.kvorum.grpc;

import static dev.kvorum.grpc.EdgeFixture.PUT;
import static dev.kvorum.grpc.EdgeFixture.frame;
import static dev.kvorum.grpc.EdgeFixture.get;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Result;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.vertx.core.Future;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Answers of one loop turn share their flushes. */
@Timeout(240)
class FlushTest {
  private static final int CALLS = 100;

  private final AtomicInteger flushes = new AtomicInteger();
  private final List<String> pipeline = new CopyOnWriteArrayList<>();
  private final EdgeFixture edge = new EdgeFixture(GrpcLimits.DEFAULT, this::connected);

  @AfterEach
  void closeEdge() {
    edge.close();
  }

  /** Counts what reaches the socket. */
  private final class Counter extends ChannelOutboundHandlerAdapter {
    @Override
    public void flush(ChannelHandlerContext context) {
      flushes.incrementAndGet();
      context.flush();
    }
  }

  @Test
  void hundredLateAnswersOfOneTurnNeedFewFlushes() throws InterruptedException {
    edge.service.script = FakeService.Script.HOLD;
    var responses = new ArrayList<Future<HttpClientResponse>>();
    for (var i = 0; i < CALLS; i++) {
      var request = edge.open(PUT);
      responses.add(request.response());
      request.end(frame(new byte[0]));
    }
    var calls = new ArrayList<FakeService.Call>();
    for (var i = 0; i < CALLS; i++) {
      calls.add(edge.service.calls.poll(60, TimeUnit.SECONDS));
    }

    edge.onLoop(
        () -> {
          flushes.set(0);
          calls.forEach(call -> call.answer().accept(new Result.Put(7, null)));
        });
    responses.forEach(EdgeFixture::get);

    // One for the answers; the rest is settings and credit that may fall into the same time.
    assertThat(flushes.get()).isBetween(1, 5);
    assertThat(pipeline.getFirst()).isEqualTo("flush-consolidation");
  }

  @Test
  void connectionHasTheHandlerOnce() {
    get(edge.open(PUT).sendHead());

    assertThat(pipeline).containsOnlyOnce("flush-consolidation").doesNotHaveDuplicates();
  }

  @Test
  void plainHttpHasTheHandlerToo() {
    var client = edge.vertx.createHttpClient();
    var request = get(client.request(HttpMethod.GET, edge.port, "127.0.0.1", "/version"));
    EdgeFixture.exchange(request, HttpClientRequest::end);

    assertThat(pipeline).contains("flush-consolidation");
  }

  private void connected(HttpConnection connection, GrpcEdge toTell) {
    toTell.connected(connection);
    // As an upgrade from HTTP/1.1 does: one channel that is connected twice.
    VertxInternals.consolidateFlushes(connection);
    var channel = VertxInternals.pipeline(connection);
    pipeline.addAll(channel.names());
    channel.addFirst(new Counter());
  }
}
