package dev.kvorum.loadtest.crowd;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.api.etcdserverpb.RangeRequest;
import dev.kvorum.loadtest.server.ProcessUsage;
import dev.kvorum.loadtest.server.ServerProcess;
import dev.kvorum.loadtest.wire.GrpcClient;
import dev.kvorum.loadtest.wire.GrpcStatusException;
import dev.kvorum.loadtest.wire.Methods;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Large calls in crowds on one server. While a crowd is at work one client on a connection of its
 * own puts a small value, again and again, one at a time, and the ledger is looked at.
 */
public final class Crowd {
  private static final PutRequest SMALL_PUT =
      PutRequest.newBuilder()
          .setKey(ByteString.copyFromUtf8("small"))
          .setValue(ByteString.copyFromUtf8("value"))
          .build();

  /** What passes: the server has too much to hold, or its disk let a put wait for too long. */
  private static final String TOO_MANY = "etcdserver: too many requests";

  private static final String TIMED_OUT = "etcdserver: request timed out";

  private static final int RESET_BY_CLIENT = 8;
  private static final int PUTS_BETWEEN_LOOKS = 20;
  private static final int CALLS_A_CONNECTION = 100;
  private static final int PUTS_BESIDE_STOPPED_READERS = 200;
  private static final long PAUSE_AFTER_REFUSAL_MILLIS = 5;

  private final Vertx vertx;
  private final ServerProcess process;
  private final RangeRequest everything;
  private final Duration patience;

  /**
   * @param everything a range with a large answer
   * @param patience for one crowd
   */
  public Crowd(Vertx vertx, ServerProcess process, RangeRequest everything, Duration patience) {
    this.vertx = vertx;
    this.process = process;
    this.everything = everything;
    this.patience = patience;
  }

  /** So many clients ask for everything and read it. */
  public Outcome lists(int count) throws InterruptedException {
    return crowd(
        count, count, client -> client.drain(Methods.RANGE.name(), everything.toByteString()));
  }

  /** So many puts at a time on a few connections. */
  public Outcome puts(int count, PutRequest put) throws InterruptedException {
    int connections = Math.max(1, count / CALLS_A_CONNECTION);
    ByteString message = put.toByteString();
    return crowd(count, connections, client -> client.drain(Methods.PUT.name(), message));
  }

  /**
   * So many clients ask for everything and read nothing. When a number of small puts went through
   * they leave, and the ledger gets everything back.
   *
   * @return what was answered meanwhile: refusals
   * @throws IllegalStateException if the ledger keeps something
   */
  public Outcome stoppedReaders(int count) throws InterruptedException {
    Watch watch = new Watch();
    int connections = Math.max(1, count / CALLS_A_CONNECTION);
    try (GrpcClient crowd = client(connections)) {
      List<Future<HttpClientRequest>> stopped = new ArrayList<>();
      for (int call = 0; call < count; call++) {
        stopped.add(crowd.leave(Methods.RANGE.name(), everything.toByteString()));
      }
      watch.putUntil(() -> watch.puts >= PUTS_BESIDE_STOPPED_READERS);
      Map<String, Integer> ends = new TreeMap<>();
      for (Future<HttpClientRequest> call : stopped) {
        ends.merge(
            call.isComplete() ? (call.succeeded() ? "begun" : "refused") : "waiting",
            1,
            Integer::sum);
        call.onSuccess(stream -> stream.reset(RESET_BY_CLIENT));
      }
      Outcome outcome = watch.outcome(ends, 0, 0);
      watch.putUntil(() -> watch.gauge("answers") == 0);
      return outcome;
    }
  }

  /** Whether the same call may well succeed a moment later. */
  public static boolean isPassing(GrpcStatusException refusal) {
    return TOO_MANY.equals(refusal.getMessage()) || TIMED_OUT.equals(refusal.getMessage());
  }

  private GrpcClient client(int connections) {
    return new GrpcClient(vertx, process.plan().clientPort(), connections);
  }

