package dev.kvorum.http;

import dev.kvorum.verticles.metrics.NodeMetrics;
import dev.kvorum.verticles.metrics.NodeState;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A real server around the edge on a free port of this machine, and a client of another make. */
final class PortUnderTest implements AutoCloseable {
  final FakeNode node = new FakeNode();
  final NodeMetrics metrics =
      new NodeMetrics(
          new NodeMetrics.NodeLabels(0x8e9e05c52164694dL, "3.7.1", "java25", 2L << 30),
          () -> NodeState.UNKNOWN,
          false);
  private final Vertx vertx = Vertx.vertx();
  private final HttpServer server;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  PortUnderTest(HttpSettings settings) throws TimeoutException {
    var edge = new HttpEdge(vertx, settings, node, node, metrics);
    server =
        vertx
            .createHttpServer()
            .requestHandler(edge)
            .listen(0, "127.0.0.1")
            .await(60, TimeUnit.SECONDS);
  }

  int port() {
    return server.actualPort();
  }

  HttpResponse<String> get(String path, String... headers)
      throws IOException, InterruptedException {
    return send("GET", path, headers);
  }

  HttpResponse<String> send(String method, String path, String... headers)
      throws IOException, InterruptedException {
    return send(method, path, HttpResponse.BodyHandlers.ofString(), headers);
  }

  <T> HttpResponse<T> send(
      String method, String path, HttpResponse.BodyHandler<T> body, String... headers)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
            .method(method, HttpRequest.BodyPublishers.noBody());
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), body);
  }

  /** The answer's headers, but for those that every answer has. */
  static Map<String, String> headers(HttpResponse<?> response) {
    var headers = new TreeMap<String, String>();
    response
        .headers()
        .map()
        .forEach((name, values) -> headers.put(name, String.join(", ", values)));
    headers.keySet().removeIf(name -> name.equals("content-length") || name.equals("date"));
    return headers;
  }

  @Override
  public void close() throws TimeoutException {
    client.close();
    vertx.close().await(60, TimeUnit.SECONDS);
  }
}
