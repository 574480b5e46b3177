package dev.kvorum.loadtest.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Calls an etcd-speaking server on loopback over cleartext HTTP/2.
 *
 * <p>A future that fails says nothing about whether the call took effect, except that no answer
 * came; an answer with an error status is a {@link GrpcReply} (or a {@link GrpcStatusException}
 * from the typed methods). Calls made by one thread over one connection reach the server in order,
 * but are answered in any order. The futures complete on Vert.x threads; the blocking methods must
 * not be called there.
 */
public final class GrpcClient implements AutoCloseable {
  private static final int CONNECTION_WINDOW_BYTES = 16 << 20;
  private static final int STREAM_WINDOW_BYTES = 4 << 20;

  private final HttpClient http;
  private final int port;

  /**
   * A client that connects when first used.
   *
   * @param port the server's client port on 127.0.0.1
   * @param connections how many connections share the calls, at least 1
   */
  public GrpcClient(Vertx vertx, int port, int connections) {
    this.port = port;
    this.http =
        vertx
            .httpClientBuilder()
            .with(
                new HttpClientOptions()
                    .setProtocolVersion(HttpVersion.HTTP_2)
                    .setHttp2ClearTextUpgrade(false)
                    .setHttp2ConnectionWindowSize(CONNECTION_WINDOW_BYTES)
                    .setInitialSettings(
                        new Http2Settings().setInitialWindowSize(STREAM_WINDOW_BYTES)))
            .with(new PoolOptions().setHttp2MaxSize(connections))
            // The calls on a broken connection fail by themselves; Vert.x need not log it as well.
            .withConnectHandler(connection -> connection.exceptionHandler(_ -> {}))
            .build();
  }

  /**
   * Sends one message and gathers the whole answer, of a unary or a server-streaming method.
   *
   * @param method service and method, as in {@code etcdserverpb.KV/Put}
   */
  public Future<GrpcReply> call(String method, ByteString request) {
    return http.request(HttpMethod.POST, port, "127.0.0.1", "/" + method)
        .compose(stream -> exchange(stream, request));
  }

  /**
   * How much of an answer came, and how it ended: a gRPC status or the reason why there is none.
   *
   * @param largestBytes the largest of its messages, 0 if the last one is not whole
   */
  public record Drained(long bytes, long largestBytes, String end) {
    public boolean succeeded() {
      return end.equals("0");
    }
  }

  /**
   * Sends one message and counts the bytes of the answer, however many they are. The future does
   * not fail: an answer that breaks off has the failure for its end.
   */
  public Future<Drained> drain(String method, ByteString request) {
    MessageSizes sizes = new MessageSizes();
    return http.request(HttpMethod.POST, port, "127.0.0.1", "/" + method)
        .compose(
            stream -> {
              Future<String> end =
                  stream
                      .response()
                      .compose(
                          response -> response.handler(sizes::add).end().map(_ -> end(response)));
              send(stream, request);
              return end;
            })
        .otherwise(failure -> String.valueOf(failure.getMessage()))
        .map(end -> new Drained(sizes.bytes(), sizes.isWhole() ? sizes.largest() : 0, end));
  }

  private static String end(HttpClientResponse response) {
    String status = field(response, "grpc-status");
    String message = field(response, "grpc-message");
    return (status == null ? "no status" : status)
        + (message == null || message.isEmpty() ? "" : " " + decoded(message));
  }

  /**
   * Sends one message and never takes more of the answer than the transport takes by itself.
   *
   * @return completes with the stream when an answer has begun; fails if the call was refused
   */
  public Future<HttpClientRequest> leave(String method, ByteString request) {
    return http.request(HttpMethod.POST, port, "127.0.0.1", "/" + method)
        .compose(
            stream -> {
              Future<HttpClientRequest> begun =
                  stream
                      .response()
                      .compose(
                          response -> {
                            response.pause();
                            String refusal = response.getHeader("grpc-status");
                            return refusal == null
                                ? Future.succeededFuture(stream)
                                : Future.failedFuture(refusal);
                          });
              send(stream, request);
              return begun;
            });
  }

  private static void send(HttpClientRequest stream, ByteString request) {
    stream.putHeader("content-type", "application/grpc");
    stream.putHeader("te", "trailers");
    // A server may refuse a call before it has read the message; then the rest of the sending
    // fails.
    var _ = stream.end(Frames.encode(request));
  }

  /** Sends one message and reads the one that comes back. */
  public <Q extends Message, A extends Message> Future<A> call(Method<Q, A> method, Q request) {
    return call(method.name(), request.toByteString())
        .compose(
            reply -> {
              try {
                return Future.succeededFuture(method.parser().parseFrom(reply.onlyMessage()));
              } catch (GrpcStatusException | InvalidProtocolBufferException failure) {
                return Future.failedFuture(failure);
              }
            });
  }

  /**
   * Calls and waits.
   *
   * @throws GrpcStatusException if the server answered with an error
   * @throws IllegalStateException if no answer came in time, or none that could be read
   */
  public <Q extends Message, A extends Message> A await(
      Method<Q, A> method, Q request, Duration patience)
      throws GrpcStatusException, InterruptedException {
    return await(call(method, request), patience);
  }

  /** Waits for the outcome of a call; fails as {@link #await(Method, Message, Duration)} does. */
  public static <T> T await(Future<T> outcome, Duration patience)
      throws GrpcStatusException, InterruptedException {
    try {
      return outcome
          .toCompletionStage()
          .toCompletableFuture()
          .get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof GrpcStatusException status) {
        throw status;
      }
      throw new IllegalStateException("no answer: " + failed.getCause(), failed.getCause());
    } catch (TimeoutException late) {
      throw new IllegalStateException("no answer within " + patience, late);
    }
  }

  @Override
  public void close() {
    var _ = http.close();
  }

  /**
   * Asks for the answer before sending: from a thread that is not Vert.x's, what is attached after
   * sending may come too late to see the body.
   */
  private static Future<GrpcReply> exchange(HttpClientRequest stream, ByteString request) {
    Future<GrpcReply> answer =
        stream.response().compose(response -> response.body().map(body -> reply(response, body)));
    send(stream, request);
    return answer;
  }

  private static GrpcReply reply(HttpClientResponse response, Buffer body) {
    String status = field(response, "grpc-status");
    if (status == null) {
      throw new IllegalStateException(
          "HTTP status " + response.statusCode() + " without a grpc-status: " + body);
    }
    String message = field(response, "grpc-message");
    return new GrpcReply(
        Frames.decode(body), Integer.parseInt(status), message == null ? "" : decoded(message));
  }

  /** A call that fails at once has its status among the headers instead of after the body. */
  private static @Nullable String field(HttpClientResponse response, String name) {
    String trailer = response.getTrailer(name);
    return trailer == null ? response.getHeader(name) : trailer;
  }

  /** Status texts travel percent-encoded, where a plus sign stands for itself. */
  private static String decoded(String message) {
    return URLDecoder.decode(message.replace("+", "%2B"), StandardCharsets.UTF_8);
  }
}
