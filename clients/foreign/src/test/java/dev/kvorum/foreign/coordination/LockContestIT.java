package dev.kvorum.foreign.coordination;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.LeaseGrantRequest;
import dev.kvorum.api.etcdserverpb.LeaseTimeToLiveRequest;
import dev.kvorum.api.v3lockpb.LockRequest;
import dev.kvorum.api.v3lockpb.LockResponse;
import dev.kvorum.api.v3lockpb.UnlockRequest;
import dev.kvorum.foreign.BidiStream;
import dev.kvorum.foreign.Node;
import dev.kvorum.loadtest.wire.GrpcClient;
import dev.kvorum.loadtest.wire.GrpcReply;
import dev.kvorum.loadtest.wire.GrpcStatusException;
import dev.kvorum.loadtest.wire.Methods;
import io.vertx.core.Future;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Many clients and one lock, against the packaged server (contract S11). */
class LockContestIT {
  private static final int CLIENTS = 50;
  private static final int HOLDS_OF_EACH = 2;
  private static final long SEED = Long.getLong("kvorum.lock.seed", 20_261_121L);
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final ByteString NAME = ByteString.copyFromUtf8("l");
  private static final ByteString PREFIX = ByteString.copyFromUtf8("l/");

  /** A release that timed out is asked for again: its lease is a long one. */
  private static final int MOST_UNLOCKS = 10;

  /** How many ranges the server has executed, those of its own locks included. */
  private static final String RANGES = "etcd_mvcc_range_total";

  /** The history's watch is among them, and one of each waiter. */
  private static final String WATCHERS = "etcd_debugging_mvcc_watcher_total";

  /** Short elections make short leases: one second instead of two. */
  private static final String[] SHORT_LEASES = {
    "--heartbeat-interval=20", "--election-timeout=100"
  };

  /** With such elections a request may take 5.2 s. */
  private static final int LONGER_THAN_A_REQUEST_SECONDS = 6;

  /** What the clients were told; they all tell it to the one. */
  private static final class Notes implements Contender.Referee {
    private final List<Contender.Hold> holds = Collections.synchronizedList(new ArrayList<>());
    private final List<String> refusals = Collections.synchronizedList(new ArrayList<>());
    private final List<Boolean> lateWrites = Collections.synchronizedList(new ArrayList<>());
    private final AtomicInteger timeouts = new AtomicInteger();

    @Override
    public void held(Contender.Hold hold) {
      holds.add(hold);
    }

    @Override
    public void refused(String text) {
      refusals.add(text);
    }

    @Override
    public void wroteLate(boolean written) {
      lateWrites.add(written);
    }

    @Override
    public void timedOut() {
      timeouts.incrementAndGet();
    }
  }

