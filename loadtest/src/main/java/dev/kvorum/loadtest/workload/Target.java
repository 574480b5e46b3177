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
import java.util.List;

/** A running server and a client of it. */
public final class Target implements AutoCloseable {
  private static final Duration READY_PATIENCE = Duration.ofSeconds(30);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final ServerProcess process;
  private final GrpcClient client;
  private final Duration readyAfter;

  private Target(ServerProcess process, GrpcClient client, Duration readyAfter) {
    this.process = process;
    this.client = client;
    this.readyAfter = readyAfter;
  }

  /** Starts the server and waits until it answers. */
  public static Target start(Vertx vertx, ServerPlan plan, Path log) throws InterruptedException {
    ServerProcess process = ServerProcess.start(plan, log);
    GrpcClient client = new GrpcClient(vertx, plan.clientPort(), 1);
    try {
      return new Target(process, client, process.awaitReady(client, READY_PATIENCE));
    } catch (IllegalStateException | InterruptedException failure) {
      client.close();
      process.close();
      throw failure;
    }
  }

  /** The time from executing the program to the first answered linearizable read. */
  Duration readyAfter() {
    return readyAfter;
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
    return metrics().sum(name);
  }

  /** All metrics, read at once: figures of two calls do not fit together. */
  public Metrics metrics() throws VoidRunException, InterruptedException {
    URI page = URI.create("http://127.0.0.1:" + process.plan().clientPort() + "/metrics");
    try (HttpClient http = HttpClient.newHttpClient()) {
      return new Metrics(
          http.send(HttpRequest.newBuilder(page).build(), HttpResponse.BodyHandlers.ofString())
              .body()
              .lines()
              .toList());
    } catch (IOException unreadable) {
      throw new VoidRunException("the metrics cannot be read: " + unreadable);
    }
  }

  /** The lines of a page of metrics. */
  public record Metrics(List<String> lines) {
    public Metrics {
      lines = List.copyOf(lines);
    }

    /** The sum of a metric over its labels, 0 if it is not there. */
    public double sum(String name) {
      return lines.stream()
          .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
          .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
          .sum();
    }
  }

  @Override
  public void close() {
    client.close();
    process.close();
  }
}
