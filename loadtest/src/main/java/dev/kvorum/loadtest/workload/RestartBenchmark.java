package dev.kvorum.loadtest.workload;

import dev.kvorum.loadtest.report.Metric;
import dev.kvorum.loadtest.report.Report;
import dev.kvorum.loadtest.report.Sample;
import dev.kvorum.loadtest.server.ServerPlan;
import dev.kvorum.loadtest.server.ServerProcess;
import dev.kvorum.loadtest.wire.GrpcClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A server with very many keys is killed and started again: the time from executing the program to
 * the first answered linearizable read, and the rate of puts from then on.
 */
final class RestartBenchmark implements Benchmark {
  private static final int DEFAULT_KEYS = 2_000_000;
  private static final int PROBE_PUTS = 20_000;
  private static final Shape SHAPE = new Shape(16, 64);
  private static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final Duration FULL_RATE_WITHIN = Duration.ofSeconds(10);

  @Override
  public String name() {
    return "restart";
  }

  @Override
  public void run(Contest contest, Settings settings, Consumer<Report> reports)
      throws VoidRunException, InterruptedException {
    int keys = settings.count(DEFAULT_KEYS);
    ServerPlan plan = contest.first().plan(contest.scratch());
    H2Load load =
        new H2Load(
            contest.scratch(),
            plan.clientPort(),
            "etcdserverpb.KV/Put",
            List.of(SteadyPuts.request(settings.valueBytes())),
            1);
    String label;
    double before;
    try (Target target = Target.start(contest.vertx(), plan, contest.scratch().fresh("log"))) {
      label = target.label();
      ManyKeys.load(target, keys, settings.valueBytes(), 1);
      double probed = load.run(SHAPE, PROBE_PUTS, 0, PATIENCE).rate();
      before = load.run(SHAPE, (long) (probed * settings.run().toSeconds()), 0, PATIENCE).rate();
      target.process().killHard();
    }
    try (GrpcClient client = new GrpcClient(contest.vertx(), plan.clientPort(), 1);
        ServerProcess process = ServerProcess.start(plan, contest.scratch().fresh("log"))) {
      Duration ready = process.awaitReady(client, PATIENCE);
      double after =
          load.run(SHAPE, (long) (before * FULL_RATE_WITHIN.toSeconds()), 0, PATIENCE).rate();
      reports.accept(
          Report.alone(
              name(),
              keys + " keys",
              label,
              new Sample(
                  Map.of(
                      Metric.READY, ready.toNanos() / 1e6,
                      Metric.RATE, before,
                      Metric.FULL_RATE, after / before,
                      Metric.ANONYMOUS, process.usage().anonymousBytes() / (double) (1 << 20)))));
    }
  }
}
