package dev.kvorum.verticles.metrics;

import dev.kvorum.storage.index.IndexUsage;

/** What the key index takes, and who holds it. */
public final class IndexMetrics {
  private volatile IndexUsage usage = new IndexUsage(0, 0, 0, 0, 0, 0);

  IndexMetrics(MetricRegistry registry) {
    registry.gauge(
        "kvorum_index_allocated_bytes",
        "Memory that the key index has from the system.",
        () -> usage.allocatedBytes());
    registry.gauge(
        "kvorum_index_used_bytes", "Memory of the key index in use.", () -> usage.usedBytes());
    registry.gauge(
        "kvorum_index_retired_bytes",
        "Memory of the key index that only readers of older views use.",
        () -> usage.retiredBytes());
    registry.gauge(
        "kvorum_index_open_views",
        "Views of the key index that are held.",
        () -> usage.openViews());
    registry.gauge(
        "kvorum_index_oldest_view_age",
        "Views of the key index made since the oldest one that is held.",
        () -> usage.oldestViewAge());
  }

  /** A view was published, and this is what the index takes. */
  public void published(IndexUsage now) {
    usage = now;
  }
}
