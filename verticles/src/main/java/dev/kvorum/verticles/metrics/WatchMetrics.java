package dev.kvorum.verticles.metrics;

import dev.kvorum.storage.watch.StreamLag;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** Who watches, and what they were sent. */
public final class WatchMetrics {
  private final LongAdder openStreams = new LongAdder();
  private final Counter events;
  private volatile int watchers;
  private volatile int slowWatchers;
  private volatile int pendingEvents;

  /** Streams whose lag is shown, by rank: a label for each stream would have no bound. */
  public static final int SHOWN_STREAMS = 10;

  private final Gauge laggingStreams;
  private final List<Gauge> lags = new ArrayList<>();

  WatchMetrics(MetricRegistry registry) {
    laggingStreams =
        registry.gauge("kvorum_watch_lagging_streams", "Watch streams that have watchers behind.");
    var byRank =
        registry.gauges(
            "kvorum_watch_stream_lag_revisions",
            "How far the streams are behind that are furthest, the worst first.",
            "rank");
    for (var rank = 1; rank <= SHOWN_STREAMS; rank++) {
      lags.add(byRank.with(Integer.toString(rank)));
    }
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

  /** The streams that are behind, and the worst of them in order; one thread calls. */
  public void lagging(int streams, List<StreamLag> worst) {
    laggingStreams.set(streams);
    for (var rank = 0; rank < SHOWN_STREAMS; rank++) {
      lags.get(rank).set(rank < worst.size() ? worst.get(rank).revisions() : 0);
    }
  }

  /** So many events were sent. */
  public void sent(long count) {
    if (count > 0) {
      events.add(count);
    }
  }
}
