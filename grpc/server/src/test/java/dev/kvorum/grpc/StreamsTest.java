package dev.kvorum.grpc;

import static dev.kvorum.grpc.EdgeFixture.exchange;
import static dev.kvorum.grpc.EdgeFixture.frame;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import dev.kvorum.api.etcdserverpb.LeaseKeepAliveRequest;
import dev.kvorum.api.etcdserverpb.LeaseKeepAliveResponse;
import dev.kvorum.api.etcdserverpb.ResponseHeader;
import dev.kvorum.api.etcdserverpb.WatchCreateRequest;
import dev.kvorum.api.etcdserverpb.WatchRequest;
import dev.kvorum.api.etcdserverpb.WatchResponse;
import dev.kvorum.api.mvccpb.Event;
import dev.kvorum.api.mvccpb.KeyValue;
import dev.kvorum.api.v3electionpb.LeaderRequest;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.LeaseAsk;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.watch.WatchEffect;
import dev.kvorum.verticles.service.Service;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Calls whose clients send several messages: lease keep-alives and watches. */
class StreamsTest {
  private static final long PATIENCE_SECONDS = 60;
  private static final String KEEP_ALIVE = "/etcdserverpb.Lease/LeaseKeepAlive";
  private static final String WATCH = "/etcdserverpb.Watch/Watch";
  private static final String OBSERVE = "/v3electionpb.Election/Observe";

  private EdgeFixture edge;

  @BeforeEach
  void start() {
    edge = new EdgeFixture(GrpcLimits.DEFAULT);
  }

  @AfterEach
  void stop() {
    edge.close();
  }

  /** Contract S10.5: an answer for each request, in order, and the stream ends with the client. */
  @Test
  void renewalsAreAnsweredInOrderHoweverTheyAreReady() throws Exception {
    List<Runnable> later = Collections.synchronizedList(new ArrayList<>());
    edge.service.leases =
        (ask, answer) -> {
          var id = ((LeaseAsk.KeepAlive) ask).id();
          later.add(() -> answer.accept(new Result.LeaseKeepAlive(7, id, 60)));
          if (later.size() == 3) {
            // The last question is answered first.
            later.reversed().forEach(Runnable::run);
          }
        };

    var reply =
        exchange(
            edge.open(KEEP_ALIVE),
            request -> {
              request.write(renewal(1)).onComplete(_ -> {});
              request.write(renewal(2)).onComplete(_ -> {});
              request.end(renewal(3));
            });

    assertThat(reply.status()).isEqualTo("0");
    var ids = new ArrayList<Long>();
    for (var message : reply.messages()) {
      ids.add(LeaseKeepAliveResponse.parseFrom(message.toArray()).getID());
    }
    assertThat(ids).containsExactly(1L, 2L, 3L);
  }

  /** Contract S10.5: what was renewed before is answered; an unknown lease is no error. */
  @Test
  void anErrorEndsTheStreamOfRenewalsBehindTheAnswersBeforeIt() throws Exception {
    edge.service.leases =
        (ask, answer) -> {
          var id = ((LeaseAsk.KeepAlive) ask).id();
          answer.accept(
              id == 3
                  ? new Result.Failed(Failure.TIMEOUT)
                  : new Result.LeaseKeepAlive(7, id, id == 2 ? 0 : 60));
        };

    var reply =
        exchange(
            edge.open(KEEP_ALIVE),
            request -> {
              for (var id = 1; id <= 4; id++) {
                request.write(renewal(id)).onComplete(_ -> {});
              }
            });

    assertThat(reply.status()).isEqualTo("14");
    assertThat(reply.message()).isEqualTo("etcdserver: request timed out");
    assertThat(reply.messages()).hasSize(2);
    assertThat(LeaseKeepAliveResponse.parseFrom(reply.messages().getLast().toArray()))
        .isEqualTo(
            LeaseKeepAliveResponse.newBuilder()
                .setHeader(
                    ResponseHeader.newBuilder()
                        .setClusterId(edge.service.identity().clusterId())
                        .setMemberId(edge.service.identity().memberId())
                        .setRevision(7)
                        .setRaftTerm(2))
                .setID(2)
                .build());
  }

