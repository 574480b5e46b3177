package dev.kvorum.loadtest.workload;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.LeaseGrantRequest;
import dev.kvorum.api.etcdserverpb.LeaseLeasesRequest;
import dev.kvorum.loadtest.report.Metric;
import dev.kvorum.loadtest.report.Report;
import dev.kvorum.loadtest.report.Sample;
import dev.kvorum.loadtest.watch.DeletionWatch;
import dev.kvorum.loadtest.wire.Methods;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Very many leases, each with a key, that all run out in one second, while others put at a steady
 * rate. A watch of the keys says when each lease was gone.
 *
 * <p>The leases are granted one after the other with times that end together. A lease's time begins
 * when it is granted, which is after the client asked for it and before the client has the answer:
 * so it is early if it is gone before the first of them and its time, and late is counted from the
 * second.
 *
 * <p>One server is measured, the first; etcd revokes 1,000 leases a second and would take minutes.
 */
final class LeaseStormBenchmark implements Benchmark {
  private static final int DEFAULT_LEASES = 200_000;
  private static final int PUTS_PER_SECOND = 2_000;
  private static final int OPEN_AT_ONCE = 256;
  private static final int GRANTS_PER_SECOND = 3_000;
  private static final long SECOND_NANOS = 1_000_000_000L;
  private static final Duration IDLE = Duration.ofSeconds(8);
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final ByteString PREFIX = ByteString.copyFromUtf8("/lease/");

  @Override
  public String name() {
    return "lease-storm";
  }

  @Override
  public void run(Contest contest, Settings settings, Consumer<Report> reports)
      throws VoidRunException, InterruptedException {
    int count = settings.count(DEFAULT_LEASES);
    try (Target target = contest.start(contest.first())) {
      Storm storm = new Storm(count);
      Sample sample = storm.run(contest, target, settings);
      reports.accept(
          Report.alone(name(), count + " leases with a key each", target.label(), sample));
    }
  }

  /** One storm: what the client knows of each lease, by its number. */
  private static final class Storm {
    private final int count;

    /** No lease may be gone before this. */
    private final long[] earliestNanos;

    /** From here on a lease is late. */
    private final long[] endNanos;

    private final long[] goneNanos;
    private final CountDownLatch gone;

    Storm(int count) {
      this.count = count;
      earliestNanos = new long[count];
      endNanos = new long[count];
      goneNanos = new long[count];
      gone = new CountDownLatch(count);
    }

    Sample run(Contest contest, Target target, Settings settings)
        throws VoidRunException, InterruptedException {
      int port = target.process().plan().clientPort();
      long calm = IDLE.toNanos() + 4 * SECOND_NANOS;
      long end = System.nanoTime() + (long) count * SECOND_NANOS / GRANTS_PER_SECOND + calm;
      grant(target, end);
      attach(target);
      if (System.nanoTime() > end - calm) {
        throw new VoidRunException("the leases were not granted in time; choose a smaller --count");
      }
      try (DeletionWatch _ = DeletionWatch.open(port, PREFIX, this::deleted);
          SteadyPuts puts =
              SteadyPuts.start(contest.vertx(), port, PUTS_PER_SECOND, settings.valueBytes())) {
        // The storm begins a second before the end: times are whole seconds.
        long storm = end - SECOND_NANOS;
        pass(storm - System.nanoTime());
        if (!gone.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
          throw new VoidRunException(gone.getCount() + " leases are still there");
        }
        long over = System.nanoTime();
        return sample(puts, storm, over, target);
      }
    }

    private void grant(Target target, long end) throws VoidRunException, InterruptedException {
      Bulk.run(
          count,
          OPEN_AT_ONCE,
          number -> {
            long asked = System.nanoTime();
            long ttlSeconds = (end - asked) / SECOND_NANOS;
            earliestNanos[number] = asked + ttlSeconds * SECOND_NANOS;
            return target
                .client()
                .call(
                    Methods.LEASE_GRANT,
                    LeaseGrantRequest.newBuilder().setID(number + 1L).setTTL(ttlSeconds).build())
                .onSuccess(_ -> endNanos[number] = System.nanoTime() + ttlSeconds * SECOND_NANOS);
          });
    }

    private void attach(Target target) throws VoidRunException, InterruptedException {
      int txns = Math.ceilDiv(count, LeasedKeys.PUTS_PER_TXN);
      Bulk.run(
          txns,
          OPEN_AT_ONCE,
          txn -> {
            int from = txn * LeasedKeys.PUTS_PER_TXN;
            int to = Math.min(count, from + LeasedKeys.PUTS_PER_TXN);
            return target
                .client()
                .call(Methods.TXN, LeasedKeys.puts(PREFIX, from, to, number -> number + 1L));
          });
    }

    private void deleted(int number, long revision, long nowNanos) {
      goneNanos[number] = nowNanos;
      gone.countDown();
    }

    private Sample sample(SteadyPuts puts, long storm, long over, Target target)
        throws VoidRunException, InterruptedException {
      long latest = Long.MIN_VALUE;
      long earliest = Long.MAX_VALUE;
      for (int number = 0; number < count; number++) {
        earliest = Math.min(earliest, goneNanos[number] - earliestNanos[number]);
        latest = Math.max(latest, goneNanos[number] - endNanos[number]);
      }
      if (earliest < 0) {
        throw new VoidRunException("a lease ended " + -earliest / 1e6 + " ms early");
      }
      int left =
          target
              .ask(Methods.LEASE_LEASES, LeaseLeasesRequest.getDefaultInstance())
              .getLeasesCount();
      if (left > 0) {
        throw new VoidRunException(left + " leases have no key and live on");
      }
      SteadyPuts.Seen before = puts.between(storm - IDLE.toNanos(), storm);
      SteadyPuts.Seen meanwhile = puts.between(storm, over);
      if (meanwhile.refused() > 0) {
        throw new VoidRunException(meanwhile.refused() + " puts were refused");
      }
      return new Sample(
          Map.of(
              Metric.GONE, latest / 1e6,
              Metric.EARLIEST, earliest / 1e6,
              Metric.IDLE_P99, before.p99Micros(),
              Metric.STORM_P99, meanwhile.p99Micros(),
              Metric.STORM_OVER_IDLE, meanwhile.p99Micros() / before.p99Micros(),
              Metric.LONGEST_GAP, meanwhile.longestGapMicros() / 1e3));
    }

    private static void pass(long nanos) throws InterruptedException {
      var _ = new CountDownLatch(1).await(nanos, TimeUnit.NANOSECONDS);
    }
  }
}
