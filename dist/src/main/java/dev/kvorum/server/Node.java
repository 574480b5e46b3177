package dev.kvorum.server;

import dev.kvorum.server.config.ServerConfig;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One member of a cluster, running.
 *
 * <p>For now it only listens: the stores and services are wired here when they are merged.
 */
final class Node {
  private final Vertx vertx;

  private Node(Vertx vertx) {
    this.vertx = vertx;
  }

  /**
   * Starts a node and returns when it serves.
   *
   * @param ready is told each client address, as {@code host:port}, once it answers
   * @throws Exception when the node cannot start; nothing of it runs then
   */
  static Node start(ServerConfig config, Consumer<String> ready) throws Exception {
    var vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
    try {
      for (var url : config.member().listenClientUrls()) {
        var server =
            vertx
                .createHttpServer()
                .requestHandler(request -> request.response().setStatusCode(404).end())
                .listen(url.port(), url.host())
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
        ready.accept(url.host() + ":" + server.actualPort());
      }
    } catch (Exception failed) {
      var _ = vertx.close();
      throw failed;
    }
    return new Node(vertx);
  }

  /** Stops serving, flushes and closes everything; returns when that is done. */
  void stop() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