  @Test
  void aStreamThatEndsInsideOfAMessageIsRefused() {
    var reply =
        exchange(edge.open(KEEP_ALIVE), request -> request.end(Buffer.buffer(new byte[] {0, 0})));

    assertThat(reply.status()).isEqualTo("13");
  }

  @Test
  void aMessageThatIsNoneEndsTheStream() {
    var reply = exchange(edge.open(WATCH), request -> request.write(frame(new byte[] {1, 2, 3})));

    assertThat(reply.status()).isIn("13", "14");
  }

  /** A client that asks without end and reads nothing costs what the transport holds for it. */
  @Test
  void renewalsWhoseAnswersNobodyReadsRunOutOfCredit() throws Exception {
    edge.service.leases =
        (ask, answer) ->
            answer.accept(new Result.LeaseKeepAlive(7, ((LeaseAsk.KeepAlive) ask).id(), 60));
    var request = edge.open(KEEP_ALIVE);
    var response = request.response().onSuccess(HttpClientResponse::pause);
    // An answer has some 30 bytes.
    var batches = 200;
    var each = 100;
    var sent = new AtomicInteger();
    for (var batch = 0; batch < batches; batch++) {
      var renewals = Buffer.buffer();
      for (var count = 0; count < each; count++) {
        renewals.appendBuffer(
            frame(
                LeaseKeepAliveRequest.newBuilder()
                    .setID(batch * each + count + 1)
                    .setUnknownFields(padding())
                    .build()
                    .toByteArray()));
      }
      request.write(renewals).onSuccess(_ -> sent.incrementAndGet());
    }
    request.end().onComplete(_ -> {});
    // Calls of another client go on meanwhile, until the flood stands.
    var asked = -1;
    try (var other = new RawHttp2(edge.port)) {
      for (var stream = 1; edge.service.asks.size() != asked; stream += 2) {
        asked = edge.service.asks.size();
        for (var last = stream + 100; stream < last; stream += 2) {
          other.headers(stream, RawHttp2.call(EdgeFixture.PUT));
          other.lastData(stream, frame(new byte[0]).getBytes());
          assertThat(other.awaitEndOf(stream).type()).isEqualTo(RawHttp2.HEADERS);
        }
      }
    }
    assertThat(sent.get()).as("4 MB against credit for 1 MB").isLessThan(batches);
    assertThat(asked).isLessThan(batches * each);

    var reply =
        EdgeFixture.get(
            response.compose(
                opened -> {
                  var body = opened.body();
                  opened.resume();
                  return body.map(whole -> new EdgeFixture.Reply(opened, whole));
                }));
    assertThat(reply.status()).isEqualTo("0");
    assertThat(reply.messages()).hasSize(batches * each);
  }

  /** What a leader proclaims waits with the watch, whose stream has a bound, and not here. */
  @Test
  void anObserverThatDoesNotReadHoldsItsWatchBack() throws Exception {
    var watch = new FakeWatch();
    edge.service.watches = watch::open;
    var leader = KeyValue.newBuilder().setKey(ByteString.copyFromUtf8("e/1")).setCreateRevision(2);
    var first = Bytes.wrap(leader.build().toByteArray());
    edge.service.script = FakeService.Script.of(new Result.Range(7, List.of(first), false, 1));
    var request = edge.open(OBSERVE);
    var response = request.response().onSuccess(HttpClientResponse::pause);
    request.end(
        frame(
            LeaderRequest.newBuilder()
                .setName(ByteString.copyFromUtf8("e"))
                .build()
                .toByteArray()));
    assertThat(next(watch.requests)).isNotNull();

    leader.setValue(ByteString.copyFrom(new byte[200_000]));
    var proclaimed =
        Bytes.wrap(
            WatchResponse.newBuilder()
                .addEvents(Event.newBuilder().setKv(leader))
                .build()
                .toByteArray());
    var isWritable = new LinkedBlockingQueue<Boolean>();
    var drained = new CompletableFuture<Void>();
    edge.onLoop(
        () -> {
          isWritable.add(watch.sink().isWritable());
          watch.sink().send(Bytes.EMPTY, 0, proclaimed);
          watch.sink().send(Bytes.EMPTY, 0, proclaimed);
          isWritable.add(watch.sink().isWritable());
          watch.sink().onDrain(() -> drained.complete(null));
        });
    assertThat(next(isWritable)).isTrue();
    assertThat(next(isWritable)).isFalse();
    assertThat(drained).isNotDone();

    var got = new AtomicInteger();
    response.onSuccess(
        opened -> {
          opened.handler(part -> got.addAndGet(part.length()));
          opened.resume();
        });
    drained.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(got.get()).isGreaterThan(100_000);
    request.reset(8);
    assertThat(next(watch.closed)).isTrue();
  }

