package dev.kvorum.verticles.metrics;

import dev.kvorum.storage.model.Command;
import java.util.EnumMap;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Requests on their way through consensus, and what this member is. */
public final class ServerMetrics {
  private static final String API_VERSION = "v3";

  /** What is applied; the name is the value of the label. */
  public enum Operation {
    RANGE("Range"),
    PUT("Put"),
    DELETE_RANGE("DeleteRange"),
    TXN("Txn"),
    COMPACTION("Compaction"),
    ALARM("Alarm"),
    CLUSTER_VERSION_SET("ClusterVersionSet"),
    LEASE_GRANT("LeaseGrant"),
    LEASE_REVOKE("LeaseRevoke"),
    LEASE_CHECKPOINT("LeaseCheckpoint"),
    CLUSTER_MEMBER_ATTR_SET("ClusterMemberAttrSet");

    private final String title;

    Operation(String title) {
      this.title = title;
    }

    /** What the command counts as. */
    public static Operation of(Command command) {
      return switch (command) {
        case Command.Range _ -> RANGE;
        case Command.Put _ -> PUT;
        case Command.DeleteRange _ -> DELETE_RANGE;
        case Command.Txn _ -> TXN;
        case Command.Compact _ -> COMPACTION;
        case Command.Alarm _ -> ALARM;
        case Command.PublishMember _ -> CLUSTER_MEMBER_ATTR_SET;
        case Command.SetClusterVersion _ -> CLUSTER_VERSION_SET;
        case Command.LeaseGrant _ -> LEASE_GRANT;
        case Command.LeaseRevoke _, Command.LeaseExpire _ -> LEASE_REVOKE;
        case Command.LeaseCheckpoint _ -> LEASE_CHECKPOINT;
      };
    }
  }

  private final Counter slowApplies;
  private final EnumMap<Operation, Outcomes> applies = new EnumMap<>(Operation.class);
  private final EnumMap<Operation, Outcomes> requests = new EnumMap<>(Operation.class);
  private final Histogram rangeSucceeded;
  private final Histogram rangeFailed;
  private final Counter leaderChanges;
  private final Counter proposalsFailed;
  private final Counter slowReadIndexes;
  private final Counter readIndexesFailed;
  private final Family<Gauge> clusterVersion;
  private final Family<Gauge> alarms;
  private String shownClusterVersion = "";

  ServerMetrics(MetricRegistry registry, NodeMetrics.NodeLabels node, Supplier<NodeState> state) {
    slowApplies =
        registry.counter(
            "etcd_server_slow_apply_total",
            "Applies that took longer than --warning-apply-duration.");
    var applyDurations =
        registry.histograms(
            "etcd_server_apply_duration_seconds",
            "Time to apply a request, by operation.",
            Buckets.doublingSeconds(0.0001, 20),
            "op",
            "success",
            "version");
    var requestDurations =
        registry.histograms(
            "etcd_server_request_duration_seconds",
            "Time from the proposal of a request to its answer, by operation.",
            Buckets.doublingSeconds(0.001, 14),
            "success",
            "type");
    var ranges =
        registry.histograms(
            "etcd_server_range_duration_seconds",
            "Time to evaluate a range.",
            Buckets.doublingSeconds(0.0001, 20),
            "success");
    rangeSucceeded = ranges.with("true");
    rangeFailed = ranges.with("false");
    leaderChanges =
        registry.counter(
            "etcd_server_leader_changes_seen_total", "Changes of leader, the first included.");
    proposalsFailed =
        registry.counter("etcd_server_proposals_failed_total", "Proposals that failed here.");
    slowReadIndexes =
        registry.counter(
            "etcd_server_slow_read_indexes_total", "Rounds for linearizable reads that lagged.");
    readIndexesFailed =
        registry.counter(
            "etcd_server_read_indexes_failed_total", "Rounds for linearizable reads that failed.");
    clusterVersion =
        registry.gauges(
            "etcd_cluster_version",
            "1 for the API version that the whole cluster speaks.",
            "cluster_version");
    alarms =
        registry.gauges(
            "etcd_debugging_server_alarms",
            "1 for each active alarm, by the member that raised it.",
            "alarm_type",
            "server_id");
    for (var operation : Operation.values()) {
      applies.put(
          operation,
          new Outcomes(success -> applyDurations.with(operation.title, success, API_VERSION)));
      requests.put(
          operation, new Outcomes(success -> requestDurations.with(success, operation.title)));
    }
    registerState(registry, state);
    registerIdentity(registry, node);
  }

