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
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * 100,000 watchers of one key, the next put as soon as everybody has the last one: no Raft tick may
 * be late because of it, and no election may happen.
 */
public final class WatchOneKey implements Benchmark {
  private static final Fleet.Layout LAYOUT = new Fleet.Layout(20, 100, 50);
  private static final ByteString KEY = ByteString.copyFromUtf8("/watched/one");
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final double BAR_MILLIS = 50;
  private static final String CHANGES = "etcd_server_leader_changes_seen_total";
  private static final String TICKS_LATE = "kvorum_raft_tick_late_seconds_bucket{le=\"";

  @Override
  public String name() {
    return "watch-many-one-key";
  }

  @Override
  public void run(Contest contest, Settings settings, Consumer<Report> reports)
      throws VoidRunException, InterruptedException {
    try (Target target = contest.start(contest.first());
        HttpClient http = HttpClient.newHttpClient();
        StreamLoop loop = new StreamLoop()) {
      int port = target.process().plan().clientPort();
      Fleet fleet = new Fleet(loop, LAYOUT);
      fleet.open(port, _ -> Bar.watch(KEY), PATIENCE);
      Puts puts = new Puts(loop, port, KEY, settings.valueBytes());
      drive(loop, fleet, puts, settings.warmUp());
      long warmUpPuts = puts.sent();
      fleet.clear();
      Page pageBefore = page(http, port);
      ProcessUsage before = target.process().usage();
      long started = System.nanoTime();
      drive(loop, fleet, puts, settings.run());
      double seconds = (System.nanoTime() - started) / 1e9;
      ProcessUsage after = target.process().usage();
      Page pageAfter = page(http, port);
      fleet.verify((puts.sent() - warmUpPuts) * LAYOUT.watchers());
      reports.accept(
          new Bar()
              .measured(Metric.EVENTS_RATE, fleet.allEvents() / seconds)
              .measured(
                  Metric.EVENTS_PER_CPU,
                  fleet.allEvents() / (after.cpuSeconds() - before.cpuSeconds()))
              .measured(Metric.DELIVERY_P99, fleet.delays().quantileMillis(0.99))
              .measured(Metric.TICK_LATE_MAX, latestTickMillis(pageBefore, pageAfter), BAR_MILLIS)
              .measured(
                  Metric.TICKS_LATE,
                  ticks(pageBefore, pageAfter, "+Inf") - ticks(pageBefore, pageAfter, "0.05"),
                  0)
              .measured(Metric.TICKS, ticks(pageBefore, pageAfter, "+Inf"))
              .measured(Metric.LEADER_CHANGES, pageAfter.get(CHANGES) - pageBefore.get(CHANGES), 0)
              .report(name(), LAYOUT.toString(), target.label()));
    }
  }

  private static void drive(StreamLoop loop, Fleet fleet, Puts puts, Duration time)
      throws VoidRunException {
    long started = System.nanoTime();
    long got = fleet.allEvents();
    while (System.nanoTime() - started < time.toNanos()) {
      puts.send();
      loop.poll(0);
      got += LAYOUT.allWatchers();
      fleet.awaitEvents(got, PATIENCE);
    }
  }

  /** Ticks in between that were at most so many seconds late. */
  private static double ticks(Page before, Page after, String seconds) {
    String name = TICKS_LATE + seconds + "\"}";
    return after.get(name) - before.get(name);
  }

  /** The bound of the highest class of the histogram that has got ticks in between. */
  private static double latestTickMillis(Page before, Page after) {
    double latest = 0;
    double below = 0;
    for (Map.Entry<String, Double> line : after.values.entrySet()) {
      if (line.getKey().startsWith(TICKS_LATE)) {
        double grown = line.getValue() - before.get(line.getKey());
        if (grown > below) {
          below = grown;
          String bound =
              line.getKey().substring(TICKS_LATE.length(), line.getKey().length() - "\"}".length());
          latest = bound.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(bound);
        }
      }
    }
    return 1e3 * latest;
  }

  /** The server's metrics at one moment, in the order of the page. */
  private record Page(Map<String, Double> values) {
    double get(String name) {
      return values.getOrDefault(name, 0.0);
    }
  }

  private static Page page(HttpClient http, int port) throws InterruptedException {
    try {
      String page =
          http.send(
                  HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
                      .version(HttpClient.Version.HTTP_1_1)
                      .build(),
                  HttpResponse.BodyHandlers.ofString())
              .body();
      Map<String, Double> values = new LinkedHashMap<>();
      page.lines()
          .filter(line -> line.startsWith(CHANGES) || line.startsWith(TICKS_LATE))
          .forEach(
              line -> {
                int blank = line.lastIndexOf(' ');
                values.put(line.substring(0, blank), Double.parseDouble(line.substring(blank + 1)));
              });
      return new Page(values);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
