package dev.kvorum.loadtest.workload;

import dev.kvorum.api.etcdserverpb.CompactionRequest;
import dev.kvorum.api.etcdserverpb.DeleteRangeRequest;
import dev.kvorum.api.etcdserverpb.RangeRequest;
import dev.kvorum.loadtest.report.Metric;
import dev.kvorum.loadtest.report.Report;
import dev.kvorum.loadtest.report.Sample;
import dev.kvorum.loadtest.server.ProcessUsage;
import dev.kvorum.loadtest.wire.GrpcClient;
import dev.kvorum.loadtest.wire.GrpcStatusException;
import dev.kvorum.loadtest.wire.Methods;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Puts at a steady rate, before and while the server does what takes long: how much longer do they
 * take, and how late do Raft's ticks come?
 */
final class PauseBenchmark implements Benchmark {
  /** What takes long. */
  enum Work {
    /** A compaction of as many revisions as there are keys. */
    COMPACTION("compaction"),
    /** A delete of all keys. */
    DELETE("delete-range"),
    /** A delete of all keys, a list of all keys and a compaction, all at once. */
    EVERYTHING("no-pause");

    private final String title;

    Work(String title) {
      this.title = title;
    }
  }

  private static final int DEFAULT_KEYS = 1_000_000;
  private static final int DEFAULT_PUTS_PER_SECOND = 2_000;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String TICKS = "kvorum_raft_tick_late_seconds_count";
  private static final String TICKS_IN_TIME = "kvorum_raft_tick_late_seconds_bucket{le=\"0.05\"}";
  private static final String TICK_MAX = "kvorum_raft_tick_late_max_seconds";

  private final Work work;

  PauseBenchmark(Work work) {
    this.work = work;
  }

  @Override
  public String name() {
    return work.title;
  }

  @Override
  public void run(Contest contest, Settings settings, Consumer<Report> reports)
      throws VoidRunException, InterruptedException {
    int keys = settings.count(DEFAULT_KEYS);
    int rate =
        settings.requestsPerSecond() == 0
            ? DEFAULT_PUTS_PER_SECOND
            : Math.toIntExact(settings.requestsPerSecond());
    try (Target target = contest.start(contest.first())) {
      ManyKeys.load(target, keys, settings.valueBytes(), work == Work.COMPACTION ? 2 : 1);
      rest(settings.run());
      double lateBefore = target.metric(TICK_MAX);
      try (SteadyPuts puts =
          SteadyPuts.start(
              contest.vertx(), target.process().plan().clientPort(), rate, settings.valueBytes())) {
        // The first seconds warm up whatever puts at this rate need.
        rest(settings.warmUp());
        long calm = System.nanoTime();
        rest(settings.run());
        double lateTicksBefore = lateTicks(target);
        long began = System.nanoTime();
        List<Future<?>> jobs = start(contest, target, settings);
        for (Future<?> job : jobs) {
          GrpcClient.await(job, PATIENCE);
        }
        long answered = System.nanoTime();
        long left = settings.run().toNanos() - (answered - began);
        rest(Duration.ofNanos(Math.max(0, left)));
        long over = System.nanoTime();
        double lateTicks = lateTicks(target) - lateTicksBefore;
        SteadyPuts.Seen idle = puts.between(calm, began);
        SteadyPuts.Seen busy = puts.between(began, over);
        ProcessUsage usage = target.process().usage();
        reports.accept(
            Report.alone(
                name(),
                keys + " keys, " + rate + " puts/s",
                target.label(),
                new Sample(
                    Map.of(
                        Metric.WORK_TOOK,
                        (answered - began) / 1e6,
                        Metric.REFUSED,
                        (double) busy.refused(),
                        Metric.IDLE_P99,
                        idle.p99Micros(),
                        Metric.STORM_P99,
                        busy.p99Micros(),
                        Metric.STORM_OVER_IDLE,
                        busy.p99Micros() / idle.p99Micros(),
                        Metric.LONGEST_GAP,
                        busy.longestGapMicros() / 1e3,
                        Metric.TICK_LATE_BEFORE,
                        lateBefore * 1e3,
                        Metric.TICKS_LATE,
                        lateTicks,
                        Metric.ANONYMOUS,
                        usage.anonymousBytes() / (double) (1 << 20)))));
      } catch (GrpcStatusException refused) {
        throw new VoidRunException("the work was refused: " + refused.getMessage());
      }
    }
  }

  private static double lateTicks(Target target) throws VoidRunException, InterruptedException {
    Target.Metrics metrics = target.metrics();
    return metrics.sum(TICKS) - metrics.sum(TICKS_IN_TIME);
  }

  private List<Future<?>> start(Contest contest, Target target, Settings settings)
      throws VoidRunException, InterruptedException {
    long revision = target.revision();
    long listBytes = (long) settings.count(DEFAULT_KEYS) * settings.valueBytes();
    CompactionRequest compaction =
        CompactionRequest.newBuilder().setRevision(revision).setPhysical(true).build();
    DeleteRangeRequest deletion =
        DeleteRangeRequest.newBuilder()
            .setKey(ManyKeys.PREFIX)
            .setRangeEnd(ManyKeys.PREFIX_END)
            .build();
    GrpcClient client = target.client();
    return switch (work) {
      case DELETE -> List.of(client.call(Methods.DELETE_RANGE, deletion));
      case COMPACTION -> List.of(client.call(Methods.COMPACT, compaction));
      case EVERYTHING ->
          List.of(
              contest
                  .vertx()
                  .executeBlocking(() -> list(contest, target, revision, listBytes), false),
              client.call(Methods.COMPACT, compaction),
              client.call(Methods.DELETE_RANGE, deletion));
    };
  }

  /**
   * A list of all keys, received by a program that throws it away. It names the revision before the
   * delete, so that all of them are in it, whichever of the two comes first.
   */
  private static H2Load.Outcome list(
      Contest contest, Target target, long revision, long enoughBytes)
      throws VoidRunException, InterruptedException {
    RangeRequest all =
        RangeRequest.newBuilder()
            .setKey(ManyKeys.PREFIX)
            .setRangeEnd(ManyKeys.PREFIX_END)
            .setRevision(revision)
            .build();
    H2Load load =
        new H2Load(
            contest.scratch(),
            target.process().plan().clientPort(),
            Methods.RANGE.name(),
            List.of(all),
            1);
    H2Load.Outcome outcome = load.run(new Shape(1, 1), 1, 0, PATIENCE);
    if (outcome.receivedBytes() < enoughBytes) {
      throw new VoidRunException("the list has only " + outcome.receivedBytes() + " bytes");
    }
    return outcome;
  }

  private static void rest(Duration time) throws InterruptedException {
    var _ = new CountDownLatch(1).await(time.toMillis(), TimeUnit.MILLISECONDS);
  }
}
