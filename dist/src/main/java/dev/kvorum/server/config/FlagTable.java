package dev.kvorum.server.config;

import static dev.kvorum.server.config.FlagType.BOOL;
import static dev.kvorum.server.config.FlagType.DURATION;
import static dev.kvorum.server.config.FlagType.EXIT_OR_PROXY;
import static dev.kvorum.server.config.FlagType.FEATURE_GATES;
import static dev.kvorum.server.config.FlagType.INT;
import static dev.kvorum.server.config.FlagType.INT64;
import static dev.kvorum.server.config.FlagType.LIST;
import static dev.kvorum.server.config.FlagType.NEW_OR_EXISTING;
import static dev.kvorum.server.config.FlagType.TEXT;
import static dev.kvorum.server.config.FlagType.UINT;
import static dev.kvorum.server.config.FlagType.UINT32;
import static dev.kvorum.server.config.FlagType.UINT64;
import static dev.kvorum.server.config.FlagType.URLS;
import static dev.kvorum.server.config.FlagType.URLS_OR_STAR;
import static dev.kvorum.server.config.FlagType.V2_DEPRECATION;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Every flag that etcd 3.7 accepts, in the order of its own documentation. A flag that is not here
 * is unknown, also when older releases had it. A test compares the table with the contract's.
 */
final class FlagTable {
  private static final String NO_KEY = "";
  private static final String LOG_ROTATION =
      "{\"maxsize\": 100, \"maxage\": 0, \"maxbackups\": 0, \"localtime\": false, \"compress\":"
          + " false}";

