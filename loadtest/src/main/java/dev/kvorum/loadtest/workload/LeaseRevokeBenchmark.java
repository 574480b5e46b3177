package dev.kvorum.loadtest.workload;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.LeaseGrantRequest;
import dev.kvorum.api.etcdserverpb.LeaseRevokeRequest;
import dev.kvorum.loadtest.report.Comparison;
import dev.kvorum.loadtest.report.Metric;
import dev.kvorum.loadtest.report.Report;
import dev.kvorum.loadtest.report.Sample;
import dev.kvorum.loadtest.watch.DeletionWatch;
import dev.kvorum.loadtest.wire.GrpcClient;
import dev.kvorum.loadtest.wire.GrpcStatusException;
import dev.kvorum.loadtest.wire.Methods;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One lease with very many keys is revoked while others put at a steady rate: how long does no put
 * get its answer? A watch makes sure that all keys go in one revision.
 */
final class LeaseRevokeBenchmark implements Benchmark {
  private static final int DEFAULT_KEYS = 100_000;
  private static final int PUTS_PER_SECOND = 2_000;
  private static final int OPEN_AT_ONCE = 64;
  private static final long LEASE = 4711;
  private static final long TTL_SECONDS = 100_000;
  private static final Duration CALM = Duration.ofSeconds(3);
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final ByteString PREFIX = ByteString.copyFromUtf8("/lease/");

  @Override
  public String name() {
    return "lease-revoke";
  }

  @Override
  public void run(Contest contest, Settings settings, Consumer<Report> reports)
      throws VoidRunException, InterruptedException {
    int keys = settings.count(DEFAULT_KEYS);
    try (Target first = contest.start(contest.first());
        Target second = contest.start(contest.second())) {
      List<Sample> firstSamples = new ArrayList<>();
      List<Sample> secondSamples = new ArrayList<>();
      for (int pair = 0; pair < settings.pairs(); pair++) {
        firstSamples.add(measure(contest, first, keys, settings));
        secondSamples.add(measure(contest, second, keys, settings));
      }
      reports.accept(
          new Report(
              name(),
              keys + " keys",
              first.label(),
              second.label(),
              Comparison.of(firstSamples, secondSamples)));
    }
  }

  private static Sample measure(Contest contest, Target target, int keys, Settings settings)
      throws VoidRunException, InterruptedException {
    target.ask(
        Methods.LEASE_GRANT,
        LeaseGrantRequest.newBuilder().setID(LEASE).setTTL(TTL_SECONDS).build());
    Bulk.run(
        Math.ceilDiv(keys, LeasedKeys.PUTS_PER_TXN),
        OPEN_AT_ONCE,
        txn -> {
          int from = txn * LeasedKeys.PUTS_PER_TXN;
          int to = Math.min(keys, from + LeasedKeys.PUTS_PER_TXN);
          return target.client().call(Methods.TXN, LeasedKeys.puts(PREFIX, from, to, _ -> LEASE));
        });
    int port = target.process().plan().clientPort();
    Deletions deletions = new Deletions(keys);
    try (DeletionWatch _ = DeletionWatch.open(port, PREFIX, deletions::deleted);
        SteadyPuts puts =
            SteadyPuts.start(contest.vertx(), port, PUTS_PER_SECOND, settings.valueBytes())) {
      var _ = new CountDownLatch(1).await(CALM.toMillis(), TimeUnit.MILLISECONDS);
      long began = System.nanoTime();
      GrpcClient.await(
          target
              .client()
              .call(Methods.LEASE_REVOKE, LeaseRevokeRequest.newBuilder().setID(LEASE).build()),
          PATIENCE);
      long answered = System.nanoTime();
      if (!deletions.all.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new VoidRunException(deletions.all.getCount() + " keys were not seen to go");
      }
      var _ = new CountDownLatch(1).await(CALM.toMillis(), TimeUnit.MILLISECONDS);
      if (deletions.revisions.size() != 1) {
        throw new VoidRunException("the keys went in revisions " + deletions.revisions);
      }
      long over = System.nanoTime();
      SteadyPuts.Seen before = puts.between(began - CALM.toNanos() / 2, began);
      SteadyPuts.Seen meanwhile = puts.between(began, over);
      if (meanwhile.refused() > 0) {
        throw new VoidRunException(meanwhile.refused() + " puts were refused");
      }
      return new Sample(
          Map.of(
              Metric.LONGEST_GAP,
              meanwhile.longestGapMicros() / 1e3,
              Metric.REVOKED,
              (answered - began) / 1e6,
              Metric.IDLE_P99,
              before.p99Micros(),
              Metric.LATENCY_MAX,
              meanwhile.maxMicros()));
    } catch (GrpcStatusException refused) {
      throw new VoidRunException("the lease was not revoked: " + refused.getMessage());
    }
  }

  /** What the watch has seen. */
  private static final class Deletions {
    private final CountDownLatch all;
    private final Set<Long> revisions = new ConcurrentSkipListSet<>();

    Deletions(int keys) {
      all = new CountDownLatch(keys);
    }

    private void deleted(int number, long revision, long nowNanos) {
      revisions.add(revision);
      all.countDown();
    }
  }
}
