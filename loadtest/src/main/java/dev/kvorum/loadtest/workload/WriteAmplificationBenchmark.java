package dev.kvorum.loadtest.workload;

import com.google.protobuf.Message;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.loadtest.report.Comparison;
import dev.kvorum.loadtest.report.Metric;
import dev.kvorum.loadtest.report.Report;
import dev.kvorum.loadtest.report.Sample;
import dev.kvorum.loadtest.server.DiskUsage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Puts of many clients, the servers in turns: how many bytes reach the disk, all files together,
 * for a byte of key and value? Counted from before the first put until the server has written
 * everything that it writes later.
 */
final class WriteAmplificationBenchmark implements Benchmark {
  private static final int DEFAULT_PUTS = 400_000;
  private static final Shape CLIENTS = new Shape(1_000, 1);

  /** Longer than a state store waits before it syncs. */
  private static final Duration LATER = Duration.ofSeconds(35);

  private static final Duration PATIENCE = Duration.ofSeconds(120);

  @Override
  public String name() {
    return "write-amplification";
  }

  @Override
  public void run(Contest contest, Settings settings, Consumer<Report> reports)
      throws VoidRunException, InterruptedException {
    try (Target first = contest.start(contest.first());
        Target second = contest.start(contest.second())) {
      List<Sample> firstSamples = new ArrayList<>();
      List<Sample> secondSamples = new ArrayList<>();
      for (int pair = 0; pair < settings.pairs(); pair++) {
        firstSamples.add(measure(contest, first, settings));
        secondSamples.add(measure(contest, second, settings));
      }
      reports.accept(
          new Report(
              name(),
              CLIENTS + ", values of " + settings.valueBytes() + " bytes",
              first.label(),
              second.label(),
              Comparison.of(firstSamples, secondSamples)));
    }
  }

  private static Sample measure(Contest contest, Target target, Settings settings)
      throws VoidRunException, InterruptedException {
    PutRequest put = SteadyPuts.request(settings.valueBytes());
    List<Message> requests = List.of(put);
    H2Load load =
        new H2Load(
            contest.scratch(),
            target.process().plan().clientPort(),
            "etcdserverpb.KV/Put",
            requests,
            1);
    long pid = target.process().pid();
    long writtenBefore = DiskUsage.writtenBy(pid);
    long sizeBefore = DiskUsage.of(target.process().plan().dataDirectory());
    H2Load.Outcome outcome = load.run(CLIENTS, settings.count(DEFAULT_PUTS), 0, PATIENCE);
    var _ = new CountDownLatch(1).await(LATER.toMillis(), TimeUnit.MILLISECONDS);
    double logical = (double) outcome.succeeded() * (put.getKey().size() + put.getValue().size());
    long written = DiskUsage.writtenBy(pid) - writtenBefore;
    long grown = DiskUsage.of(target.process().plan().dataDirectory()) - sizeBefore;
    return new Sample(
        Map.of(
            Metric.RATE, outcome.rate(),
            Metric.WRITTEN_OVER_LOGICAL, written / logical,
            Metric.GROWN_OVER_LOGICAL, grown / logical));
  }
}
