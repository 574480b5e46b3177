package dev.kvorum.loadtest.watch;

import com.google.protobuf.ByteString;
import dev.kvorum.loadtest.report.Metric;
import dev.kvorum.loadtest.report.Report;
import dev.kvorum.loadtest.wire.StreamLoop;
import dev.kvorum.loadtest.workload.Benchmark;
import dev.kvorum.loadtest.workload.Contest;
import dev.kvorum.loadtest.workload.Settings;
import dev.kvorum.loadtest.workload.Target;
import dev.kvorum.loadtest.workload.VoidRunException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * A watcher that is 500,000 revisions behind catches up while puts come at half of the server's
 * highest rate, sent whether or not they are answered.
 */
public final class WatchCatchUp implements Benchmark {
  private static final int BEHIND = 500_000;
  private static final int IN_FLIGHT = 512;
  private static final long REST_NANOS = 1_000_000;
  private static final ByteString KEY = ByteString.copyFromUtf8("/watched/history");
  private static final ByteString EVERYTHING = ByteString.copyFrom(new byte[1]);
  private static final Duration PATIENCE = Duration.ofSeconds(100);
  private static final double BAR_EVENTS = 50_000;
  private static final double BAR_KEPT = 95;

  @Override
  public String name() {
    return "watch-catchup";
  }

  @Override
  public void run(Contest contest, Settings settings, Consumer<Report> reports)
      throws VoidRunException, InterruptedException {
    try (Target target = contest.start(contest.first());
        StreamLoop loop = new StreamLoop()) {
      int port = target.process().plan().clientPort();
      Puts puts = new Puts(loop, port, KEY, settings.valueBytes());
      double highest = fill(loop, puts);
      double rate = highest / 2;
      double alone = drive(loop, puts, rate, settings.run(), () -> false);

      long head = target.revision();
      Fleet fleet = new Fleet(loop, new Fleet.Layout(1, 1, 1));
      fleet.open(
          port,
          _ ->
              Bar.watch(EVERYTHING).toBuilder()
                  .setRangeEnd(EVERYTHING)
                  .setStartRevision(head - BEHIND + 1)
                  .build(),
          PATIENCE);
      long started = System.nanoTime();
      double beside = drive(loop, puts, rate, PATIENCE, () -> fleet.allEvents() >= BEHIND);
      double seconds = (System.nanoTime() - started) / 1e9;
      if (fleet.allEvents() < BEHIND) {
        throw new VoidRunException(fleet.allEvents() + " events of " + BEHIND);
      }
      reports.accept(
          new Bar()
              .measured(Metric.RATE, rate)
              .measured(Metric.EVENTS_RATE, fleet.allEvents() / seconds, BAR_EVENTS)
              .measured(Metric.PUT_RATE_KEPT, 100 * beside / alone, BAR_KEPT)
              .measured(Metric.PUT_P99, puts.delays().quantileMillis(0.99))
              .report(name(), BEHIND + " behind", target.label()));
    }
  }

  /** Writes the history as fast as answers come, and tells how fast that was in its second half. */
  private static double fill(StreamLoop loop, Puts puts) {
    long half = 0;
    while (puts.answered() < BEHIND) {
      while (puts.sent() < BEHIND && puts.sent() - puts.answered() < IN_FLIGHT) {
        puts.send();
      }
      loop.poll(REST_NANOS);
      if (half == 0 && puts.answered() >= BEHIND / 2) {
        half = System.nanoTime();
      }
    }
    return BEHIND / 2 / ((System.nanoTime() - half) / 1e9);
  }

  /**
   * Sends puts at a rate and returns how many a second were answered. It sleeps for a millisecond
   * when nothing comes: whoever polls without a rest takes a core from the server.
   */
  private static double drive(
      StreamLoop loop, Puts puts, double rate, Duration longest, BooleanSupplier done) {
    puts.delays().clear();
    long before = puts.answered();
    long sent = 0;
    long started = System.nanoTime();
    while (!done.getAsBoolean() && System.nanoTime() - started < longest.toNanos()) {
      long due = (long) ((System.nanoTime() - started) / 1e9 * rate);
      for (; sent < due; sent++) {
        puts.send();
      }
      loop.poll(REST_NANOS);
    }
    return (puts.answered() - before) / ((System.nanoTime() - started) / 1e9);
  }
}