  private Outcome crowd(
      int count, int connections, Function<GrpcClient, Future<GrpcClient.Drained>> call)
      throws InterruptedException {
    Watch watch = new Watch();
    try (GrpcClient crowd = client(connections)) {
      List<Future<GrpcClient.Drained>> calls = new ArrayList<>();
      for (int at = 0; at < count; at++) {
        calls.add(call.apply(crowd));
      }
      watch.putUntil(() -> calls.stream().allMatch(Future::isComplete));
      Map<String, Integer> ends = new TreeMap<>();
      long bytes = 0;
      long largest = 0;
      for (Future<GrpcClient.Drained> done : calls) {
        ends.merge(done.result().end(), 1, Integer::sum);
        bytes += done.result().bytes();
        largest = Math.max(largest, done.result().largestBytes());
      }
      return watch.outcome(ends, bytes, largest);
    }
  }

  /** A condition that ends a watch. */
  private interface Condition {
    boolean holds();
  }

  /** The one beside the crowd. */
  private final class Watch {
    private final HttpClient pages = HttpClient.newHttpClient();
    private final long residentBefore;
    private final long beganNanos;
    private long puts;
    private long refusedPuts;
    private long timedOutPuts;
    private long longestPutNanos;
    private long mostAnswers;
    private long mostRequests;

    private Watch() {
      ProcessUsage.forgetPeak(process.pid());
      residentBefore = process.usage().residentBytes();
      beganNanos = System.nanoTime();
    }

    /**
     * Puts until the condition holds. A put that is not acknowledged does not count, and its time
     * belongs to the next one that is: a server that refuses is not faster than one that lets wait.
     */
    private void putUntil(Condition condition) throws InterruptedException {
      try (GrpcClient client = client(1)) {
        long wantedNanos = System.nanoTime();
        long attempts = 0;
        while (!condition.holds()) {
          if (System.nanoTime() - beganNanos > patience.toNanos()) {
            throw new IllegalStateException("not done after " + patience);
          }
          // The ledger is fullest when it refuses, so it is looked at then as well.
          if (attempts++ % PUTS_BETWEEN_LOOKS == 0) {
            mostAnswers = Math.max(mostAnswers, gauge("answers"));
            mostRequests = Math.max(mostRequests, gauge("requests"));
          }
          boolean acknowledged = put(client);
          longestPutNanos = Math.max(longestPutNanos, System.nanoTime() - wantedNanos);
          if (acknowledged) {
            puts++;
            wantedNanos = System.nanoTime();
          } else {
            var _ = new CountDownLatch(1).await(PAUSE_AFTER_REFUSAL_MILLIS, TimeUnit.MILLISECONDS);
          }
        }
      }
    }

    /** Whether it was acknowledged; a refusal that does not pass is the end of the watch. */
    private boolean put(GrpcClient client) throws InterruptedException {
      try {
        client.await(Methods.PUT, SMALL_PUT, patience);
        return true;
      } catch (GrpcStatusException refused) {
        if (TOO_MANY.equals(refused.getMessage())) {
          refusedPuts++;
        } else if (TIMED_OUT.equals(refused.getMessage())) {
          timedOutPuts++;
        } else {
          throw new IllegalStateException("a small put was refused: " + refused.getMessage());
        }
        return false;
      }
    }

    /** What the ledger shows; 0 on a server that has none. */
    private long gauge(String account) {
      URI page = URI.create("http://127.0.0.1:" + process.plan().clientPort() + "/metrics");
      try {
        String name = "kvorum_ledger_" + account + "_bytes ";
        return pages
            .send(HttpRequest.newBuilder(page).build(), HttpResponse.BodyHandlers.ofString())
            .body()
            .lines()
            .filter(line -> line.startsWith(name))
            .mapToLong(line -> (long) Double.parseDouble(line.substring(name.length())))
            .findFirst()
            .orElse(0);
      } catch (IOException failure) {
        throw new UncheckedIOException(failure);
      } catch (InterruptedException interrupt) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(interrupt);
      }
    }

    private Outcome outcome(Map<String, Integer> ends, long bytes, long largestMessageBytes) {
      return new Outcome(
          ends,
          bytes,
          largestMessageBytes,
          (System.nanoTime() - beganNanos) / 1e9,
          puts,
          refusedPuts,
          timedOutPuts,
          TimeUnit.NANOSECONDS.toMillis(longestPutNanos),
          process.usage().peakResidentBytes() - residentBefore,
          mostAnswers,
          mostRequests);
    }
  }
}