  /** A client that is told why goes on elsewhere; for one whose connection ends all may be over. */
  @Test
  void whenTheMemberStopsItsStreamsEndWithAReason() throws Exception {
    var watch = new FakeWatch();
    edge.service.watches = watch::open;
    var watching = edge.open(WATCH);
    var watchEnd = watching.response().compose(response -> response.end().map(response));
    watching.sendHead().onComplete(_ -> {});
    edge.service.leases = (_, _) -> {};
    var renewing = edge.open(KEEP_ALIVE);
    var renewalsEnd = renewing.response().compose(response -> response.end().map(response));
    renewing.write(renewal(1)).onComplete(_ -> {});
    assertThat(next(watch.sinks)).isNotNull();
    assertThat(next(edge.service.asks)).isNotNull();

    edge.onLoop(edge.edge::endStreams);

    for (var ended : List.of(watchEnd, renewalsEnd)) {
      var response = EdgeFixture.get(ended);
      assertThat(new EdgeFixture.Reply(response, Buffer.buffer()).status()).isEqualTo("14");
      assertThat(new EdgeFixture.Reply(response, Buffer.buffer()).message())
          .isEqualTo("etcdserver: server stopped");
    }
    assertThat(next(watch.closed)).isTrue();
  }

  @Test
  void aStreamWhoseRequestsCannotBeReadIsCountedAsFailed() {
    edge.service.watches = new FakeWatch()::open;
    exchange(edge.open(WATCH), request -> request.write(frame(new byte[] {1, 2, 3})));
    exchange(edge.open(KEEP_ALIVE), request -> request.end(Buffer.buffer(new byte[] {0, 0})));

    assertThat(edge.observer.events)
        .contains("receive failed Watch", "receive failed LeaseKeepAlive");
  }

  /** Contract S9.16. */
  @Test
  void aHalfClosedWatchKeepsDelivering() throws Exception {
    var watch = new FakeWatch();
    edge.service.watches = watch::open;
    var request = edge.open(WATCH);
    var parts = new LinkedBlockingQueue<Buffer>();
    request.response().onSuccess(response -> response.handler(parts::add));
    var create =
        WatchRequest.newBuilder().setCreateRequest(WatchCreateRequest.getDefaultInstance());
    request.end(frame(create.build().toByteArray()));

    assertThat(next(watch.requests))
        .isInstanceOf(dev.kvorum.storage.watch.WatchRequest.Create.class);
    edge.onLoop(
        () -> {
          watch.sink().send(Bytes.hex("0a00"), 0, Bytes.hex("5a00"));
          watch.sink().send(Bytes.hex("0a00"), 300, Bytes.hex("5a00"));
          watch.sink().flush();
        });
    var expected =
        frame(new byte[] {10, 0, 90, 0})
            .appendBuffer(frame(new byte[] {10, 0, 16, (byte) 0xac, 2, 90, 0}));
    var got = Buffer.buffer();
    while (got.length() < expected.length()) {
      got.appendBuffer(next(parts));
    }
    assertThat(got).isEqualTo(expected);
    request.reset(8);
    assertThat(next(watch.closed)).isTrue();
  }

