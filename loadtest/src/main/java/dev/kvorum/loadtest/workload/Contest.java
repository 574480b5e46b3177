package dev.kvorum.loadtest.workload;

import dev.kvorum.loadtest.server.Product;
import dev.kvorum.loadtest.server.Scratch;
import dev.kvorum.loadtest.server.ServerPlan;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.List;

/** The two servers that are compared, and where they may put their data. */
public record Contest(Vertx vertx, Scratch scratch, Entrant first, Entrant second) {

  /**
   * One of the two.
   *
   * @param flags beyond those that name directories and ports
   */
  public record Entrant(Product product, Path program, List<String> flags) {

    public Entrant {
      flags = List.copyOf(flags);
    }

    /** A plan for a server that starts with nothing. */
    public ServerPlan plan(Scratch scratch) {
      return ServerPlan.on(product, program, scratch.fresh(product.label()), flags);
    }
  }

  /** Starts the entrant on a fresh directory and waits until it answers. */
  public Target start(Entrant entrant) throws InterruptedException {
    return Target.start(
        vertx, entrant.plan(scratch), scratch.fresh(entrant.product().label() + "-log"));
  }
}
