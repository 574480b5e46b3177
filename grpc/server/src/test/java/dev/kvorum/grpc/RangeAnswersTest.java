package dev.kvorum.grpc;

import static dev.kvorum.grpc.EdgeFixture.frame;
import static dev.kvorum.grpc.EdgeFixture.get;
import static dev.kvorum.grpc.Messages.STORED;
import static dev.kvorum.grpc.Messages.header;
import static dev.kvorum.grpc.Messages.parse;
import static dev.kvorum.grpc.Messages.stored;
import static dev.kvorum.grpc.Messages.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.api.etcdserverpb.RangeRequest;
import dev.kvorum.api.etcdserverpb.RangeResponse;
import dev.kvorum.api.etcdserverpb.RangeStreamResponse;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.RangeMessage;
import dev.kvorum.storage.model.ResponseCodec;
import dev.kvorum.verticles.service.Service.RangeSink;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.StreamResetException;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ranges that the service answers bit by bit, as one message or as several. */
@Timeout(240)
class RangeAnswersTest {
  private final EdgeFixture edge = new EdgeFixture(GrpcLimits.DEFAULT);

  @AfterEach
  void closeEdge() {
    edge.close();
  }

  private static RangeMessage message(long keyValueBytes, boolean last) {
    return new RangeMessage(keyValueBytes, 0, last, last ? 9 : 0, false, last ? 3 : 0);
  }

  /** A client cannot tell how an answer was made. */
  @Test
  void aRangeMadeInPiecesIsOneMessage() {
    edge.service.range =
        sink -> {
          var one = ResponseCodec.encodeKeyValues(List.of(stored()));
          sink.begin(message(2L * one.size(), true));
          sink.keyValues(one.asByteBuffer(), () -> {});
          sink.keyValues(one.asByteBuffer(), () -> {});
          sink.end();
        };

    var response =
        edge.call(
            "/etcdserverpb.KV/Range",
            RangeRequest.newBuilder().setKey(text("a")).build(),
            RangeResponse.parser());

    assertThat(response)
        .isEqualTo(
            RangeResponse.newBuilder()
                .setHeader(header(9))
                .addKvs(STORED)
                .addKvs(STORED)
                .setCount(3)
                .build());
  }

  /** Inside of a message no status can be told; half a message must not look like a whole one. */
  @Test
  void aRangeThatCannotGoOnResetsItsStream() throws InterruptedException {
    edge.service.range =
        sink -> {
          sink.begin(message(100, true));
          sink.keyValues(Bytes.wrap(new byte[50]).asByteBuffer(), () -> {});
          sink.failed(Failure.TOO_MANY_REQUESTS);
        };
    var request = edge.open("/etcdserverpb.KV/Range");
    var reset = new LinkedBlockingQueue<Long>();
    request
        .response()
        .onSuccess(
            response ->
                response.exceptionHandler(
                    failure -> reset.add(((StreamResetException) failure).getCode())));
    request.end(frame(new byte[0]));

    assertThat(reset.poll(60, TimeUnit.SECONDS)).isEqualTo(11);
    assertThat(edge.observer.ends.poll(60, TimeUnit.SECONDS)).isEqualTo(GrpcCode.UNKNOWN);
  }

  @Test
  void streamedRangeHasItsHeaderOnTheLastMessageOnly() {
    edge.service.stream =
        sink -> {
          var one = ResponseCodec.encodeKeyValues(List.of(stored()));
          sink.begin(message(one.size(), false));
          sink.keyValues(one.asByteBuffer(), () -> {});
          sink.begin(message(2L * one.size(), true));
          sink.keyValues(one.asByteBuffer(), () -> {});
          sink.keyValues(one.asByteBuffer(), () -> {});
          sink.end();
        };

    var reply =
        edge.call(
            "/etcdserverpb.KV/RangeStream",
            frame(RangeRequest.newBuilder().setKey(text("a")).build().toByteArray()));

    assertThat(reply.status()).isEqualTo("0");
    assertThat(reply.messages())
        .extracting(message -> parse(RangeStreamResponse.parser(), message).getRangeResponse())
        .containsExactly(
            RangeResponse.newBuilder().addKvs(STORED).build(),
            RangeResponse.newBuilder()
                .setHeader(header(9))
                .addKvs(STORED)
                .addKvs(STORED)
                .setCount(3)
                .build());
  }

  @Test
  void streamedRangeMayFailAfterItsFirstMessage() {
    edge.service.stream =
        sink -> {
          var one = ResponseCodec.encodeKeyValues(List.of(stored()));
          sink.begin(message(one.size(), false));
          sink.keyValues(one.asByteBuffer(), () -> {});
          sink.failed(Failure.COMPACTED);
        };

    var reply = edge.call("/etcdserverpb.KV/RangeStream", frame(new byte[0]));

    assertThat(reply.isTrailersOnly()).isFalse();
    assertThat(reply.messages()).hasSize(1);
    assertThat(reply.status()).isEqualTo("11");
    assertThat(reply.message()).isEqualTo("etcdserver: mvcc: required revision has been compacted");
  }

  /** Sends large chunks for as long as the sink takes them, and goes on when it drains. */
  private static final class Flood {
    private static final int CHUNKS = 400;
    private static final Bytes CHUNK =
        ResponseCodec.encodeKeyValues(List.of(Bytes.wrap(new byte[50_000])));

    private final RangeSink sink;
    private final AtomicInteger pauses;
    private int sent;

    Flood(RangeSink sink, AtomicInteger pauses) {
      this.sink = sink;
      this.pauses = pauses;
    }

    void run() {
      while (!sink.isClosed()) {
        if (!sink.isWritable()) {
          pauses.incrementAndGet();
          sink.onDrain(this::run);
          return;
        }
        var last = ++sent == CHUNKS;
        sink.begin(message(CHUNK.size(), last));
        sink.keyValues(CHUNK.asByteBuffer(), () -> {});
        if (last) {
          sink.end();
          return;
        }
      }
    }
  }

  @Test
  void streamedRangePausesForASlowClientAndGoesOn() throws InterruptedException {
    var pauses = new AtomicInteger();
    edge.service.stream = sink -> new Flood(sink, pauses).run();
    var request = edge.open("/etcdserverpb.KV/RangeStream");
    var paused = request.response().onSuccess(HttpClientResponse::pause);
    request.end(frame(new byte[0]));

    var response = get(paused);
    // The client's window is full before the 20 MB are, so the service has been stopped.
    assertThat(edge.observer.ends).isEmpty();
    var size = new AtomicInteger();
    var ended = new LinkedBlockingQueue<String>();
    response.handler(part -> size.addAndGet(part.length()));
    response.endHandler(ignored -> ended.add(response.getTrailer("grpc-status")));
    response.resume();

    assertThat(ended.poll(60, TimeUnit.SECONDS)).isEqualTo("0");
    assertThat(size.get()).isGreaterThan(Flood.CHUNKS * Flood.CHUNK.size());
    assertThat(pauses.get()).isPositive();
  }

  @Test
  void streamedRangeStopsWhenItsClientLeaves() throws InterruptedException {
    var closed = new LinkedBlockingQueue<RangeSink>();
    edge.service.stream = closed::add;
    var request = edge.open("/etcdserverpb.KV/RangeStream");
    get(request.end(frame(new byte[0])));
    var sink = closed.poll(60, TimeUnit.SECONDS);

    request.reset(8);

    assertThat(edge.observer.ends.poll(60, TimeUnit.SECONDS)).isEqualTo(GrpcCode.CANCELED);
    assertThat(sink.isClosed()).isTrue();
  }
}
