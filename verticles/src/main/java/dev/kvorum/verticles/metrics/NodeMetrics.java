package dev.kvorum.verticles.metrics;

import dev.kvorum.verticles.service.Ledger;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * Everything that one node counts. The parts that do the work get the part that they feed; the HTTP
 * edge shows the whole. The families and their buckets are etcd's (the contract's metrics table),
 * and a test compares them; what etcd has no word for begins with {@code kvorum_}.
 */
public final class NodeMetrics {
  private final MetricRegistry registry = new MetricRegistry();
  private final ServerMetrics server;
  private final DiskMetrics disk;
  private final MvccMetrics mvcc;
  private final LeaseMetrics lease;
  private final WatchMetrics watch;
  private final LoopMetrics loops;
  private final IndexMetrics index;
  private final RpcMetrics rpc;
  private final HttpMetrics http;

  /**
   * @param node who this is: shown as labels
   * @param state is asked at each scrape, on the thread that scrapes
   * @param extensive whether RPCs are timed as well ({@code --metrics=extensive})
   */
  public NodeMetrics(NodeLabels node, Supplier<NodeState> state, boolean extensive) {
    server = new ServerMetrics(registry, node, state);
    disk = new DiskMetrics(registry);
    mvcc = new MvccMetrics(registry, state);
    lease = new LeaseMetrics(registry);
    watch = new WatchMetrics(registry);
    loops = new LoopMetrics(registry);
    index = new IndexMetrics(registry);
    rpc = new RpcMetrics(registry, extensive);
    http = new HttpMetrics(registry);
    ProcessMetrics.register(registry);
  }

  /**
   * What never changes while the node runs.
   *
   * @param memberId shown in hexadecimal
   * @param version the release whose API this is, such as {@code 3.7.1}
   * @param runtimeVersion what etcd's users know as the Go version
   * @param quotaBytes the quota in force; negative when there is none (contract S17.3)
   */
  public record NodeLabels(long memberId, String version, String runtimeVersion, long quotaBytes) {}

  /** Shows how much memory clients' work occupies, and how much it may. */
  public void show(Ledger ledger) {
    for (var account : Ledger.Account.values()) {
      var name = "kvorum_ledger_" + account.name().toLowerCase(Locale.ROOT);
      registry.gauge(
          name + "_bytes",
          "What " + account + " occupies in memory.",
          () -> (double) ledger.used(account));
      registry.gauge(
          name + "_limit_bytes",
          "From where on nothing is added to " + account + ".",
          () -> (double) ledger.most(account));
    }
  }

  public ServerMetrics server() {
    return server;
  }

  public IndexMetrics index() {
    return index;
  }

  public DiskMetrics disk() {
    return disk;
  }

  public MvccMetrics mvcc() {
    return mvcc;
  }

  public LeaseMetrics lease() {
    return lease;
  }

  public WatchMetrics watch() {
    return watch;
  }

  public LoopMetrics loops() {
    return loops;
  }

  public RpcMetrics rpc() {
    return rpc;
  }

  public HttpMetrics http() {
    return http;
  }

  MetricRegistry registry() {
    return registry;
  }

  /** The exposition of this moment as every scraper reads it. May read files. */
  public String scrape() {
    return scrape(ExpositionFormat.PROMETHEUS_TEXT);
  }

  /** The exposition of this moment. May read files. */
  public String scrape(ExpositionFormat format) {
    return PrometheusText.of(registry, format);
  }
}
