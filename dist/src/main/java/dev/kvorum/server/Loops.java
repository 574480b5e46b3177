package dev.kvorum.server;

import dev.kvorum.raft.verticle.RaftBus;
import dev.kvorum.verticles.bus.LeaseBus;
import dev.kvorum.verticles.bus.StoreBus;
import dev.kvorum.verticles.bus.WatchBus;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import org.jspecify.annotations.Nullable;

/**
 * The Vert.x of a node, with every record that travels on its bus. Made when it is first wanted:
 * that takes a while and needs nothing of the member's files, so a start does it while it has to
 * wait for them. Used by the thread that starts and stops the node.
 */
final class Loops {
  private static final int WORKERS = 4;

  private final Placement placement;
  private @Nullable Vertx vertx;

  Loops(Placement placement) {
    this.placement = placement;
  }

  /** The one Vert.x; it is made by the first call. */
  Vertx vertx() {
    var made = vertx;
    if (made == null) {
      made = make();
      // It has threads, so whoever closes these loops finds it, whatever comes next.
      vertx = made;
      register(made);
    }
    return made;
  }

  private Vertx make() {
    return Vertx.vertx(
        new VertxOptions()
            .setEventLoopPoolSize(placement.loops())
            .setWorkerPoolSize(WORKERS)
            .setInternalBlockingPoolSize(WORKERS)
            .setPreferNativeTransport(true)
            .setFileSystemOptions(
                new FileSystemOptions()
                    .setFileCachingEnabled(false)
                    .setClassPathResolvingEnabled(false)));
  }

  private static void register(Vertx made) {
    RaftBus.register(made.eventBus());
    StoreBus.register(made.eventBus());
    LeaseBus.register(made.eventBus());
    WatchBus.register(made.eventBus());
  }

  /** Ends its threads, if there are any; returns when that is done. */
  void close() {
    if (vertx != null) {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }
}
