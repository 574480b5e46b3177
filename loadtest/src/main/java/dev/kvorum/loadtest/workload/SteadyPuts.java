package dev.kvorum.loadtest.workload;

import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.loadtest.wire.GrpcClient;
import dev.kvorum.loadtest.wire.GrpcStatusException;
import dev.kvorum.loadtest.wire.Methods;
import io.vertx.core.AsyncResult;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * Puts at a fixed rate, sent whether or not answers come (open loop), so that a server that stands
 * still shows in the latencies of all puts that were due meanwhile: each is counted from the moment
 * when it was due.
 */
final class SteadyPuts implements AutoCloseable {
  private static final long SECOND_NANOS = 1_000_000_000L;

  private static final long PATIENCE_MILLIS = 60_000;

  /** What a server says that has more to do than it wants to promise. */
  private static final String REFUSAL = "too many requests";

  /** A put that was answered: when it was due, when the answer came, and whether it was a no. */
  private record Answered(long dueNanos, long doneNanos, boolean refused) {}

  private final GrpcClient client;
  private final Vertx vertx;
  private final PutRequest request;
  private final int perSecond;
  private final long beganNanos = System.nanoTime();
  private final List<Answered> answered = new ArrayList<>();

  /** When those were due that have no answer yet, which belong to the picture as well. */
  private final TreeSet<Long> open = new TreeSet<>();

  private final long timer;
  private long sent;
  private volatile boolean closed;

  /** Why the first put failed that did, empty as long as none has. */
  private String failure = "";

  private SteadyPuts(Vertx vertx, int port, int perSecond, int valueBytes) {
    this.vertx = vertx;
    this.client = new GrpcClient(vertx, port, 1);
    this.perSecond = perSecond;
    this.request = request(valueBytes);
    this.timer =
        vertx.setPeriodic(
            1,
            _ -> {
              if (!closed) {
                send();
              }
            });
  }

  /** Begins to put to one key of the server on this port. */
  static SteadyPuts start(Vertx vertx, int port, int perSecond, int valueBytes) {
    return new SteadyPuts(vertx, port, perSecond, valueBytes);
  }

  /** A put of the key that all of them write. */
  static PutRequest request(int valueBytes) {
    return PutRequest.newBuilder().setKey(Keys.key(0)).setValue(Keys.value(valueBytes)).build();
  }

  private void send() {
    long due = (System.nanoTime() - beganNanos) * perSecond / SECOND_NANOS;
    while (!closed && sent < due) {
      sent++;
      long dueNanos = beganNanos + sent * SECOND_NANOS / perSecond;
      opened(dueNanos);
      client.call(Methods.PUT, request).onComplete(outcome -> done(dueNanos, outcome));
    }
  }

  private synchronized void opened(long dueNanos) {
    open.add(dueNanos);
  }

  private synchronized void done(long dueNanos, AsyncResult<?> outcome) {
    open.remove(dueNanos);
    notifyAll();
    boolean refused =
        outcome.cause() instanceof GrpcStatusException status
            && String.valueOf(status.getMessage()).contains(REFUSAL);
    if (outcome.succeeded() || refused) {
      answered.add(new Answered(dueNanos, System.nanoTime(), refused));
    } else if (failure.isEmpty()) {
      failure = outcome.cause().toString();
    }
  }

  /**
   * What the puts of a time saw.
   *
   * @param answered how many there were
   * @param refused those of them that the server had no room for
   * @param longestGapMicros the longest time in which no answer came
   */
  record Seen(
      int answered,
      int refused,
      double p50Micros,
      double p99Micros,
      double maxMicros,
      double longestGapMicros) {}

  /**
   * Of the puts that were due in {@code [fromNanos, toNanos)} of {@link System#nanoTime}. Waits for
   * the answers that they do not have yet.
   */
  synchronized Seen between(long fromNanos, long toNanos)
      throws VoidRunException, InterruptedException {
    long patience = System.nanoTime() + PATIENCE_MILLIS * 1_000_000;
    while (!open.isEmpty() && open.first() - toNanos < 0 && failure.isEmpty()) {
      long left = (patience - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        throw new VoidRunException(open.headSet(toNanos).size() + " puts were never answered");
      }
      wait(left);
    }
    if (!failure.isEmpty()) {
      throw new VoidRunException("a put failed: " + failure);
    }
    List<Answered> due =
        answered.stream()
            .filter(each -> each.dueNanos - fromNanos >= 0 && each.dueNanos - toNanos < 0)
            .toList();
    long[] micros =
        due.stream().mapToLong(each -> (each.doneNanos - each.dueNanos) / 1_000).sorted().toArray();
    long[] times =
        answered.stream()
            .mapToLong(Answered::doneNanos)
            .filter(done -> done - fromNanos >= 0 && done - toNanos < 0)
            .sorted()
            .toArray();
    if (micros.length == 0 || times.length == 0) {
      throw new VoidRunException("no put was answered");
    }
    long gap = Math.max(times[0] - fromNanos, toNanos - times[times.length - 1]);
    for (int at = 1; at < times.length; at++) {
      gap = Math.max(gap, times[at] - times[at - 1]);
    }
    return new Seen(
        micros.length,
        (int) due.stream().filter(Answered::refused).count(),
        quantile(micros, 0.5),
        quantile(micros, 0.99),
        micros[micros.length - 1],
        gap / 1e3);
  }

  private static double quantile(long[] sorted, double part) {
    return sorted[Math.clamp((int) Math.ceil(part * sorted.length) - 1, 0, sorted.length - 1)];
  }

  /** How many puts were answered so far. */
  synchronized int answered() {
    return answered.size();
  }

  @Override
  public void close() {
    closed = true;
    vertx.cancelTimer(timer);
    client.close();
  }
}