  static final List<Flag> FLAGS =
      List.of(
          inEffect("name", TEXT, "default"),
          inEffect("data-dir", TEXT, ""),
          inEffect("wal-dir", TEXT, ""),
          inEffect("snapshot-count", UINT64, "10000"),
          notYet("snapshot-catchup-entries", UINT64, "5000"),
          notYet("max-snapshots", UINT, "5"),
          notYet("max-wals", UINT, "5"),
          inEffect("heartbeat-interval", UINT, "100"),
          inEffect("election-timeout", UINT, "1000"),
          notYet("initial-election-tick-advance", BOOL, "true"),
          inEffect("listen-peer-urls", URLS, "http://localhost:2380"),
          inEffect("listen-client-urls", URLS, "http://localhost:2379"),
          notYet("listen-client-http-urls", URLS, ""),
          notYet("listen-metrics-urls", URLS, ""),
          inEffect("quota-backend-bytes", INT64, "0"),
          notYet("backend-bbolt-freelist-type", TEXT, "map"),
          notYet("backend-batch-interval", DURATION, "0s"),
          notYet("backend-batch-limit", INT, "0"),
          inEffect("max-txn-ops", UINT, "128"),
          inEffect("max-request-bytes", UINT, "1572864"),
          inEffect("max-concurrent-streams", UINT32, "4294967295"),
          notYet("grpc-keepalive-min-time", DURATION, "5s"),
          notYet("grpc-keepalive-interval", DURATION, "2h0m0s"),
          notYet("grpc-keepalive-timeout", DURATION, "20s"),
          notYet("socket-reuse-port", BOOL, "false", "socket-options.reuse-port"),
          notYet("socket-reuse-address", BOOL, "false", "socket-options.reuse-address"),
          notYet("raft-read-timeout", DURATION, "5s", NO_KEY),
          notYet("raft-write-timeout", DURATION, "5s", NO_KEY),
          notYet("memory-mlock", BOOL, "false"),
          inEffect("initial-advertise-peer-urls", URLS, "http://localhost:2380"),
          inEffect("advertise-client-urls", URLS, "http://localhost:2379"),
          inEffect("initial-cluster", TEXT, "default=http://localhost:2380"),
          inEffect("initial-cluster-state", NEW_OR_EXISTING, "new"),
          inEffect("initial-cluster-token", TEXT, "etcd-cluster"),
          notYet("discovery-token", TEXT, "", "discovery-config.token"),
          notYet("discovery-endpoints", LIST, "", "discovery-config.client.endpoints"),
          notYet("discovery-dial-timeout", DURATION, "2s", "discovery-config.client.dial-timeout"),
          notYet(
              "discovery-request-timeout",
              DURATION,
              "5s",
              "discovery-config.client.request-timeout"),
          notYet(
              "discovery-keepalive-time",
              DURATION,
              "2s",
              "discovery-config.client.keep-alive-time"),
          notYet(
              "discovery-keepalive-timeout",
              DURATION,
              "6s",
              "discovery-config.client.keep-alive-timeout"),
          notYet(
              "discovery-insecure-transport",
              BOOL,
              "true",
              "discovery-config.client.secure.insecure-transport"),
          notYet(
              "discovery-insecure-skip-tls-verify",
              BOOL,
              "false",
              "discovery-config.client.secure.insecure-skip-tls-verify"),
          notYet("discovery-cert", TEXT, "", "discovery-config.client.secure.cert"),
          notYet("discovery-key", TEXT, "", "discovery-config.client.secure.key"),
          notYet("discovery-cacert", TEXT, "", "discovery-config.client.secure.cacert"),
          notYet("discovery-user", TEXT, "", "discovery-config.client.auth.username"),
          notYet("discovery-password", TEXT, "", "discovery-config.client.auth.password"),
          notYet("discovery-fallback", EXIT_OR_PROXY, "exit", NO_KEY),
          notYet("discovery-srv", TEXT, ""),
          notYet("discovery-srv-name", TEXT, ""),
          notYet("strict-reconfig-check", BOOL, "true"),
          notYet("pre-vote", BOOL, "true"),
          notYet("max-learners", INT, "1"),
          notYet("force-new-cluster", BOOL, "false"),
          inEffect("auto-compaction-retention", TEXT, "0"),
          inEffect("auto-compaction-mode", TEXT, "periodic"),
          notYet("compaction-batch-limit", INT, "0"),
          notYet("compaction-sleep-interval", DURATION, "0s"),
          notYet("cert-file", TEXT, "", "client-transport-security.cert-file"),
          notYet("key-file", TEXT, "", "client-transport-security.key-file"),
          notYet("client-cert-file", TEXT, "", "client-transport-security.client-cert-file"),
          notYet("client-key-file", TEXT, "", "client-transport-security.client-key-file"),
          notYet("client-cert-auth", BOOL, "false", "client-transport-security.client-cert-auth"),
          notYet("client-crl-file", TEXT, "", NO_KEY),
          notYet(
              "client-cert-allowed-hostname",
              LIST,
              "",
              "client-transport-security.allowed-hostname"),
          notYet("trusted-ca-file", TEXT, "", "client-transport-security.trusted-ca-file"),
          notYet("auto-tls", BOOL, "false", "client-transport-security.auto-tls"),
          notYet("peer-cert-file", TEXT, "", "peer-transport-security.cert-file"),
          notYet("peer-key-file", TEXT, "", "peer-transport-security.key-file"),
          notYet("peer-client-cert-file", TEXT, "", "peer-transport-security.client-cert-file"),
          notYet("peer-client-key-file", TEXT, "", "peer-transport-security.client-key-file"),
          notYet(
              "peer-client-cert-auth", BOOL, "false", "peer-transport-security.client-cert-auth"),
          notYet("peer-trusted-ca-file", TEXT, "", "peer-transport-security.trusted-ca-file"),
          notYet("peer-cert-allowed-cn", LIST, "", "peer-transport-security.allowed-cn"),
          notYet(
              "peer-cert-allowed-hostname", LIST, "", "peer-transport-security.allowed-hostname"),
          notYet("peer-auto-tls", BOOL, "false", "peer-transport-security.auto-tls"),
          notYet("peer-crl-file", TEXT, "", NO_KEY),
          notYet(
              "peer-skip-client-san-verification",
              BOOL,
              "false",
              "peer-transport-security.skip-client-san-verification"),
          notYet("self-signed-cert-validity", UINT, "1"),
          notYet("cipher-suites", LIST, ""),
          notYet("tls-min-version", TEXT, "TLS1.2"),
          notYet("tls-max-version", TEXT, ""),
          notYet("cors", URLS_OR_STAR, "*"),
          notYet("host-whitelist", TEXT, "*"),
          inEffect("logger", TEXT, "zap"),
          inEffect("log-outputs", LIST, "default"),
          inEffect("log-level", TEXT, "info"),
          inEffect("log-format", TEXT, "json"),
          notYet("enable-log-rotation", BOOL, "false"),
          notYet("log-rotation-config-json", TEXT, LOG_ROTATION),
          inEffect("warning-unary-request-duration", DURATION, "300ms"),
          inEffect("warning-apply-duration", DURATION, "100ms"),
          notYet("enable-pprof", BOOL, "false"),
          notYet("metrics", TEXT, "basic"),
          notYet("enable-distributed-tracing", BOOL, "false"),
          notYet("distributed-tracing-address", TEXT, "localhost:4317"),
          notYet("distributed-tracing-service-name", TEXT, "etcd"),
          notYet("distributed-tracing-instance-id", TEXT, ""),
          notYet("distributed-tracing-sampling-rate", INT, "0"),
          notYet("auth-token", TEXT, "simple"),
          notYet("bcrypt-cost", UINT, "10"),
          notYet("auth-token-ttl", UINT, "300"),
          notYet("enable-grpc-gateway", BOOL, "true"),
          notYet("corrupt-check-time", DURATION, "0s"),
          notYet("compact-hash-check-time", DURATION, "1m0s"),
          inEffect("watch-progress-notify-interval", DURATION, "0s"),
          notYet("downgrade-check-time", DURATION, "5s"),
          notYet("bootstrap-defrag-threshold-megabytes", UINT, "0"),
          inEffect("unsafe-no-fsync", BOOL, "false"),
          inEffect("feature-gates", FEATURE_GATES, ""),
          inEffect("config-file", TEXT, "", NO_KEY),
          inEffect("version", BOOL, "false", NO_KEY),
          notYet("v2-deprecation", V2_DEPRECATION, "write-only"),
          ignored("cluster-active-size"),
          ignored("cluster-remove-delay"),
          ignored("cluster-sync-interval"),
          ignored("config"),
          ignored("force"),
          ignored("max-result-buffer"),
          ignored("max-retry-attempts"),
          ignored("peer-heartbeat-interval"),
          ignored("peer-election-timeout"),
          ignored("retry-interval"),
          ignored("snapshot"),
          ignored("v"),
          ignored("vv"),
          ignored("test.coverprofile"),
          ignored("test.outputdir"));

