package dev.kvorum.foreign;

import dev.kvorum.loadtest.server.Product;
import dev.kvorum.loadtest.server.Programs;
import dev.kvorum.loadtest.server.Scratch;
import dev.kvorum.loadtest.server.ServerPlan;
import dev.kvorum.loadtest.server.ServerProcess;
import dev.kvorum.loadtest.wire.GrpcClient;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A single-node server for one test: its directory, its process while it runs, a client of it. All
 * is gone at {@link #close()}.
 */
public final class Node implements AutoCloseable {
  /** How long any start may take on a busy machine; no test measures it. */
  public static final Duration START_PATIENCE = Duration.ofMinutes(2);

  /** Leaves directories and logs behind for a look: {@code -Dkvorum.test.keep=true}. */
  private static final boolean KEEP = Boolean.getBoolean("kvorum.test.keep");

  private final Scratch scratch;
  private final ServerPlan plan;
  private final Path log;
  private final Vertx vertx = Vertx.vertx();
  private ServerProcess process;

  /** Others may go on calling while the node is restarted. */
  private volatile GrpcClient client;

  private Node(Product product, Path program, List<String> flags) {
    this.scratch = Scratch.in(Programs.checkout().resolve("clients/foreign/target/nodes"));
    this.plan = ServerPlan.on(product, program, scratch.fresh("data"), flags);
    this.log = scratch.fresh("log");
    this.process = ServerProcess.start(plan, log);
    this.client = new GrpcClient(vertx, plan.clientPort(), 1);
  }

  /** A running Kvorum on a fresh directory, as its launcher starts it. */
  public static Node kvorum(String... flags) throws InterruptedException {
    Path launcher =
        Programs.find(Product.KVORUM)
            .orElseThrow(() -> new IllegalStateException("the launcher is not packaged in dist/"));
    return started(new Node(Product.KVORUM, launcher, List.of(flags)));
  }

  /** A running etcd on a fresh directory; skips the test when there is none. */
  public static Node etcd(String... flags) throws InterruptedException {
    return started(new Node(Product.ETCD, Peers.etcd(), List.of(flags)));
  }

  private static Node started(Node node) throws InterruptedException {
    try {
      node.awaitReady();
      return node;
    } catch (IllegalStateException | InterruptedException failure) {
      node.close();
      throw failure;
    }
  }

  /** Starts the process again on the same directory and ports, and waits until it answers. */
  public void restart() throws InterruptedException {
    restartWithoutWaiting();
    awaitReady();
  }

  /** Starts the process again, which must not be running, and returns at once. */
  public void restartWithoutWaiting() {
    client.close();
    process = ServerProcess.start(plan, log);
    client = new GrpcClient(vertx, plan.clientPort(), 1);
  }

  /** Waits for an answered linearizable read. */
  public void awaitReady() throws InterruptedException {
    process.awaitReady(client, START_PATIENCE);
  }

  public GrpcClient client() {
    return client;
  }

  public Vertx vertx() {
    return vertx;
  }

  public ServerProcess process() {
    return process;
  }

  public ServerPlan plan() {
    return plan;
  }

  public Path dataDirectory() {
    return plan.dataDirectory();
  }

  /** A name for a file or directory beside the data. */
  public Path freshPath(String label) {
    return scratch.fresh(label);
  }

  /** The client address as flags of clients want it. */
  public String endpoint() {
    return "http://127.0.0.1:" + plan.clientPort();
  }

  @Override
  public void close() {
    client.close();
    process.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
    if (!KEEP) {
      scratch.close();
    }
  }
}
