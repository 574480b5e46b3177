package dev.kvorum.foreign;

import com.google.protobuf.ByteString;
import dev.kvorum.loadtest.wire.Frames;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * A gRPC call in which both sides send messages, at the level of messages: what a client library
 * would hide, a test can look at here. Bounded waits poll a condition.
 */
public final class BidiStream implements AutoCloseable {
  private static final int PREFIX_BYTES = 5;

  /** Only what has failed takes so long: nothing is waited for that must not come. */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final HttpClient http;
  private final HttpClientRequest request;
  private final List<ByteString> received = new ArrayList<>();
  private Buffer partial = Buffer.buffer();
  private boolean ended;

  private BidiStream(HttpClient http, HttpClientRequest request) {
    this.http = http;
    this.request = request;
    request.response().onSuccess(this::answered);
    request.exceptionHandler(_ -> end());
    request.putHeader("content-type", "application/grpc");
    request.putHeader("te", "trailers");
    request.setChunked(true);
    request.sendHead();
  }

  /**
   * Opens a call on a connection of its own.
   *
   * @param method service and method, as in {@code etcdserverpb.Watch/Watch}
   */
  public static BidiStream open(Vertx vertx, int port, String method) {
    HttpClient http =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false));
    HttpClientRequest request =
        http.request(HttpMethod.POST, port, "127.0.0.1", "/" + method)
            .toCompletionStage()
            .toCompletableFuture()
            .join();
    return new BidiStream(http, request);
  }

  private void answered(HttpClientResponse response) {
    response.handler(this::chunk);
    response.endHandler(_ -> end());
    response.exceptionHandler(_ -> end());
  }

  private synchronized void chunk(Buffer chunk) {
    partial.appendBuffer(chunk);
    int from = 0;
    while (partial.length() - from >= PREFIX_BYTES) {
      int size = partial.getInt(from + 1);
      if (partial.length() - from - PREFIX_BYTES < size) {
        break;
      }
      int to = from + PREFIX_BYTES + size;
      received.addAll(Frames.decode(partial.getBuffer(from, to)));
      from = to;
    }
    partial = partial.getBuffer(from, partial.length());
  }

  private synchronized void end() {
    ended = true;
  }

  /** Sends a message. */
  public void send(ByteString message) {
    request.write(Frames.encode(message)).toCompletionStage().toCompletableFuture().join();
  }

  /** Says that no more messages come. */
  public void halfClose() {
    request.end().toCompletionStage().toCompletableFuture().join();
  }

  /** Everything received so far. */
  public synchronized List<ByteString> received() {
    return List.copyOf(received);
  }

  /** What was received after the first {@code from} messages. */
  public synchronized List<ByteString> receivedAfter(int from) {
    return List.copyOf(received.subList(from, received.size()));
  }

  /** Whether the server has ended the call. */
  public synchronized boolean isEnded() {
    return ended;
  }

  /** Waits until so many messages are there, or patience is over; returns what is there. */
  public List<ByteString> await(int count) throws InterruptedException {
    await(() -> received().size() >= count);
    return received();
  }

  /** Waits until the condition holds, or patience is over. */
  public static boolean await(BooleanSupplier condition) throws InterruptedException {
    return await(condition, PATIENCE);
  }

  /** Waits until the condition holds, or patience is over. */
  public static boolean await(BooleanSupplier condition, Duration patience)
      throws InterruptedException {
    long until = System.nanoTime() + patience.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - until > 0) {
        return false;
      }
      Thread.sleep(1);
    }
    return true;
  }

  @Override
  public void close() {
    request.reset();
    http.close().toCompletionStage().toCompletableFuture().join();
  }
}
