package dev.kvorum.verticles.metrics;

import java.util.concurrent.atomic.LongAdder;

/** Who watches, and what they were sent. */
public final class WatchMetrics {
  private final LongAdder openStreams = new LongAdder();
  private final Counter events;
  private volatile int watchers;
  private volatile int slowWatchers;
  private volatile int pendingEvents;

  WatchMetrics(MetricRegistry registry) {
    registry.gauge(
        "etcd_debugging_mvcc_watch_stream_total", "Open watch streams.", openStreams::sum);
    registry.gauge("etcd_debugging_mvcc_watcher_total", "Open watchers.", () -> watchers);
    registry.gauge(
        "etcd_debugging_mvcc_slow_watcher_total", "Watchers that are behind.", () -> slowWatchers);
    registry.gauge(
        "etcd_debugging_mvcc_pending_events_total",
        "Events that wait for their delivery.",
        () -> pendingEvents);
    events =
        registry.counter(
            "etcd_debugging_mvcc_events_total", "Events sent, counted for each watcher.");
  }

  public void streamOpened() {
    openStreams.increment();
  }

  public void streamClosed() {
    openStreams.decrement();
  }

  /** The hub's state after a step; one thread calls. */
  public void watchers(int all, int behind, int queuedEvents) {
    watchers = all;
    slowWatchers = behind;
    pendingEvents = queuedEvents;
  }

  /** So many events were sent. */
  public void sent(long count) {
    if (count > 0) {
      events.add(count);
    }
  }
}
