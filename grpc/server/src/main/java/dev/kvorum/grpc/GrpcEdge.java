package dev.kvorum.grpc;

import dev.kvorum.storage.model.Failure;
import dev.kvorum.verticles.service.Ledger;
import dev.kvorum.verticles.service.Service;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.time.Duration;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Serves gRPC on a listener that serves plain HTTP too. There is one instance a front-end loop, on
 * the loop of its server, its {@link Service} and all their connections.
 *
 * <p>Nothing that a client sends leaves a call without an answer. What its header fields can be
 * refused for is decided by {@link RequestHead}, what its body can be by {@link MessageReader} and
 * {@link HttpGrpcCall}; what remains goes through one table by method.
 */
public final class GrpcEdge {
  private static final GrpcStatus STOPPED = GrpcStatus.of(Failure.STOPPED);
  private static final GrpcStatus NOT_BUILT =
      GrpcStatus.unimplemented("this member does not serve this method yet");

  private final Vertx vertx;
  private final GrpcLimits limits;
  private final RpcObserver observer;
  private final SlowCalls slowCalls;
  private final Ledger ledger;
  private final Handler<HttpServerRequest> other;
  private final HealthRpcs health = new HealthRpcs();
  private final CoordinationRpcs coordination;
  private final LeaderMonitor leaders;

  /** The methods that are served; every other method is known and not built yet. */
  private final Map<RpcMethod, RpcHandler> handlers = new HashMap<>();

  /** Those of them whose clients send more than one message. */
  private final Map<RpcMethod, StreamHandler> streamHandlers = new HashMap<>();

  /** The HTTP/2 connections that are open. */
  private final IdentityHashMap<HttpConnection, ClientConnection> connections =
      new IdentityHashMap<>();

  /** What reads the calls of each of them that last. */
  private final IdentityHashMap<HttpConnection, StreamFrames> streams = new IdentityHashMap<>();

  private boolean stopped;

  private GrpcEdge(
      Vertx vertx,
      Service service,
      GrpcLimits limits,
      RpcObserver observer,
      Duration expectedUnaryTime,
      Handler<HttpServerRequest> other) {
    this.vertx = vertx;
    this.limits = limits;
    this.observer = observer;
    slowCalls = new SlowCalls(expectedUnaryTime);
    this.other = other;
    ledger = service.ledger();
    leaders = new LeaderMonitor(vertx, service, limits.leaderInterval());
    var answers = new Answers(service);
    handlers.putAll(new KvRpcs(service, answers).handlers());
    handlers.putAll(new MaintenanceRpcs(service, answers).handlers());
    handlers.putAll(health.handlers());
    var leases = new LeaseRpcs(service, answers);
    handlers.putAll(leases.handlers());
    streamHandlers.putAll(leases.streamHandlers());
    coordination = new CoordinationRpcs(service, answers);
    handlers.putAll(coordination.handlers());
    streamHandlers.put(RpcMethods.WATCH_WATCH, new WatchRpcs(service)::open);
  }

  /**
   * Makes the server answer gRPC by the service and everything else by {@code other}. Sets the
   * server's request handler and its connection handler.
   *
   * @param server not listening yet, made with {@link GrpcLimits#serverOptions()}
   * @param service this loop's
   * @param expectedUnaryTime a unary call that takes longer is logged (contract S21.8)
   * @param other gets each request that is not gRPC over HTTP/2
   */
  public static GrpcEdge install(
      Vertx vertx,
      HttpServer server,
      Service service,
      GrpcLimits limits,
      RpcObserver observer,
      Duration expectedUnaryTime,
      Handler<HttpServerRequest> other) {
    var edge = new GrpcEdge(vertx, service, limits, observer, expectedUnaryTime, other);
    server.connectionHandler(edge::connected);
    server.requestHandler(edge::request);
    return edge;
  }

  /** Changes what the health service tells; call it on the loop. */
  public void setServing(boolean serving) {
    health.setServing(serving);
  }

