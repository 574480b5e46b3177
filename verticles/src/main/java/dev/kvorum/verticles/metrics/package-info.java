/**
 * What the node counts, under etcd's names, and the Prometheus text that shows it. A general
 * metrics library is not used for these, because it renames them: etcd has gauges that end in
 * {@code _total} and counters that do not, and its users' dashboards depend on both. Observing
 * allocates nothing and takes no lock. Start at {@link dev.kvorum.verticles.metrics.NodeMetrics}.
 */
@NullMarked
package dev.kvorum.verticles.metrics;

import org.jspecify.annotations.NullMarked;
