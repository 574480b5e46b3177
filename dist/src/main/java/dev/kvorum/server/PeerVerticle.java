package dev.kvorum.server;

import dev.kvorum.http.NodeView;
import dev.kvorum.http.PeerEdge;
import dev.kvorum.server.config.Url;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.List;

/** The peer port. A lone member has no peers; tools ask here for its version and members. */
final class PeerVerticle extends VerticleBase {
  private final List<Url> urls;
  private final NodeView node;

  PeerVerticle(List<Url> urls, NodeView node) {
    this.urls = List.copyOf(urls);
    this.node = node;
  }

  @Override
  public Future<?> start() {
    Future<?> listening = Future.succeededFuture();
    for (var url : urls) {
      listening =
          listening.compose(
              _ ->
                  vertx
                      .createHttpServer()
                      .requestHandler(new PeerEdge(node))
                      .listen(EdgeVerticle.address(url)));
    }
    return listening;
  }
}
