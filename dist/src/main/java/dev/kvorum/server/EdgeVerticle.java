package dev.kvorum.server;

import dev.kvorum.grpc.GrpcEdge;
import dev.kvorum.grpc.GrpcLimits;
import dev.kvorum.grpc.RpcObserver;
import dev.kvorum.server.config.Url;
import dev.kvorum.verticles.service.FrontEnd;
import dev.kvorum.verticles.service.NodeContext;
import dev.kvorum.verticles.service.Service;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Clients' way in on one event loop: a front end, and a listener for each client URL that serves
 * gRPC and HTTP. A connection stays on the loop that accepted it.
 */
final class EdgeVerticle extends VerticleBase {
  /** What a stop waits for calls that are being answered. */
  private static final long GRACE_MILLIS = 800;

  private final NodeContext node;
  private final int loop;
  private final List<Url> urls;
  private final GrpcLimits limits;
  private final RpcObserver observer;
  private final Duration expectedUnaryTime;
  private final Function<Service, Handler<HttpServerRequest>> http;
  private final List<HttpServer> servers = new ArrayList<>();
  private final List<GrpcEdge> edges = new ArrayList<>();
  private @Nullable FrontEnd frontEnd;

  /**
   * @param loop the front end's number, above 0
   * @param expectedUnaryTime a unary call that takes longer is logged
   * @param http makes the handler of everything that is not gRPC
   */
  EdgeVerticle(
      NodeContext node,
      int loop,
      List<Url> urls,
      GrpcLimits limits,
      RpcObserver observer,
      Duration expectedUnaryTime,
      Function<Service, Handler<HttpServerRequest>> http) {
    this.node = node;
    this.loop = loop;
    this.urls = List.copyOf(urls);
    this.limits = limits;
    this.observer = observer;
    this.expectedUnaryTime = expectedUnaryTime;
    this.http = http;
  }

  @Override
  public Future<?> start() {
    var service = new FrontEnd(node, context, loop);
    frontEnd = service;
    var other = http.apply(service);
    Future<?> listening = Future.succeededFuture();
    for (var url : urls) {
      listening = listening.compose(_ -> listen(url, service, other));
    }
    return listening;
  }

  private Future<?> listen(Url url, Service service, Handler<HttpServerRequest> other) {
    var server = vertx.createHttpServer(limits.serverOptions());
    edges.add(GrpcEdge.install(vertx, server, service, limits, observer, expectedUnaryTime, other));
    servers.add(server);
    return server.listen(address(url));
  }

  static SocketAddress address(Url url) {
    return url.isUnixSocket()
        ? SocketAddress.domainSocketAddress(url.socketPath())
        : SocketAddress.inetSocketAddress(url.port(), url.host());
  }

  /** Where the listeners answer, in the order of the URLs; ports that were 0 have their number. */
  List<String> addresses() {
    var addresses = new ArrayList<String>();
    for (var i = 0; i < urls.size(); i++) {
      var url = urls.get(i);
      addresses.add(
          url.isUnixSocket() ? url.socketPath() : url.host() + ":" + servers.get(i).actualPort());
    }
    return addresses;
  }

  /**
   * Takes no new calls, ends those that would go on, lets the others end for a moment, then closes.
   */
  @Override
  public Future<?> stop() {
    edges.forEach(GrpcEdge::endStreams);
    var closing = new ArrayList<Future<?>>();
    for (var server : servers) {
      closing.add(server.shutdown(GRACE_MILLIS, TimeUnit.MILLISECONDS));
    }
    return Future.join(closing)
        .onComplete(
            _ -> {
              if (frontEnd != null) {
                frontEnd.stop();
              }
            });
  }
}
