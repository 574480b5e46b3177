package dev.kvorum.loadtest.workload;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.CompactionRequest;
import dev.kvorum.api.etcdserverpb.DeleteRangeRequest;
import dev.kvorum.loadtest.report.Metric;
import dev.kvorum.loadtest.report.Report;
import dev.kvorum.loadtest.report.Sample;
import dev.kvorum.loadtest.server.DiskUsage;
import dev.kvorum.loadtest.wire.Methods;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Much is written, nine tenths of it are deleted, history is compacted every ten seconds, and puts
 * go on at a steady rate: how long until the files are as small as they should be?
 */
final class SpaceBenchmark implements Benchmark {
  private static final long DEFAULT_BYTES = 1L << 30;
  private static final int PUTS_PER_SECOND = 500;

  /** Of a record beside its value: a key of 41 bytes, three numbers and the fields' heads. */
  private static final int RECORD_BYTES = 41 + 18;

  private static final Duration BETWEEN_COMPACTIONS = Duration.ofSeconds(10);
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final long STATE_ROOM = 32L << 20;
  private static final long LOGS_ROOM = 512L << 20;

  @Override
  public String name() {
    return "space";
  }

  @Override
  public void run(Contest contest, Settings settings, Consumer<Report> reports)
      throws VoidRunException, InterruptedException {
    int keys =
        settings.count(Math.toIntExact(DEFAULT_BYTES / (RECORD_BYTES + settings.valueBytes())));
    try (Target target = contest.start(contest.first())) {
      ManyKeys.load(target, keys, settings.valueBytes(), 1);
      for (String kind : ManyKeys.kinds().subList(1, ManyKeys.kinds().size())) {
        target.ask(
            Methods.DELETE_RANGE,
            DeleteRangeRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8("/registry/" + kind + "/"))
                .setRangeEnd(ByteString.copyFromUtf8("/registry/" + kind + "0"))
                .build());
      }
      double live = keys / 10.0 * (RECORD_BYTES + settings.valueBytes());
      Path data = target.process().plan().dataDirectory();
      try (SteadyPuts _ =
          SteadyPuts.start(
              contest.vertx(),
              target.process().plan().clientPort(),
              PUTS_PER_SECOND,
              settings.valueBytes())) {
        long began = System.nanoTime();
        Duration took;
        long state;
        long logs;
        do {
          target.ask(
              Methods.COMPACT,
              CompactionRequest.newBuilder().setRevision(target.revision()).build());
          var _ =
              new CountDownLatch(1).await(BETWEEN_COMPACTIONS.toMillis(), TimeUnit.MILLISECONDS);
          state = DiskUsage.of(data.resolve("state"));
          logs = DiskUsage.of(data.resolve("journal")) + DiskUsage.of(data.resolve("snapshots"));
          took = Duration.ofNanos(System.nanoTime() - began);
        } while (took.compareTo(LIMIT) < 0
            && (state > 2 * live + STATE_ROOM || logs > 3 * live + LOGS_ROOM));
        reports.accept(
            Report.alone(
                name(),
                keys + " keys of " + settings.valueBytes() + " bytes",
                target.label(),
                new Sample(
                    Map.of(
                        Metric.WORK_TOOK, took.toNanos() / 1e6,
                        Metric.STATE_OVER_LIVE, state / live,
                        Metric.LOGS_OVER_LIVE, logs / live,
                        Metric.LIVE, live / (1 << 20),
                        Metric.STATE, state / (double) (1 << 20),
                        Metric.LOGS, logs / (double) (1 << 20)))));
      }
    }
  }
}
