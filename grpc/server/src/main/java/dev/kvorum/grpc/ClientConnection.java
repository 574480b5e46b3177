package dev.kvorum.grpc;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Stream;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one HTTP/2 connection: how many calls are open, and whether both ends are still
 * alive and polite (contract S21.4).
 */
final class ClientConnection {
  private static final int LAST_STREAM = -1;

  private final Vertx vertx;
  private final HttpConnection connection;
  private final ConnectionOutput output;
  private final GrpcLimits limits;
  private final PingPolicy pings;

  private int openCalls;

  /** Whether the client was heard of since the timer last looked. */
  private boolean heard;

  private boolean closed;
  private @Nullable Long timer;

  ClientConnection(
      Vertx vertx, HttpConnection connection, ChannelHandlerContext http2, GrpcLimits limits) {
    this.vertx = vertx;
    this.connection = connection;
    this.output = new ConnectionOutput(http2);
    this.limits = limits;
    this.pings = new PingPolicy(limits.keepAliveMinTime());
    connection.pingHandler(ignored -> pinged());
    scheduleKeepAlive();
  }

  /** A writer for the answer to the request. */
  ReplyWriter writer(HttpServerRequest request, String contentType) {
    return new ReplyWriter(output, request.streamId(), null, ResponseFields.answering(contentType));
  }

  /** A writer for the answer on the stream. */
  ReplyWriter writer(Http2Stream stream, String contentType) {
    return new ReplyWriter(output, stream.id(), stream, ResponseFields.answering(contentType));
  }

  SocketAddress remoteAddress() {
    return connection.remoteAddress();
  }

  void callOpened() {
    openCalls++;
    heard = true;
  }

  void callClosed() {
    openCalls--;
  }

  /** Part of a request arrived. */
  void received() {
    heard = true;
  }

  /** Part of an answer is on its way. */
  void sent() {
    pings.sent();
  }

  /** The connection is gone. */
  void closed() {
    closed = true;
    if (timer != null) {
      vertx.cancelTimer(timer);
    }
  }

  private void pinged() {
    heard = true;
    if (!closed && !pings.accepts(System.nanoTime(), openCalls > 0)) {
      closed = true;
      connection.goAway(
          Http2Error.ENHANCE_YOUR_CALM.code(), LAST_STREAM, Buffer.buffer("too_many_pings"));
      connection.close();
    }
  }

  private void scheduleKeepAlive() {
    if (!limits.keepAliveInterval().isZero()) {
      timer = setTimer(limits.keepAliveInterval(), this::pingWhenSilent);
    }
  }

  private void pingWhenSilent() {
    if (closed) {
      return;
    }
    if (heard) {
      heard = false;
      scheduleKeepAlive();
      return;
    }
    connection.ping(Buffer.buffer(new byte[Long.BYTES])).onSuccess(ignored -> ponged());
    if (!limits.keepAliveTimeout().isZero()) {
      timer = setTimer(limits.keepAliveTimeout(), this::closeWhenSilent);
    }
  }

  private void ponged() {
    if (timer != null) {
      vertx.cancelTimer(timer);
    }
    if (!closed) {
      scheduleKeepAlive();
    }
  }

  private void closeWhenSilent() {
    if (heard) {
      scheduleKeepAlive();
    } else {
      connection.close();
    }
  }

  private long setTimer(Duration delay, Runnable action) {
    return vertx.setTimer(Math.max(1, delay.toMillis()), ignored -> action.run());
  }
}
