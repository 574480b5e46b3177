package dev.kvorum.http;

import dev.kvorum.verticles.metrics.NodeMetrics;
import dev.kvorum.verticles.service.Service;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;

/**
 * Handles the requests of a client port that are not gRPC. There is one a front-end event loop, as
 * of its {@link Service}.
 *
 * <p>The order is the contract's: the old prefix is rewritten, the front filter decides, then the
 * path alone chooses the page, and the page judges the verb.
 */
public final class HttpEdge implements Handler<HttpServerRequest> {
  private static final int OK = 200;
  private static final int NOT_FOUND = 404;
  private static final String OLD_GATEWAY = "/v3beta/";
  private static final String GATEWAY = "/v3/";

  private final FrontFilter filter;
  private final HealthPage health;
  private final MetricsPage metrics;
  private final NodeView node;

  /**
   * @param vertx whose workers make long pages
   * @param service of the loop that this handler is called on
   */
  public HttpEdge(
      Vertx vertx, HttpSettings settings, Service service, NodeView node, NodeMetrics metrics) {
    this.filter = new FrontFilter(settings);
    this.health = new HealthPage(service, node, metrics.http(), settings);
    this.metrics = new MetricsPage(vertx, metrics);
    this.node = node;
  }

  @Override
  public void handle(HttpServerRequest request) {
    if (!filter.passes(request)) {
      return;
    }
    var path = path(request);
    switch (path) {
      case "/health" -> health.handle(request);
      case "/metrics" -> metrics.handle(request);
      case "/version" -> version(request);
      default -> {
        if (path.startsWith(GATEWAY)) {
          Answers.send(request, NOT_FOUND, Answers.JSON, "{\"code\":5,\"message\":\"Not Found\"}");
        } else {
          Answers.notFound(request);
        }
      }
    }
  }

  private static String path(HttpServerRequest request) {
    var path = request.path();
    if (path == null) {
      return "";
    }
    return path.startsWith(OLD_GATEWAY) ? GATEWAY + path.substring(OLD_GATEWAY.length()) : path;
  }

  private void version(HttpServerRequest request) {
    if (!Answers.allowsGetOnly(request)) {
      return;
    }
    Answers.send(request, OK, Answers.JSON, VersionPage.body(node.clusterVersion()));
  }
}