  private static void registerState(MetricRegistry registry, Supplier<NodeState> state) {
    registry.gauge(
        "etcd_server_has_leader",
        "1 when this member knows a leader.",
        () -> state.get().hasLeader() ? 1 : 0);
    registry.gauge(
        "etcd_server_is_leader",
        "1 when this member is the leader.",
        () -> state.get().leader() ? 1 : 0);
    registry.gauge(
        "etcd_server_is_learner",
        "1 when this member is a learner.",
        () -> state.get().learner() ? 1 : 0);
    registry.gauge(
        "etcd_server_proposals_committed_total",
        "Index of the last committed log entry.",
        () -> state.get().committedIndex());
    registry.gauge(
        "etcd_server_proposals_applied_total",
        "Index of the last applied log entry.",
        () -> state.get().appliedIndex());
    registry.gauge(
        "etcd_server_proposals_pending",
        "Proposals that wait on this member.",
        () -> state.get().pendingProposals());
  }

  private static void registerIdentity(MetricRegistry registry, NodeMetrics.NodeLabels node) {
    registry
        .gauges("etcd_server_version", "1 for the version of this server.", "server_version")
        .with(node.version())
        .set(1);
    registry
        .gauges(
            "etcd_server_go_version",
            "1 for the version of the language's runtime.",
            "server_go_version")
        .with(node.runtimeVersion())
        .set(1);
    registry
        .gauges("etcd_server_id", "1 for the id of this member in hexadecimal.", "server_id")
        .with(Long.toHexString(node.memberId()))
        .set(1);
    registry.gauge("etcd_server_quota_backend_bytes", "Space quota in force.", node::quotaBytes);
  }

  /** One entry was applied. */
  public void applied(Operation operation, boolean success, long nanos) {
    Objects.requireNonNull(applies.get(operation)).observe(success, nanos);
  }

  /** An apply took longer than the warning threshold. */
  public void slowApply() {
    slowApplies.increment();
  }

  /** A proposal was answered. */
  public void requested(Operation operation, boolean success, long nanos) {
    Objects.requireNonNull(requests.get(operation)).observe(success, nanos);
  }

  /** A range was evaluated. */
  public void ranged(boolean success, long nanos) {
    (success ? rangeSucceeded : rangeFailed).observe(nanos);
  }

  public void leaderChanged() {
    leaderChanges.increment();
  }

  public void proposalFailed() {
    proposalsFailed.increment();
  }

  public void readIndexSlow() {
    slowReadIndexes.increment();
  }

  public void readIndexFailed() {
    readIndexesFailed.increment();
  }

  /**
   * The cluster agreed on a version. Called by one thread.
   *
   * @param version such as {@code 3.7.0}; its first two numbers are shown
   */
  public void clusterVersion(String version) {
    var patch = version.indexOf('.', version.indexOf('.') + 1);
    var shown = patch < 0 ? version : version.substring(0, patch);
    if (!shown.equals(shownClusterVersion)) {
      clusterVersion.remove(shownClusterVersion);
      clusterVersion.with(shown).set(1);
      shownClusterVersion = shown;
    }
  }

  /**
   * An alarm was raised or cleared.
   *
   * @param alarm {@code NOSPACE} or {@code CORRUPT}
   */
  public void alarm(long memberId, String alarm, boolean active) {
    alarms.with(alarm, Long.toHexString(memberId)).set(active ? 1 : 0);
  }

  /**
   * The series of one operation, by the value of the label {@code success}. The one of successes is
   * shown from the start, the one of failures from the first failure on.
   */
  private static final class Outcomes {
    private final Function<String, Histogram> bySuccess;
    private final Histogram succeeded;
    private volatile @Nullable Histogram failed;

    Outcomes(Function<String, Histogram> bySuccess) {
      this.bySuccess = bySuccess;
      this.succeeded = bySuccess.apply("true");
    }

    void observe(boolean success, long nanos) {
      if (success) {
        succeeded.observe(nanos);
        return;
      }
      var histogram = failed;
      if (histogram == null) {
        // Two threads may both get here; they get the same series.
        histogram = bySuccess.apply("false");
        failed = histogram;
      }
      histogram.observe(nanos);
    }
  }
}