  /** Contract S21.3: a client that asks faster than it is served runs out of credit. */
  @Test
  void aFloodOfRequestsIsHeldByTheStreamsCredit() throws Exception {
    var watch = new FakeWatch();
    edge.service.watches = watch::open;
    var request = edge.open(WATCH);
    var create =
        WatchRequest.newBuilder()
            .setCreateRequest(
                WatchCreateRequest.newBuilder().setKey(ByteString.copyFrom(new byte[10_000])))
            .build()
            .toByteArray();
    request.write(frame(create)).onComplete(_ -> {});
    assertThat(next(watch.requests)).isNotNull();
    var paused = new CompletableFuture<Void>();
    edge.onLoop(
        () -> {
          watch.sink().pauseRequests();
          paused.complete(null);
        });
    paused.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    var flood = 400;
    var sent = new AtomicInteger();
    for (var count = 0; count < flood; count++) {
      request.write(frame(create)).onSuccess(_ -> sent.incrementAndGet());
    }
    request.end().onComplete(_ -> {});
    // Other calls of the same connection go on meanwhile.
    assertThat(edge.call(EdgeFixture.PUT, frame(new byte[0])).status()).isEqualTo("0");
    assertThat(sent.get()).as("4 MB against credit for 1 MB").isLessThan(flood);
    assertThat(watch.requests).isEmpty();

    edge.onLoop(() -> watch.sink().resumeRequests());
    for (var count = 0; count < flood; count++) {
      assertThat(next(watch.requests)).isNotNull();
    }
  }

  /** The frames of a turn are made by hand; credit that runs out must not lose any of them. */
  @Test
  void eventsBeyondTheClientsCreditComeWhenThereIsCreditAgain() throws Exception {
    var watch = new FakeWatch();
    edge.service.watches = watch::open;
    var request = edge.open(WATCH);
    // Who handles what comes is known before anything does: what nobody handles is dropped.
    var response = request.response().onSuccess(HttpClientResponse::pause);
    request.sendHead().onComplete(_ -> {});
    var sink = next(watch.sinks);
    var messages = 2_000;
    var body = new byte[500];
    var isWritable = new LinkedBlockingQueue<Boolean>();
    edge.onLoop(
        () -> {
          for (var count = 0; count < messages; count++) {
            sink.send(Bytes.hex("0a00"), 1 + count, Bytes.wrap(body));
          }
          sink.flush();
          isWritable.add(sink.isWritable());
        });
    assertThat(next(isWritable)).as("1 MB against credit for 64 KB").isFalse();
    var expected = Buffer.buffer();
    for (var count = 0; count < messages; count++) {
      expected.appendBuffer(frame(message(1 + count, body)));
    }
    var got = Buffer.buffer();
    var all = new CompletableFuture<Void>();
    response.onSuccess(
        opened -> {
          opened.handler(
              part -> {
                got.appendBuffer(part);
                if (got.length() >= expected.length()) {
                  all.complete(null);
                }
              });
          opened.resume();
        });
    all.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(got).isEqualTo(expected);
  }

  private static byte[] message(long watchId, byte[] events) {
    var head = WatchEffect.Send.head(Bytes.hex("0a00"), watchId);
    return Buffer.buffer().appendBytes(head.toArray()).appendBytes(events).getBytes();
  }

  /** A hundred bytes that no server knows, so that few requests use up much credit. */
  private static UnknownFieldSet padding() {
    var field =
        UnknownFieldSet.Field.newBuilder()
            .addLengthDelimited(ByteString.copyFrom(new byte[100]))
            .build();
    return UnknownFieldSet.newBuilder().addField(99, field).build();
  }

  private static Buffer renewal(long id) {
    return frame(LeaseKeepAliveRequest.newBuilder().setID(id).build().toByteArray());
  }

  private static <T> T next(BlockingQueue<T> queue) throws InterruptedException {
    var next = queue.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(next).isNotNull();
    return next;
  }

  /** Remembers what the edge does with a watch. */
  private static final class FakeWatch {
    private final BlockingQueue<Service.WatchSink> sinks = new LinkedBlockingQueue<>();
    private final BlockingQueue<dev.kvorum.storage.watch.WatchRequest> requests =
        new LinkedBlockingQueue<>();
    private final BlockingQueue<Boolean> closed = new LinkedBlockingQueue<>();

    Service.WatchOpening open(Service.WatchSink opened) {
      sinks.add(opened);
      Consumer<dev.kvorum.storage.watch.WatchRequest> keep = requests::add;
      return new Service.WatchStream() {
        @Override
        public void request(dev.kvorum.storage.watch.WatchRequest request) {
          keep.accept(request);
        }

        @Override
        public void close() {
          closed.add(true);
        }
      };
    }

    Service.WatchSink sink() {
      return sinks.element();
    }
  }
}
