package dev.kvorum.loadtest.wire;

import com.google.protobuf.ByteString;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.util.function.Consumer;

/**
 * A call with one request and answers that come one by one, such as a watch: the client's side is
 * closed after the request, which ends no watch (contract S9.16). It has a connection of its own.
 */
public final class ReplyStream implements AutoCloseable {
  private static final int PREFIX_BYTES = 5;
  private static final int WINDOW_BYTES = 64 << 20;

  private final HttpClient http;
  private final HttpClientRequest request;
  private final Consumer<ByteString> onMessage;
  private Buffer partial = Buffer.buffer();

  private ReplyStream(HttpClient http, HttpClientRequest request, Consumer<ByteString> onMessage) {
    this.http = http;
    this.request = request;
    this.onMessage = onMessage;
  }

  /**
   * Sends the request; must not be called on a Vert.x thread.
   *
   * @param method service and method, as in {@code etcdserverpb.Watch/Watch}
   * @param onMessage gets each answer, in order, on one Vert.x thread
   */
  public static ReplyStream open(
      Vertx vertx, int port, String method, ByteString message, Consumer<ByteString> onMessage) {
    HttpClient http =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false)
                .setHttp2ConnectionWindowSize(WINDOW_BYTES)
                .setInitialSettings(new Http2Settings().setInitialWindowSize(WINDOW_BYTES)));
    HttpClientRequest request =
        http.request(HttpMethod.POST, port, "127.0.0.1", "/" + method)
            .toCompletionStage()
            .toCompletableFuture()
            .join();
    ReplyStream stream = new ReplyStream(http, request, onMessage);
    request.response().onSuccess(stream::answered);
    request.putHeader("content-type", "application/grpc");
    request.putHeader("te", "trailers");
    var _ = request.end(Frames.encode(message));
    return stream;
  }

  private void answered(HttpClientResponse response) {
    response.handler(this::chunk);
    response.exceptionHandler(_ -> {});
  }

  private void chunk(Buffer chunk) {
    partial.appendBuffer(chunk);
    int from = 0;
    while (partial.length() - from >= PREFIX_BYTES) {
      int to = from + PREFIX_BYTES + partial.getInt(from + 1);
      if (partial.length() < to) {
        break;
      }
      Frames.decode(partial.getBuffer(from, to)).forEach(onMessage);
      from = to;
    }
    partial = from == 0 ? partial : partial.getBuffer(from, partial.length());
  }

  @Override
  public void close() {
    request.reset();
    http.close().toCompletionStage().toCompletableFuture().join();
  }
}
