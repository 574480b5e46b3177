package dev.kvorum.verticles.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class NodeMetricsTest {
  private final AtomicReference<NodeState> state = new AtomicReference<>(NodeState.UNKNOWN);
  private final NodeMetrics metrics =
      new NodeMetrics(
          new NodeMetrics.NodeLabels(0x8e9e05c52164694dL, "3.7.1", "java25", 2L << 30),
          state::get,
          false);

  @Test
  void gaugesShowTheStateOfTheMoment() {
    assertThat(metrics.scrape())
        .contains("\netcd_server_has_leader 0\n", "\netcd_debugging_mvcc_keys_total 0\n");

    state.set(new NodeState(true, true, false, 12, 11, 1, 7, 3, 5, 20_480, 8_192, 2));

    assertThat(metrics.scrape())
        .contains(
            "\netcd_server_has_leader 1\n",
            "\netcd_server_is_leader 1\n",
            "\netcd_server_is_learner 0\n",
            "\netcd_server_proposals_committed_total 12\n",
            "\netcd_server_proposals_applied_total 11\n",
            "\netcd_server_proposals_pending 1\n",
            "\netcd_debugging_mvcc_current_revision 7\n",
            "\netcd_debugging_mvcc_compact_revision 3\n",
            "\netcd_debugging_mvcc_keys_total 5\n",
            "\netcd_mvcc_db_total_size_in_bytes 20480\n",
            "\netcd_mvcc_db_total_size_in_use_in_bytes 8192\n",
            "\netcd_mvcc_db_open_read_transactions 2\n");
  }

  @Test
  void identityIsShownAsLabels() {
    metrics.server().clusterVersion("3.6.0");
    metrics.server().clusterVersion("3.7.0");
    metrics.server().alarm(0x8e9e05c52164694dL, "NOSPACE", true);

    assertThat(metrics.scrape())
        .contains(
            "\netcd_server_id{server_id=\"8e9e05c52164694d\"} 1\n",
            "\netcd_server_version{server_version=\"3.7.1\"} 1\n",
            "\netcd_cluster_version{cluster_version=\"3.7\"} 1\n",
            "\netcd_server_quota_backend_bytes 2.147483648e+09\n",
            "\netcd_debugging_server_alarms"
                + "{alarm_type=\"NOSPACE\",server_id=\"8e9e05c52164694d\"} 1\n")
        .doesNotContain("cluster_version=\"3.6\"");
  }

  /** While the node starts its loops have other work, and no client waits for a tick. */
  @Test
  void theLatestTickIsThatOfTheTimeInWhichClientsAreServed() {
    metrics.loops().ticked(300_000_000);
    metrics.loops().startIsOver();
    metrics.loops().ticked(20_000_000);

    assertThat(metrics.scrape())
        .contains(
            "\nkvorum_raft_tick_late_max_seconds 0.02\n",
            "\nkvorum_raft_tick_late_seconds_count 2\n");
  }

  @Test
  void theVerdictsOfAStartAreCounted() {
    metrics.disk().found("sound");
    metrics.disk().found("rot");
    metrics.disk().found("rot");

    assertThat(metrics.scrape())
        .contains(
            "\nkvorum_journal_verdicts_total{verdict=\"rot\"} 2\n",
            "\nkvorum_journal_verdicts_total{verdict=\"sound\"} 1\n");
  }

  @Test
  void callsAreCountedByMethodAndCode() {
    var put = metrics.rpc().method("etcdserverpb.KV", "Put", RpcMetrics.Kind.UNARY);
    metrics.rpc().method("etcdserverpb.Watch", "Watch", RpcMetrics.Kind.of(true, true));
    put.started();
    put.received();
    put.finished(8, 1_000);
    put.finished(99, 1_000);

    var labels = "{grpc_method=\"Put\",grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"}";
    var byCode = "grpc_method=\"Put\",grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"} ";
    assertThat(metrics.scrape())
        .contains(
            "\ngrpc_server_started_total" + labels + " 1\n",
            "\ngrpc_server_msg_received_total" + labels + " 1\n",
            "\ngrpc_server_msg_sent_total" + labels + " 0\n",
            "\ngrpc_server_handled_total{grpc_code=\"ResourceExhausted\"," + byCode + "1\n",
            "\ngrpc_server_handled_total{grpc_code=\"Unknown\"," + byCode + "1\n",
            "\ngrpc_server_handled_total{grpc_code=\"OK\"," + byCode + "0\n",
            "grpc_type=\"bidi_stream\"} 0\n")
        .doesNotContain("grpc_server_handling_seconds");
  }

  @Test
  void clientsCannotMakeTheNumberOfSeriesGrowWithoutBound() {
    for (var number = 0; number < 1_000; number++) {
      metrics.rpc().clientRequest(RpcMetrics.Kind.UNARY, "3." + number);
    }
    metrics.rpc().clientRequest(RpcMetrics.Kind.BIDI_STREAM, null);

    var series =
        metrics
            .scrape()
            .lines()
            .filter(line -> line.startsWith("etcd_server_client_requests_total{"))
            .toList();
    assertThat(series)
        .hasSizeLessThan(70)
        .contains(
            "etcd_server_client_requests_total{client_api_version=\"3.1\",type=\"unary\"} 1",
            "etcd_server_client_requests_total{client_api_version=\"unknown\",type=\"stream\"} 1")
        .anyMatch(line -> line.contains("unknown") && line.contains("unary"));
  }

  @Test
  void workIsCounted() {
    metrics.mvcc().executed(1, 2, 3, 4);
    metrics.mvcc().dbCompacted(10, 5_000_000, 1_795_000_000);
    metrics.disk().walWritten(4_096, 10_000);
    metrics.disk().walSynced(1_500_000);
    metrics.disk().defragmentBegins();
    metrics.server().applied(ServerMetrics.Operation.PUT, true, 150_000);
    metrics.server().applied(ServerMetrics.Operation.TXN, false, 1);
    metrics.server().requested(ServerMetrics.Operation.PUT, true, 2_000_000);

    var put = "op=\"Put\",success=\"true\",version=\"v3\"";
    assertThat(metrics.scrape())
        .contains(
            "\netcd_mvcc_range_total 1\n",
            "\netcd_mvcc_put_total 2\n",
            "\netcd_mvcc_delete_total 3\n",
            "\netcd_mvcc_txn_total 4\n",
            "\netcd_debugging_mvcc_db_compaction_keys_total 10\n",
            "\netcd_debugging_mvcc_db_compaction_last 1.795e+09\n",
            "\netcd_disk_wal_write_bytes_total 4096\n",
            "\netcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.001\"} 0\n",
            "\netcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.002\"} 1\n",
            "\netcd_disk_wal_fsync_duration_seconds_sum 0.0015\n",
            "\netcd_disk_defrag_inflight 1\n",
            "\netcd_server_apply_duration_seconds_bucket{" + put + ",le=\"0.0002\"} 1\n",
            "\netcd_server_apply_duration_seconds_count"
                + "{op=\"Txn\",success=\"false\",version=\"v3\"} 1\n");
  }

  /** On Linux, where the server is meant to run; elsewhere the numbers are zero. */
  @Test
  void processIsReadFromTheSystem() {
    if (!java.nio.file.Files.exists(java.nio.file.Path.of("/proc/self/stat"))) {
      return;
    }
    var scraped = metrics.scrape();
    assertThat(value(scraped, "process_cpu_seconds_total")).isBetween(0.05, 100_000.0);
    assertThat(value(scraped, "process_resident_memory_bytes")).isBetween(2e7, 1e11);
    assertThat(value(scraped, "process_virtual_memory_bytes"))
        .isGreaterThan(value(scraped, "process_resident_memory_bytes"));
    assertThat(value(scraped, "process_open_fds")).isBetween(3.0, 100_000.0);
    assertThat(value(scraped, "os_fd_limit")).isGreaterThan(value(scraped, "os_fd_used"));
    assertThat(value(scraped, "process_max_fds")).isEqualTo(value(scraped, "os_fd_limit"));
    assertThat(value(scraped, "process_virtual_memory_max_bytes")).isPositive();
    assertThat(value(scraped, "process_network_receive_bytes_total")).isNotNegative();
    var now = System.currentTimeMillis() / 1000.0;
    assertThat(value(scraped, "process_start_time_seconds")).isBetween(now - 86_400, now + 1);
  }

  private static double value(String scraped, String name) {
    var matcher = Pattern.compile("(?m)^" + name + " (.*)$").matcher(scraped);
    assertThat(matcher.find()).as(name).isTrue();
    return Double.parseDouble(matcher.group(1));
  }
}
