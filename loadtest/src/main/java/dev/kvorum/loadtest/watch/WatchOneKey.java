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
      double changesBefore = metric(http, port, "etcd_server_leader_changes_seen_total");
      Fleet fleet = new Fleet(loop, LAYOUT);
      fleet.open(port, _ -> Bar.watch(KEY), PATIENCE);
      Puts puts = new Puts(loop, port, KEY, settings.valueBytes());
      ProcessUsage before = target.process().usage();
      long started = System.nanoTime();
      while (System.nanoTime() - started < settings.run().toNanos()) {
        puts.send();
        loop.poll(0);
        fleet.awaitEvents(puts.sent() * LAYOUT.allWatchers(), PATIENCE);
      }
      double seconds = (System.nanoTime() - started) / 1e9;
      ProcessUsage after = target.process().usage();
      fleet.verify(puts.sent() * LAYOUT.watchers());
      double changes = metric(http, port, "etcd_server_leader_changes_seen_total") - changesBefore;
      reports.accept(
          new Bar()
              .measured(Metric.EVENTS_RATE, fleet.allEvents() / seconds)
              .measured(
                  Metric.EVENTS_PER_CPU,
                  fleet.allEvents() / (after.cpuSeconds() - before.cpuSeconds()))
              .measured(Metric.DELIVERY_P99, fleet.delays().quantileMillis(0.99))
              .measured(
                  Metric.TICK_LATE_MAX,
                  1e3 * metric(http, port, "kvorum_raft_tick_late_max_seconds"),
                  BAR_MILLIS)
              .measured(Metric.LEADER_CHANGES, changes, 0)
              .report(name(), LAYOUT.toString(), target.label()));
    }
  }

  /** A metric without labels from the server's page. */
  private static double metric(HttpClient http, int port, String name)
      throws VoidRunException, InterruptedException {
    try {
      String page =
          http.send(
                  HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
                      .version(HttpClient.Version.HTTP_1_1)
                      .build(),
                  HttpResponse.BodyHandlers.ofString())
              .body();
      return page.lines()
          .filter(line -> line.startsWith(name + " "))
          .map(line -> Double.parseDouble(line.substring(name.length() + 1)))
          .findFirst()
          .orElseThrow(() -> new VoidRunException("the server has no metric " + name));
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
