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
import java.util.function.Consumer;

/**
 * What watchers that wait cost the server, each with a key of its own: resident memory above that
 * of the server without clients, the highest of a while. All of them are alive: a put for some of
 * them arrives.
 */
public final class WatchMemory implements Benchmark {
  private static final double BYTES_PER_MEBIBYTE = 1 << 20;
  private static final double BAR_MEBIBYTES = 1024;
  private static final int PROBES = 10;
  private static final Duration PATIENCE = Duration.ofSeconds(100);
  private static final Duration WATCHED = Duration.ofSeconds(5);

  private final String name;
  private final Fleet.Layout layout;

  private WatchMemory(String name, Fleet.Layout layout) {
    this.name = name;
    this.layout = layout;
  }

  /** 100,000 streams of one watcher. */
  public static WatchMemory ofStreams() {
    return new WatchMemory("watch-streams", new Fleet.Layout(200, 500, 1));
  }

  /** A million watchers, ten on each stream. */
  public static WatchMemory ofWatchers() {
    return new WatchMemory("watch-watchers", new Fleet.Layout(2_000, 50, 10));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void run(Contest contest, Settings settings, Consumer<Report> reports)
      throws VoidRunException, InterruptedException {
    try (Target target = contest.start(contest.first());
        StreamLoop loop = new StreamLoop()) {
      int port = target.process().plan().clientPort();
      long idle = target.process().usage().residentBytes();
      Fleet fleet = new Fleet(loop, layout);
      fleet.open(port, watcher -> Bar.watch(key(watcher)), PATIENCE);
      long resident = target.process().usage().residentBytes();
      for (int probe = 0; probe < PROBES; probe++) {
        int watcher = (int) ((long) layout.allWatchers() * probe / PROBES);
        new Puts(loop, port, key(watcher), settings.valueBytes()).send();
      }
      fleet.awaitEvents(PROBES, PATIENCE);
      long end = System.nanoTime() + WATCHED.toNanos();
      while (System.nanoTime() < end) {
        loop.poll(100_000_000);
        resident = Math.max(resident, target.process().usage().residentBytes());
      }
      reports.accept(
          new Bar()
              .measured(Metric.RESIDENT, resident / BYTES_PER_MEBIBYTE)
              .measured(Metric.ABOVE_IDLE, (resident - idle) / BYTES_PER_MEBIBYTE, BAR_MEBIBYTES)
              .measured(Metric.PER_WATCHER, (double) (resident - idle) / layout.allWatchers())
              .report(name, layout.toString(), target.label()));
    }
  }

  private static ByteString key(int watcher) {
    return ByteString.copyFromUtf8("/watched/" + watcher);
  }
}
