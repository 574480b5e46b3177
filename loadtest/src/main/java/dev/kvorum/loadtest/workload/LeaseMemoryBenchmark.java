package dev.kvorum.loadtest.workload;

import dev.kvorum.api.etcdserverpb.LeaseGrantRequest;
import dev.kvorum.loadtest.report.Metric;
import dev.kvorum.loadtest.report.Report;
import dev.kvorum.loadtest.report.Sample;
import dev.kvorum.loadtest.server.HeapHistogram;
import dev.kvorum.loadtest.server.Product;
import dev.kvorum.loadtest.wire.Methods;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * What very many leases without keys cost that stay alive: the growth of the process, and of a
 * Kvorum also of its live heap by class, after a full collection. The lease table and the lease
 * clock are arrays of numbers; everything else that grows is not theirs.
 */
final class LeaseMemoryBenchmark implements Benchmark {
  private static final int DEFAULT_LEASES = 1_000_000;
  private static final Shape SHAPE = new Shape(8, 64);
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final Duration SETTLE = Duration.ofSeconds(12);

  @Override
  public String name() {
    return "lease-memory";
  }

  @Override
  public void run(Contest contest, Settings settings, Consumer<Report> reports)
      throws VoidRunException, InterruptedException {
    int count = settings.count(DEFAULT_LEASES);
    for (Contest.Entrant entrant : List.of(contest.first(), contest.second())) {
      try (Target target = contest.start(entrant)) {
        Sample sample = measure(contest, target, count, settings);
        reports.accept(Report.alone(name(), count + " leases", target.label(), sample));
      }
    }
  }

  private static Sample measure(Contest contest, Target target, int count, Settings settings)
      throws VoidRunException, InterruptedException {
    LeaseGrantWorkload grants = new LeaseGrantWorkload("lease-memory");
    LeaseGrantRequest request = grants.request(0, settings);
    H2Load load =
        new H2Load(
            contest.scratch(),
            target.process().plan().clientPort(),
            Methods.LEASE_GRANT.name(),
            List.of(request),
            1);
    // What the first calls load and compile is not the leases'.
    load.run(SHAPE, Math.max(1, count / 50), 0, PATIENCE);
    long before = grants.effects(target);
    Footprint first = Footprint.of(target);
    load.run(SHAPE, count, 0, PATIENCE);
    long granted = grants.effects(target) - before;
    if (granted < count) {
      throw new VoidRunException(granted + " leases were granted instead of " + count);
    }
    return Footprint.of(target).growthSince(first, granted);
  }

  /**
   * Bytes of a process.
   *
   * @param arrays of numbers, live; 0 where the program has no such heap
   * @param others all other live objects
   */
  private record Footprint(long resident, long arrays, long others) {
    static Footprint of(Target target) throws InterruptedException {
      // What is written in the background is let go of meanwhile.
      var _ = new CountDownLatch(1).await(SETTLE.toMillis(), TimeUnit.MILLISECONDS);
      long arrays = 0;
      long others = 0;
      if (target.process().plan().product() == Product.KVORUM) {
        HeapHistogram heap = HeapHistogram.of(target.process().pid());
        arrays = heap.bytesOf("[I") + heap.bytesOf("[J");
        others = heap.bytes() - arrays;
      }
      return new Footprint(target.process().usage().residentBytes(), arrays, others);
    }

    Sample growthSince(Footprint before, long leases) {
      Map<Metric, Double> values = new EnumMap<>(Metric.class);
      values.put(Metric.RESIDENT_EACH, (double) (resident - before.resident) / leases);
      if (arrays > 0) {
        values.put(Metric.TABLE_EACH, (double) (arrays - before.arrays) / leases);
        values.put(Metric.OBJECTS_EACH, (double) (others - before.others) / leases);
      }
      return new Sample(values);
    }
  }
}
