package dev.kvorum.loadtest.workload;

import dev.kvorum.loadtest.report.Comparison;
import dev.kvorum.loadtest.report.Metric;
import dev.kvorum.loadtest.report.Report;
import dev.kvorum.loadtest.report.Sample;
import dev.kvorum.loadtest.server.ProcessUsage;
import dev.kvorum.loadtest.server.ServerProcess;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** What an empty server costs that nobody calls, from a while after it was ready. */
final class IdleBenchmark implements Benchmark {
  private static final double BYTES_PER_MEBIBYTE = 1 << 20;

  @Override
  public String name() {
    return "idle";
  }

  @Override
  public void run(Contest contest, Settings settings, Consumer<Report> reports)
      throws VoidRunException, InterruptedException {
    try (Target first = contest.start(contest.first());
        Target second = contest.start(contest.second())) {
      String firstLabel = first.label();
      String secondLabel = second.label();
      pass(settings.idleBefore());
      ProcessUsage firstBefore = first.process().usage();
      ProcessUsage secondBefore = second.process().usage();
      pass(settings.idleFor());
      reports.accept(
          new Report(
              name(),
              "after " + settings.idleBefore().toSeconds() + " s",
              firstLabel,
              secondLabel,
              Comparison.of(
                  List.of(sample(firstBefore, first.process(), settings.idleFor())),
                  List.of(sample(secondBefore, second.process(), settings.idleFor())))));
    }
  }

  private static Sample sample(ProcessUsage before, ServerProcess process, Duration time) {
    ProcessUsage after = process.usage();
    double share = (after.cpuSeconds() - before.cpuSeconds()) / (time.toMillis() / 1e3);
    return new Sample(
        Map.of(
            Metric.IDLE_CPU, share * 100,
            Metric.RESIDENT, after.residentBytes() / BYTES_PER_MEBIBYTE,
            Metric.ANONYMOUS, after.anonymousBytes() / BYTES_PER_MEBIBYTE));
  }

  /** Lets time pass: here the passing itself is what is measured. */
  private static void pass(Duration time) throws InterruptedException {
    new CountDownLatch(1).await(time.toMillis(), TimeUnit.MILLISECONDS);
  }
}
