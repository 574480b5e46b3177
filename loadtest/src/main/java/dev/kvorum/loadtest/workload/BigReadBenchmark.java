package dev.kvorum.loadtest.workload;

import dev.kvorum.loadtest.crowd.Crowd;
import dev.kvorum.loadtest.crowd.Outcome;
import dev.kvorum.loadtest.report.Report;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * One unary range over everything on one server, the first of the two, and the memory that its
 * answer takes: some gigabyte in one message, which the server never holds. Read twice, because the
 * first one is made by code that was not compiled yet. Beside it a client puts small values.
 */
final class BigReadBenchmark implements Benchmark {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final long MOST_GROWTH_BYTES = 128L << 20;
  private static final int READS = 2;

  @Override
  public String name() {
    return "big-read";
  }

  @Override
  public void run(Contest contest, Settings settings, Consumer<Report> reports)
      throws VoidRunException, InterruptedException {
    long leastBytes = (long) settings.fillKeys() * settings.fillValueBytes();
    try (Target target = contest.start(contest.first())) {
      Fill.fill(contest.vertx(), target, settings);
      Crowd crowd = new Crowd(contest.vertx(), target.process(), Fill.all().build(), PATIENCE);
      for (int read = 1; read <= READS; read++) {
        Outcome outcome = crowd.lists(1);
        System.out.println("read " + read + ": " + outcome);
        if (outcome.succeeded() != 1
            || outcome.largestMessageBytes() < leastBytes
            || outcome.peakGrowthBytes() > MOST_GROWTH_BYTES) {
          throw new VoidRunException(
              "wanted one message of "
                  + leastBytes
                  + " bytes and at most "
                  + (MOST_GROWTH_BYTES >> 20)
                  + " MiB for it");
        }
      }
    }
  }
}
