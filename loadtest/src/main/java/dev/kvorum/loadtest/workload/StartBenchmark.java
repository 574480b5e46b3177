package dev.kvorum.loadtest.workload;

import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.loadtest.report.Comparison;
import dev.kvorum.loadtest.report.Metric;
import dev.kvorum.loadtest.report.Report;
import dev.kvorum.loadtest.report.Sample;
import dev.kvorum.loadtest.server.ServerPlan;
import dev.kvorum.loadtest.server.ServerProcess;
import dev.kvorum.loadtest.wire.GrpcClient;
import dev.kvorum.loadtest.wire.Methods;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The time from executing the program to the first answered linearizable read, on fresh directories
 * and on directories that a thousand puts were made in, the servers in turns.
 */
final class StartBenchmark implements Benchmark {
  private static final int PUTS_OF_A_USED_DIRECTORY = 1_000;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(15);

  @Override
  public String name() {
    return "start";
  }

  @Override
  public void run(Contest contest, Settings settings, Consumer<Report> reports)
      throws VoidRunException, InterruptedException {
    ServerPlan first = contest.first().plan(contest.scratch());
    ServerPlan second = contest.second().plan(contest.scratch());
    String firstLabel = use(contest, first, settings);
    String secondLabel = use(contest, second, settings);
    for (String variant : List.of("fresh directory", "used directory")) {
      boolean fresh = variant.startsWith("fresh");
      List<Sample> firstSamples = new ArrayList<>();
      List<Sample> secondSamples = new ArrayList<>();
      for (int start = 0; start < settings.starts(); start++) {
        firstSamples.add(start(contest, fresh ? fresh(contest, first) : first));
        secondSamples.add(start(contest, fresh ? fresh(contest, second) : second));
      }
      reports.accept(
          new Report(
              name(),
              variant,
              firstLabel,
              secondLabel,
              Comparison.of(firstSamples, secondSamples)));
    }
  }

  private static ServerPlan fresh(Contest contest, ServerPlan plan) {
    return plan.onDirectory(contest.scratch().fresh("data"));
  }

  /** Starts a server once, writes to it, stops it; returns what it calls itself. */
  private static String use(Contest contest, ServerPlan plan, Settings settings)
      throws VoidRunException, InterruptedException {
    try (Target target = Target.start(contest.vertx(), plan, contest.scratch().fresh("log"))) {
      for (int put = 0; put < PUTS_OF_A_USED_DIRECTORY; put++) {
        target.ask(
            Methods.PUT,
            PutRequest.newBuilder()
                .setKey(Keys.key(put))
                .setValue(Keys.value(settings.valueBytes()))
                .build());
      }
      String label = target.label();
      target.process().terminate();
      target.process().awaitExit(STOP_PATIENCE);
      return label;
    }
  }

  private static Sample start(Contest contest, ServerPlan plan) throws InterruptedException {
    Path log = contest.scratch().fresh("log");
    try (GrpcClient client = new GrpcClient(contest.vertx(), plan.clientPort(), 1);
        ServerProcess process = ServerProcess.start(plan, log)) {
      Duration ready = process.awaitReady(client, PATIENCE);
      process.terminate();
      process.awaitExit(STOP_PATIENCE);
      return new Sample(Map.of(Metric.READY, ready.toNanos() / 1e6));
    }
  }
}