  /**
   * Ends the calls that last, and serves no more of them: the member stops. A client that is told
   * so goes on where it was, here or elsewhere; one whose connection just ends may take that for an
   * error that it need not try again, and give its watches and leases up. Call it on the loop.
   */
  public void endStreams() {
    stopped = true;
    List.copyOf(streams.values()).forEach(frames -> frames.endAll(STOPPED));
    coordination.stop();
  }

  /** Takes a new connection of the server into care. */
  void connected(HttpConnection connection) {
    VertxInternals.consolidateFlushes(connection);
    var http2 = VertxInternals.http2(connection);
    if (http2 != null) {
      var client = new ClientConnection(vertx, connection, http2, limits);
      connections.put(connection, client);
      streams.put(
          connection,
          VertxInternals.readStreams(
              connection,
              http2,
              RpcMethods::isBidirectional,
              (stream, fields, input) -> openStream(client, stream, fields, input)));
      connection.closeHandler(
          ignored -> {
            connections.remove(connection);
            streams.remove(connection);
            client.closed();
          });
    }
  }

  private void request(HttpServerRequest request) {
    var contentType = request.getHeader(RequestHead.CONTENT_TYPE);
    if (contentType == null
        || !RequestHead.isGrpc(contentType)
        || request.version() != HttpVersion.HTTP_2) {
      other.handle(request);
      return;
    }
    var connection = connections.get(request.connection());
    if (connection == null) {
      // It was closed while the request was on its way here; there is nobody to answer.
      return;
    }
    var writer = connection.writer(request, contentType);
    switch (RequestHead.read(request.method().name(), request.uri(), request::getHeader)) {
      case RequestHead.Accepted accepted -> serve(request, connection, writer, accepted);
      case RequestHead.Refused refused -> writer.refuse(refused);
    }
  }

  private void serve(
      HttpServerRequest request,
      ClientConnection connection,
      ReplyWriter writer,
      RequestHead.Accepted head) {
    var call = call(connection, writer, head);
    call.readFrom(request);
    if (!leaders.admits(call)) {
      return;
    }
    var handler = handlers.get(head.method());
    var streamHandler = streamHandlers.get(head.method());
    if (handler != null) {
      call.serve(vertx, head.timeoutNanos(), handler);
      if (head.method().shape() != RpcMethod.Shape.UNARY) {
        leaders.began(call);
      }
    } else if (streamHandler != null) {
      call.serve(vertx, head.timeoutNanos(), streamHandler);
    } else {
      call.finish(NOT_BUILT);
    }
  }

  /** Serves a call below Vert.x; leaves to Vert.x what is no call or is refused at once. */
  private @Nullable HttpGrpcCall openStream(
      ClientConnection connection,
      Http2Stream stream,
      Http2Headers fields,
      HttpGrpcCall.Input input) {
    var contentType = text(fields.get(RequestHead.CONTENT_TYPE));
    if (!RequestHead.isGrpc(contentType)
        || !(RequestHead.read(
                String.valueOf(fields.method()),
                fields.path().toString(),
                name -> text(fields.get(name)))
            instanceof RequestHead.Accepted head)) {
      return null;
    }
    var handler = streamHandlers.get(head.method());
    if (contentType == null || handler == null) {
      return null;
    }
    var call = call(connection, connection.writer(stream, contentType), head);
    call.readFrom(input);
    if (stopped) {
      call.finish(STOPPED);
    } else if (leaders.admits(call)) {
      call.serve(vertx, head.timeoutNanos(), handler);
      leaders.began(call);
    }
    return call;
  }

  private static @Nullable String text(@Nullable CharSequence field) {
    return field == null ? null : field.toString();
  }

  private HttpGrpcCall call(
      ClientConnection connection, ReplyWriter writer, RequestHead.Accepted head) {
    return new HttpGrpcCall(
        writer, connection, head, limits.maxMessageBytes(), observer, slowCalls, ledger);
  }
}
