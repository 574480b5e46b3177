package dev.kvorum.loadtest.watch;

import com.google.protobuf.ByteString;
import dev.kvorum.loadtest.report.Comparison;
import dev.kvorum.loadtest.report.Metric;
import dev.kvorum.loadtest.report.Report;
import dev.kvorum.loadtest.report.Sample;
import dev.kvorum.loadtest.server.ProcessUsage;
import dev.kvorum.loadtest.wire.StreamLoop;
import dev.kvorum.loadtest.workload.Benchmark;
import dev.kvorum.loadtest.workload.Contest;
import dev.kvorum.loadtest.workload.Settings;
import dev.kvorum.loadtest.workload.Target;
import dev.kvorum.loadtest.workload.VoidRunException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Events that a server delivers for a second of its processor time: 1,000 watchers of one key, and
 * the next put as soon as everybody has the last one. Both servers run, and take turns.
 */
public final class WatchCpu implements Benchmark {
  private static final Fleet.Layout LAYOUT = new Fleet.Layout(10, 100, 1);
  private static final ByteString KEY = ByteString.copyFromUtf8("/watched/one");
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @Override
  public String name() {
    return "watch-cpu";
  }

  @Override
  public void run(Contest contest, Settings settings, Consumer<Report> reports)
      throws VoidRunException, InterruptedException {
    try (StreamLoop loop = new StreamLoop();
        Target first = contest.start(contest.first());
        Target second = contest.start(contest.second())) {
      Lane left = new Lane(loop, first, settings);
      Lane right = new Lane(loop, second, settings);
      left.run(settings.warmUp());
      right.run(settings.warmUp());
      List<Sample> leftSamples = new ArrayList<>();
      List<Sample> rightSamples = new ArrayList<>();
      for (int pair = 0; pair < settings.pairs(); pair++) {
        leftSamples.add(left.run(settings.run()));
        rightSamples.add(right.run(settings.run()));
      }
      reports.accept(
          new Report(
              name(),
              LAYOUT.toString(),
              first.label(),
              second.label(),
              Comparison.of(leftSamples, rightSamples)));
    }
  }

  private static final class Lane {
    private final StreamLoop loop;
    private final Target target;
    private final Fleet fleet;
    private final Puts puts;

    private Lane(StreamLoop loop, Target target, Settings settings) throws VoidRunException {
      this.loop = loop;
      this.target = target;
      int port = target.process().plan().clientPort();
      fleet = new Fleet(loop, LAYOUT);
      fleet.open(port, _ -> Bar.watch(KEY), PATIENCE);
      puts = new Puts(loop, port, KEY, settings.valueBytes());
    }

    private Sample run(Duration time) throws VoidRunException {
      fleet.clear();
      ProcessUsage before = target.process().usage();
      long started = System.nanoTime();
      long sent = 0;
      while (System.nanoTime() - started < time.toNanos()) {
        puts.send();
        sent++;
        loop.poll(0);
        fleet.awaitEvents(sent * LAYOUT.allWatchers(), PATIENCE);
      }
      double seconds = (System.nanoTime() - started) / 1e9;
      ProcessUsage after = target.process().usage();
      fleet.verify(sent * LAYOUT.watchers());
      return new Sample(
          Map.of(
              Metric.EVENTS_RATE,
              fleet.allEvents() / seconds,
              Metric.EVENTS_PER_CPU,
              fleet.allEvents() / (after.cpuSeconds() - before.cpuSeconds()),
              Metric.DELIVERY_P50,
              fleet.delays().quantileMillis(0.5),
              Metric.DELIVERY_P99,
              fleet.delays().quantileMillis(0.99)));
    }
  }
}