  /**
   * Who is told that it holds the lock has a key that lives as long as its lease. So two holders
   * whose leases are both alive would be two keys of which the later was told before the earlier
   * one's end; revisions order both, and no clock is asked.
   */
  @Test
  void neverTwoHoldersWhoseLeasesAreBothAlive() throws Exception {
    try (Node node = Node.kvorum(SHORT_LEASES);
        LockHistory history = new LockHistory(node, PREFIX, Contender.RESOURCE)) {
      Notes notes = new Notes();
      // It stays until somebody's lease has run out behind it, however fast the others are.
      Future<GrpcReply> first = lock(node, grant(node, 600));
      assertThat(BidiStream.await(() -> history.taken() == 1)).isTrue();
      SplittableRandom random = new SplittableRandom(SEED);
      try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
        List<java.util.concurrent.Future<?>> running = new ArrayList<>();
        for (int number = 0; number < CLIENTS; number++) {
          running.add(
              clients.submit(
                  new Contender(
                      node, NAME, random.split(), history, notes, owed(number), HOLDS_OF_EACH)));
        }
        assertThat(BidiStream.await(() -> history.taken() > history.open(), PATIENCE)).isTrue();
        unlock(node, first);
        for (var client : running) {
          client.get();
        }
      }
      assertThat(BidiStream.await(() -> history.open() == 0, PATIENCE)).isTrue();

      List<Contender.Hold> holds =
          notes.holds.stream().sorted(Comparator.comparingLong(Contender.Hold::token)).toList();
      String seed = "seed " + SEED;
      assertThat(holds).as(seed).hasSize(CLIENTS * HOLDS_OF_EACH);
      long lastEnd = 0;
      for (Contender.Hold hold : holds) {
        assertThat(hold.toldAt())
            .as("%s: %s after the end before", seed, hold)
            .isGreaterThanOrEqualTo(lastEnd);
        assertThat(history.end(hold.token()))
            .as("%s: %s is alive when it is told", seed, hold)
            .isGreaterThan(hold.toldAt());
        lastEnd = history.end(hold.token());
      }
      assertThat(notes.lateWrites)
          .as("%s: writes with a stale token", seed)
          .isNotEmpty()
          .doesNotContain(true);
      assertThat(notes.refusals)
          .as("%s: leases that ended before their turn", seed)
          .isNotEmpty()
          .allMatch(
              text ->
                  text.equals("mutex: session is expired")
                      || text.equals("etcdserver: requested lease not found"));
      assertThat(history.written()).as(seed).isSorted().doesNotHaveDuplicates();
      System.out.println(
          "lock contest seed "
              + SEED
              + ": "
              + holds.size()
              + " holds of "
              + history.taken()
              + " places, "
              + notes.lateWrites.size()
              + " stale writes refused, "
              + notes.refusals.size()
              + " waiters without a lease refused, "
              + notes.timeouts
              + " timeouts");
    }
  }

  /** Chance alone might leave one of these out. */
  private static Contender.Plan owed(int number) {
    return switch (number % 10) {
      case 0 -> Contender.Plan.STAND_STILL_WHILE_HOLDING;
      case 5 -> Contender.Plan.STAND_STILL_WHILE_WAITING;
      default -> Contender.Plan.BEHAVE;
    };
  }

  /** While twenty wait nothing is read; one departure reads for one of them. */
  @Test
  void waitingReadsNothing() throws Exception {
    try (Node node = Node.kvorum(SHORT_LEASES);
        LockHistory history = new LockHistory(node, PREFIX, Contender.RESOURCE)) {
      List<Future<GrpcReply>> calls = new ArrayList<>();
      for (int client = 1; client <= 21; client++) {
        int taken = client;
        calls.add(lock(node, grant(node, 600)));
        assertThat(BidiStream.await(() -> history.taken() == taken)).isTrue();
      }
      // A place is taken before its waiter has looked who is before it; then it watches that one.
      int watches = calls.size();
      assertThat(BidiStream.await(() -> metric(node, WATCHERS) == watches)).isTrue();
      // As long as a lease takes to run out, which is long for anybody who polls, and longer than
      // any other request may take here: the end shows that waiting for a lock has no such limit.
      double before = metric(node, RANGES);
      awaitEnd(node, grant(node, LONGER_THAN_A_REQUEST_SECONDS));
      assertThat(metric(node, RANGES) - before).isZero();

      unlock(node, calls.getFirst());
      assertThat(GrpcClient.await(calls.get(1), PATIENCE).succeeded()).isTrue();
      assertThat(metric(node, RANGES) - before)
          .as("one waiter looks who is before it, and for its own key")
          .isEqualTo(2);
      assertThat(calls.subList(2, calls.size())).noneMatch(Future::isComplete);
    }
  }

  private static long grant(Node node, long ttlSeconds) throws Exception {
    return node.client()
        .await(
            Methods.LEASE_GRANT,
            LeaseGrantRequest.newBuilder().setTTL(ttlSeconds).build(),
            PATIENCE)
        .getID();
  }

  private static Future<GrpcReply> lock(Node node, long lease) {
    return node.client()
        .call(
            "v3lockpb.Lock/Lock",
            LockRequest.newBuilder().setName(NAME).setLease(lease).build().toByteString());
  }

  private static void unlock(Node node, Future<GrpcReply> held) throws Exception {
    ByteString key =
        LockResponse.parseFrom(GrpcClient.await(held, PATIENCE).onlyMessage()).getKey();
    ByteString request = UnlockRequest.newBuilder().setKey(key).build().toByteString();
    GrpcReply reply;
    int attempts = 0;
    do {
      reply = GrpcClient.await(node.client().call("v3lockpb.Lock/Unlock", request), PATIENCE);
    } while (Contender.isTimeout(reply.message()) && ++attempts < MOST_UNLOCKS);
    assertThat(reply.succeeded()).as(reply.message()).isTrue();
  }

  private static void awaitEnd(Node node, long lease) throws Exception {
    var question = LeaseTimeToLiveRequest.newBuilder().setID(lease).build();
    assertThat(
            BidiStream.await(
                () -> {
                  try {
                    return node.client()
                            .await(Methods.LEASE_TIME_TO_LIVE, question, PATIENCE)
                            .getTTL()
                        == -1;
                  } catch (GrpcStatusException | InterruptedException failure) {
                    throw new IllegalStateException(failure);
                  }
                }))
        .isTrue();
  }

  private static double metric(Node node, String name) {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
              HttpRequest.newBuilder(URI.create(node.endpoint() + "/metrics")).build(),
              HttpResponse.BodyHandlers.ofLines())
          .body()
          .filter(line -> line.startsWith(name + " "))
          .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
          .sum();
    } catch (IOException | InterruptedException failure) {
      throw new IllegalStateException(failure);
    }
  }
}
