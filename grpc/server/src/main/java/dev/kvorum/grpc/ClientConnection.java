package dev.kvorum.grpc;

import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;

final class ClientConnection {
  private static final boolean DIRECT = !Boolean.getBoolean("plain");
  private final HttpConnection connection;
  private int streams;

  ClientConnection(HttpConnection connection) {
    this.connection = connection;
  }

  ReplyWriter writer(HttpServerRequest request) {
    return DIRECT
        ? new Http2ReplyWriter(VertxInternals.context(connection), request.streamId())
        : new VertxReplyWriter(request.response());
  }

  void streamOpened() {
    streams++;
  }

  void streamClosed() {
    streams--;
  }
}
