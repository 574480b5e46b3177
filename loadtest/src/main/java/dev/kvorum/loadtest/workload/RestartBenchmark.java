package dev.kvorum.loadtest.workload;

import dev.kvorum.loadtest.report.Metric;
import dev.kvorum.loadtest.report.Report;
import dev.kvorum.loadtest.report.Sample;
import dev.kvorum.loadtest.server.ServerPlan;
import dev.kvorum.loadtest.wire.GrpcClient;
import dev.kvorum.loadtest.wire.GrpcStatusException;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A server with very many keys is killed and started again: the time from executing the program to
 * the first answered linearizable read, and the rate of puts from then on.
 */
final class RestartBenchmark implements Benchmark {
  private static final int DEFAULT_KEYS = 2_000_000;
  private static final int PROBE_PUTS = 20_000;
  private static final Shape SHAPE = new Shape(16, 64);
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration FULL_RATE_WITHIN = Duration.ofSeconds(10);
  private static final Duration LAST_SECONDS = Duration.ofSeconds(2);

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
    try (Target target = Target.start(contest.vertx(), plan, contest.scratch().fresh("log"))) {
      Duration ready = target.readyAfter();
      long enough = (long) (before * (FULL_RATE_WITHIN.toSeconds() + 1));
      Future<H2Load.Outcome> puts =
          contest.vertx().executeBlocking(() -> load.run(SHAPE, enough, 0, PATIENCE), false);
      Moment first = Moment.of(target);
      first.await(FULL_RATE_WITHIN.minus(LAST_SECONDS));
      Moment later = Moment.of(target);
      first.await(FULL_RATE_WITHIN);
      Moment last = Moment.of(target);
      double anonymous = target.process().usage().anonymousBytes() / (double) (1 << 20);
      GrpcClient.await(puts, PATIENCE);
      reports.accept(
          Report.alone(
              name(),
              keys + " keys",
              label,
              new Sample(
                  Map.of(
                      Metric.READY, ready.toNanos() / 1e6,
                      Metric.RATE, before,
                      Metric.RATE_WITHIN_TEN, last.putsSince(first) / before,
                      Metric.RATE_AT_TEN, last.putsSince(later) / before,
                      Metric.ANONYMOUS, anonymous))));
    } catch (GrpcStatusException impossible) {
      throw new IllegalStateException("h2load speaks no gRPC", impossible);
    }
  }

  /** How far the store was at a time. */
  private record Moment(long nanos, long revision) {
    static Moment of(Target target) throws VoidRunException, InterruptedException {
      long revision = target.revision();
      return new Moment(System.nanoTime(), revision);
    }

    /** Waits until so long after this moment. */
    void await(Duration time) throws InterruptedException {
      TimeUnit.NANOSECONDS.sleep(nanos + time.toNanos() - System.nanoTime());
    }

    double putsSince(Moment earlier) {
      return (revision - earlier.revision) * 1e9 / (nanos - earlier.nanos);
    }
  }
}
