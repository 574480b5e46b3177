package dev.kvorum.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import dev.kvorum.storage.model.Bytes;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** An edge on a free port, its fake service, and a client that may send anything. */
final class EdgeFixture implements AutoCloseable {
  static final String PUT = "/etcdserverpb.KV/Put";

  final Vertx vertx = Vertx.vertx();
  final FakeService service = new FakeService();
  final RecordingObserver observer = new RecordingObserver();
  final GrpcLimits limits;
  final HttpServer server;
  final GrpcEdge edge;
  final HttpClient client;
  final int port;
  private final Context serverLoop;

  EdgeFixture(GrpcLimits limits) {
    this(limits, (connection, edge) -> edge.connected(connection));
  }

  /**
   * An edge whose connections are also shown to the test.
   *
   * @param connected must give the connection to the edge
   */
  EdgeFixture(GrpcLimits limits, BiConsumer<HttpConnection, GrpcEdge> connected) {
    this.limits = limits;
    serverLoop = vertx.getOrCreateContext();
    server = vertx.createHttpServer(limits.serverOptions().setHost("127.0.0.1").setPort(0));
    edge =
        GrpcEdge.install(
            vertx,
            server,
            service,
            limits,
            observer,
            Duration.ofHours(1),
            request -> request.response().end("plain " + request.version()));
    server.connectionHandler(connection -> connected.accept(connection, edge));
    var listening = Promise.<HttpServer>promise();
    serverLoop.runOnContext(ignored -> server.listen().onComplete(listening));
    port = get(listening.future()).actualPort();
    client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false)
                .setDefaultHost("127.0.0.1")
                .setDefaultPort(port));
  }

  /** Runs the action on the loop of the server's connections. */
  void onLoop(Runnable action) {
    serverLoop.runOnContext(ignored -> action.run());
  }

  static <T> T get(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException failure) {
      throw new AssertionError(failure);
    }
  }

  /** What came back for a call. */
  record Reply(HttpClientResponse response, Buffer body) {
    String status() {
      return field("grpc-status");
    }

    String message() {
      return field("grpc-message");
    }

    boolean isTrailersOnly() {
      return response.getHeader("grpc-status") != null;
    }

    /** The field of the head of an answer without messages, else of the trailers. */
    private String field(String name) {
      var inHead = response.getHeader(name);
      return String.valueOf(inHead != null ? inHead : response.getTrailer(name));
    }

    /** The messages, without their prefixes. */
    List<Bytes> messages() {
      var messages = new ArrayList<Bytes>();
      var refusal =
          new MessageReader(Integer.MAX_VALUE, _ -> true)
              .read(Bytes.wrap(body.getBytes()), messages::add);
      if (refusal != null) {
        throw new AssertionError(refusal);
      }
      return messages;
    }
  }

  /** Opens a stream with gRPC's header fields. */
  HttpClientRequest open(String path, String... fields) {
    return open(HttpMethod.POST, path, "application/grpc", fields);
  }

  HttpClientRequest open(HttpMethod verb, String path, String contentType, String... fields) {
    var options = new RequestOptions().setMethod(verb).setURI(path);
    var request = get(client.request(options));
    request.putHeader("content-type", contentType).putHeader("te", "trailers");
    for (var i = 0; i < fields.length; i += 2) {
      request.putHeader(fields[i], fields[i + 1]);
    }
    return request.setChunked(true);
  }

  /** Sends a request by the given action and waits for the whole answer. */
  static Reply exchange(HttpClientRequest request, Consumer<HttpClientRequest> action) {
    var reply =
        request
            .response()
            .compose(response -> response.body().map(body -> new Reply(response, body)));
    action.accept(request);
    return get(reply);
  }

  /** Calls with this body. */
  Reply call(String path, Buffer body, String... fields) {
    return exchange(open(path, fields), request -> request.end(body));
  }

  /** Calls with this message, which must succeed, and reads the first message of the answer. */
  <M> M call(String path, MessageLite request, Parser<M> parser) {
    var reply = call(path, frame(request.toByteArray()));
    assertThat(reply.status()).as(reply.message()).isEqualTo("0");
    return Messages.parse(parser, reply.messages().getFirst());
  }

  /** A message behind its prefix. */
  static Buffer frame(byte[] message) {
    return Buffer.buffer().appendByte((byte) 0).appendInt(message.length).appendBytes(message);
  }

  @Override
  public void close() {
    get(client.close());
    get(vertx.close());
  }
}