  private static final Map<String, Flag> BY_NAME = new HashMap<>();

  static {
    FLAGS.forEach(flag -> BY_NAME.put(flag.name(), flag));
  }

  private FlagTable() {}

  /** The flag of that name, or null. */
  static @Nullable Flag find(String name) {
    return BY_NAME.get(name);
  }

  /** The flag of a name that occurs in our own code. */
  static Flag known(String name) {
    var flag = BY_NAME.get(name);
    if (flag == null) {
      throw new IllegalArgumentException("no flag " + name);
    }
    return flag;
  }

  private static Flag inEffect(String name, FlagType type, String defaultText) {
    return inEffect(name, type, defaultText, name);
  }

  private static Flag inEffect(String name, FlagType type, String defaultText, String fileKey) {
    return new Flag(name, type, defaultText, fileKey, Flag.Status.IN_EFFECT);
  }

  private static Flag notYet(String name, FlagType type, String defaultText) {
    return notYet(name, type, defaultText, name);
  }

  private static Flag notYet(String name, FlagType type, String defaultText, String fileKey) {
    return new Flag(name, type, defaultText, fileKey, Flag.Status.NOT_YET_IN_EFFECT);
  }

  private static Flag ignored(String name) {
    return new Flag(name, FlagType.ANY, "", NO_KEY, Flag.Status.IGNORED);
  }
}
