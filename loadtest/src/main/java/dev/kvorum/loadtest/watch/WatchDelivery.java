package dev.kvorum.loadtest.watch;

import com.google.protobuf.ByteString;
import dev.kvorum.loadtest.report.Metric;
import dev.kvorum.loadtest.report.Report;
import dev.kvorum.loadtest.server.ProcessUsage;
import dev.kvorum.loadtest.wire.StreamLoop;
import dev.kvorum.loadtest.workload.Benchmark;
import dev.kvorum.loadtest.workload.Contest;
import dev.kvorum.loadtest.workload.Settings;
import dev.kvorum.loadtest.workload.Target;
import dev.kvorum.loadtest.workload.VoidRunException;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * 10,000 watchers of one key at 100 puts a second, sent whether or not events come: every event at
 * every watcher, and how long after its put.
 */
public final class WatchDelivery implements Benchmark {
  private static final Fleet.Layout LAYOUT = new Fleet.Layout(20, 500, 1);
  private static final int PUTS_PER_SECOND = 100;
  private static final ByteString KEY = ByteString.copyFromUtf8("/watched/one");
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final double BAR_MILLIS = 250;

  @Override
  public String name() {
    return "watch-fanout";
  }

  @Override
  public void run(Contest contest, Settings settings, Consumer<Report> reports)
      throws VoidRunException, InterruptedException {
    try (Target target = contest.start(contest.first());
        StreamLoop loop = new StreamLoop()) {
      int port = target.process().plan().clientPort();
      Fleet fleet = new Fleet(loop, LAYOUT);
      fleet.open(port, _ -> Bar.watch(KEY), PATIENCE);
      Puts puts = new Puts(loop, port, KEY, settings.valueBytes());
      drive(loop, puts, settings.warmUp());
      fleet.awaitEvents(puts.sent() * LAYOUT.allWatchers(), PATIENCE);
      fleet.verify(puts.sent() * LAYOUT.watchers());
      fleet.clear();
      puts.delays().clear();
      long warmUpPuts = puts.sent();
      ProcessUsage before = target.process().usage();
      long started = System.nanoTime();
      drive(loop, puts, settings.run());
      long sent = puts.sent() - warmUpPuts;
      fleet.awaitEvents(sent * LAYOUT.allWatchers(), PATIENCE);
      double seconds = (System.nanoTime() - started) / 1e9;
      ProcessUsage after = target.process().usage();
      fleet.verify(sent * LAYOUT.watchers());
      reports.accept(
          new Bar()
              .measured(Metric.EVENTS_RATE, fleet.allEvents() / seconds)
              .measured(
                  Metric.EVENTS_PER_CPU,
                  fleet.allEvents() / (after.cpuSeconds() - before.cpuSeconds()))
              .measured(Metric.DELIVERY_P50, fleet.delays().quantileMillis(0.5))
              .measured(Metric.DELIVERY_P99, fleet.delays().quantileMillis(0.99), BAR_MILLIS)
              .measured(Metric.DELIVERY_MAX, fleet.delays().maxMillis())
              .measured(Metric.PUT_P99, puts.delays().quantileMillis(0.99))
              .report(name(), LAYOUT + " at " + PUTS_PER_SECOND + "/s", target.label()));
    }
  }

  /** Sends puts at their times, late ones too, and reads what comes. */
  private static void drive(StreamLoop loop, Puts puts, Duration time) {
    long interval = 1_000_000_000L / PUTS_PER_SECOND;
    long next = System.nanoTime();
    long end = next + time.toNanos();
    while (next < end) {
      while (next <= System.nanoTime()) {
        puts.send();
        next += interval;
      }
      loop.poll(Math.max(0, next - System.nanoTime()));
    }
  }
}
