package dev.kvorum.verticles.metrics;

import java.util.concurrent.atomic.LongAccumulator;

/** Whether the loops keep their time. */
public final class LoopMetrics {
  private static final double NANOS_A_SECOND = 1e9;

  private final Histogram ticksLate;
  private final LongAccumulator latest = new LongAccumulator(Math::max, 0);

  LoopMetrics(MetricRegistry registry) {
    // 0.05 is among the bounds: no tick may be later.
    ticksLate =
        registry.histogram(
            "kvorum_raft_tick_late_seconds",
            "How late Raft's ticks come, measured by the ticks themselves.",
            Buckets.doublingSeconds(0.0015625, 12));
    registry.gauge(
        "kvorum_raft_tick_late_max_seconds",
        "The latest of Raft's ticks since the node serves clients.",
        () -> latest.get() / NANOS_A_SECOND);
  }

  /**
   * The node serves clients. Until now its loops were busy with the start as well, and nobody
   * waited for a tick.
   */
  public void startIsOver() {
    latest.reset();
  }

  /** A tick of Raft ran this many nanoseconds after its time. */
  public void ticked(long lateNanos) {
    ticksLate.observe(lateNanos);
    latest.accumulate(lateNanos);
  }
}
