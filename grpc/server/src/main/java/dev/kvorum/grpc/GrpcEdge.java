package dev.kvorum.grpc;

import dev.kvorum.verticles.service.Service;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;

/** Serves gRPC on an HTTP server that serves other things too. One a front-end loop. */
public final class GrpcEdge {
  private final Vertx vertx;
  private final GrpcLimits limits;
  private final RpcObserver observer;
  private final Handler<HttpServerRequest> other;
  private final Map<HttpConnection, ClientConnection> connections = new IdentityHashMap<>();
  private final Map<RpcMethod, RpcHandler> handlers = new HashMap<>();

  private GrpcEdge(
      Vertx vertx,
      Service service,
      GrpcLimits limits,
      RpcObserver observer,
      Handler<HttpServerRequest> other) {
    this.vertx = vertx;
    this.limits = limits;
    this.observer = observer;
    this.other = other;
    var kv = new KvRpcs(service);
    handlers.put(RpcMethods.PUT, kv::put);
  }

  /**
   * Makes the server answer gRPC by the service and everything else by {@code other}.
   *
   * @param server not listening yet, made with {@link GrpcLimits#serverOptions()}
   */
  public static GrpcEdge install(
      Vertx vertx,
      HttpServer server,
      Service service,
      GrpcLimits limits,
      RpcObserver observer,
      Handler<HttpServerRequest> other) {
    var edge = new GrpcEdge(vertx, service, limits, observer, other);
    server.connectionHandler(edge::connected);
    server.requestHandler(edge::request);
    return edge;
  }

  private void connected(HttpConnection connection) {
    VertxInternals.consolidateFlushes(connection);
    connections.put(connection, new ClientConnection(connection));
    connection.closeHandler(ignored -> connections.remove(connection));
  }

  private void request(HttpServerRequest request) {
    if (request.version() != HttpVersion.HTTP_2
        || !RequestHead.isGrpc(request.getHeader("content-type"))) {
      other.handle(request);
      return;
    }
    switch (RequestHead.read(request.method().name(), request.path(), request::getHeader)) {
      case RequestHead.Accepted accepted -> {
        var call =
            new HttpGrpcCall(
                request,
                connections.get(request.connection()),
                accepted,
                limits.maxMessageBytes(),
                observer);
        var handler = handlers.get(accepted.method());
        if (handler == null) {
          call.finish(GrpcStatus.unimplemented("not implemented yet"));
        } else {
          call.serve(vertx, accepted.timeoutNanos(), handler);
        }
      }
      case RequestHead.Refused refused ->
          connections.get(request.connection()).writer(request).finish(refused.status());
    }
  }
}
