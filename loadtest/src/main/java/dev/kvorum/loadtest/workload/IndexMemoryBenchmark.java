package dev.kvorum.loadtest.workload;

import dev.kvorum.loadtest.report.Metric;
import dev.kvorum.loadtest.report.Report;
import dev.kvorum.loadtest.report.Sample;
import dev.kvorum.loadtest.server.Product;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * What a key costs in memory: the process with so many keys, and the slope from there to twice as
 * many, at which every cache is full already. A Kvorum says as well what its index takes. Then the
 * keys of the first half are put again, and the slope is told with two revisions of these.
 */
final class IndexMemoryBenchmark implements Benchmark {
  private static final int DEFAULT_KEYS = 2_000_000;
  private static final Duration SETTLE = Duration.ofSeconds(12);
  private static final double MEBIBYTE = 1 << 20;

  /** What the index has from the system, also for those who read it for a checkpoint. */
  private static final String INDEX = "kvorum_index_allocated_bytes";

  @Override
  public String name() {
    return "index-memory";
  }

  @Override
  public void run(Contest contest, Settings settings, Consumer<Report> reports)
      throws VoidRunException, InterruptedException {
    int count = settings.count(DEFAULT_KEYS);
    for (Contest.Entrant entrant : List.of(contest.first(), contest.second())) {
      try (Target target = contest.start(entrant)) {
        String label = target.label();
        ManyKeys.loadRange(target, 0, count, settings.valueBytes());
        Footprint once = Footprint.of(target);
        reports.accept(Report.alone(name(), count + " keys", label, once.sample(count)));
        ManyKeys.loadRange(target, count, 2 * count, settings.valueBytes());
        Footprint twice = Footprint.of(target);
        reports.accept(
            Report.alone(name(), 2 * count + " keys", label, twice.growthSince(once, count)));
        double most;
        try (MetricPeak index = MetricPeak.follow(target, INDEX)) {
          ManyKeys.loadRange(target, 0, count, settings.valueBytes());
          most = index.highest();
        }
        Footprint updated = Footprint.of(target);
        Map<Metric, Double> values = new EnumMap<>(updated.growthSince(once, count).values());
        if (most > 0) {
          values.put(Metric.INDEX_PEAK_A_KEY, most / (2.0 * count));
        }
        reports.accept(Report.alone(name(), "half of them put again", label, new Sample(values)));
      }
    }
  }

  /**
   * Bytes of a process.
   *
   * @param index that the server says its index has from the system; 0 where it does not say
   */
  private record Footprint(long resident, long anonymous, double index) {
    static Footprint of(Target target) throws VoidRunException, InterruptedException {
      // What is written in the background is let go of meanwhile.
      var _ = new CountDownLatch(1).await(SETTLE.toMillis(), TimeUnit.MILLISECONDS);
      double index = target.process().plan().product() == Product.KVORUM ? target.metric(INDEX) : 0;
      return new Footprint(
          target.process().usage().residentBytes(),
          target.process().usage().anonymousBytes(),
          index);
    }

    Sample sample(int keys) {
      Map<Metric, Double> values = new EnumMap<>(Metric.class);
      values.put(Metric.RESIDENT, resident / MEBIBYTE);
      values.put(Metric.ANONYMOUS, anonymous / MEBIBYTE);
      if (index > 0) {
        values.put(Metric.INDEX_A_KEY, index / keys);
      }
      return new Sample(values);
    }

    Sample growthSince(Footprint before, int keys) {
      Map<Metric, Double> values = new EnumMap<>(Metric.class);
      values.put(Metric.ANONYMOUS, anonymous / MEBIBYTE);
      values.put(Metric.RESIDENT_A_KEY, (double) (resident - before.resident) / keys);
      if (index > 0) {
        values.put(Metric.INDEX_A_KEY, (index - before.index) / keys);
      }
      return new Sample(values);
    }
  }
}
