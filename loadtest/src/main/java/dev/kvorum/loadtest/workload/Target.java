package dev.kvorum.loadtest.workload;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.kvorum.api.etcdserverpb.RangeRequest;
import dev.kvorum.api.etcdserverpb.StatusRequest;
import dev.kvorum.loadtest.server.ServerPlan;
import dev.kvorum.loadtest.server.ServerProcess;
import dev.kvorum.loadtest.wire.GrpcClient;
import dev.kvorum.loadtest.wire.GrpcStatusException;
import dev.kvorum.loadtest.wire.Method;
import dev.kvorum.loadtest.wire.Methods;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;

/** A running server and a client of it. */
public final class Target implements AutoCloseable {
  private static final Duration READY_PATIENCE = Duration.ofSeconds(30);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final ServerProcess process;
  private final GrpcClient client;

  private Target(ServerProcess process, GrpcClient client) {
    this.process = process;
    this.client = client;
  }

  /** Starts the server and waits until it answers. */
  public static Target start(Vertx vertx, ServerPlan plan, Path log) throws InterruptedException {
    ServerProcess process = ServerProcess.start(plan, log);
    Target target = new Target(process, new GrpcClient(vertx, plan.clientPort(), 1));
    try {
      process.awaitReady(target.client, READY_PATIENCE);
      return target;
    } catch (IllegalStateException | InterruptedException failure) {
      target.close();
      throw failure;
    }
  }

  public ServerProcess process() {
    return process;
  }

  /** Product and version, as in {@code etcd 3.5.1}. */
  public String label() throws VoidRunException, InterruptedException {
    return process.plan().product().label()
        + " "
        + ask(Methods.STATUS, StatusRequest.getDefaultInstance()).getVersion();
  }

  /** The store's revision, by a linearizable read. */
  public long revision() throws VoidRunException, InterruptedException {
    return ask(
            Methods.RANGE, RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8("?")).build())
        .getHeader()
        .getRevision();
  }

  /** A call that cannot fail on a healthy server. */
  public <Q extends Message, A extends Message> A ask(Method<Q, A> method, Q request)
      throws VoidRunException, InterruptedException {
    try {
      return client.await(method, request, PATIENCE);
    } catch (GrpcStatusException refused) {
      throw new VoidRunException(
          method.name() + ": code " + refused.code() + ", " + refused.getMessage());
    }
  }

  /** A client of one connection; it ends with this target. */
  public GrpcClient client() {
    return client;
  }

  /** The sum of a metric over its labels, 0 if it is not there. */
  public double metric(String name) throws VoidRunException, InterruptedException {
    URI page = URI.create("http://127.0.0.1:" + process.plan().clientPort() + "/metrics");
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(HttpRequest.newBuilder(page).build(), HttpResponse.BodyHandlers.ofLines())
          .body()
          .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
          .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
          .sum();
    } catch (IOException unreadable) {
      throw new VoidRunException("the metrics cannot be read: " + unreadable);
    }
  }

  @Override
  public void close() {
    client.close();
    process.close();
  }
}
