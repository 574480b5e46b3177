package dev.kvorum.server.config;

import dev.kvorum.server.config.Note.Severity;
import dev.kvorum.server.notation.GoDuration;
import dev.kvorum.server.notation.GoText;
import dev.kvorum.server.notation.NotationException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.slf4j.event.KeyValuePair;

/**
 * Makes the configuration out of flag values: checks what one flag demands of another, in etcd's
 * order, and fills in what follows from what was given.
 */
final class ConfigBuilder {
  private static final Duration DEFAULT_PROGRESS_INTERVAL = Duration.ofMinutes(10);
  private static final Duration LEAST_PROGRESS_INTERVAL = Duration.ofMillis(100);
  private static final String DEFAULT_NAME = "default";
  private static final long DEFAULT_SNAPSHOT_COUNT = 10_000;
  private static final long DEFAULT_QUOTA_BYTES = 2L << 30;
  private static final long RECOMMENDED_QUOTA_BYTES = 8L << 30;
  private static final long RECOMMENDED_REQUEST_BYTES = 10L << 20;
  private static final long LONGEST_ELECTION_MILLIS = 50_000;
  private static final long MOST_STREAMS = 0xffff_ffffL;
  private static final long HEARTBEATS_A_TIMEOUT = 5;

  private final FlagValues values;
  private final boolean fromFile;
  private final List<Note> notes;

  /**
   * @param fromFile the values come from a configuration file, where defaults hold on more
   *     stubbornly
   * @param notes takes what should be logged
   */
  ConfigBuilder(FlagValues values, boolean fromFile, List<Note> notes) {
    this.values = values;
    this.fromFile = fromFile;
    this.notes = notes;
  }

  ServerConfig build() throws ConfigException {
    if (values.text("discovery-fallback").equals("proxy")) {
      throw new ConfigException(
          "v2 proxy is deprecated, and --discovery-fallback can't be configured as \"proxy\"");
    }
    var log = log();
    var addresses = Addresses.of(values, fromFile, notes);
    checkBootstrap();
    var heartbeat = values.unsigned("heartbeat-interval");
    var election = values.unsigned("election-timeout");
    checkTimes(heartbeat, election);
    addresses.checkAdvertised();
    var retention = compactionRetention();
    checkNotYetInEffect();
    notice(addresses);
    var cluster =
        new ClusterConfig(
            addresses.initialCluster(),
            values.text("initial-cluster-token"),
            Duration.ofMillis(heartbeat),
            Duration.ofMillis(election),
            quotaBytes(),
            (int) Math.min(values.unsigned("max-txn-ops"), Integer.MAX_VALUE),
            maxRequestBytes(),
            retention,
            leaseCheckpoints());
    var member =
        new MemberConfig(
            values.text("name"),
            dataDirectory(),
            values.text("wal-dir").isEmpty() ? null : Path.of(values.text("wal-dir")),
            addresses.listenClient(),
            addresses.advertiseClient(),
            addresses.listenPeer(),
            addresses.advertisePeer(),
            values.text("initial-cluster-state").equals("existing")
                ? MemberConfig.ClusterState.EXISTING
                : MemberConfig.ClusterState.NEW,
            maxConcurrentStreams(),
            snapshotCount(),
            watchProgressInterval(),
            values.duration("warning-unary-request-duration"),
            values.duration("warning-apply-duration"),
            !values.bool("unsafe-no-fsync"),
            log);
    return new ServerConfig(cluster, member);
  }

  private boolean leaseCheckpoints() throws ConfigException {
    var gates = values.gates();
    var on = gates.isOn(FeatureGates.Gate.LEASE_CHECKPOINT);
    if (!on && gates.isOn(FeatureGates.Gate.LEASE_CHECKPOINT_PERSIST)) {
      throw new ConfigException(
          "enabling feature gate LeaseCheckpointPersist requires enabling feature gate"
              + " LeaseCheckpoint");
    }
    return on;
  }

  private LogConfig log() throws ConfigException {
    var logger = values.text("logger");
    if (!logger.equals("zap")) {
      throw new ConfigException("unknown logger option " + GoText.quoted(logger));
    }
    var outputs = values.list("log-outputs");
    if (outputs.isEmpty()) {
      outputs = List.of("default");
    }
    if (outputs.size() > 1 && outputs.contains("default")) {
      throw new ConfigException("multi logoutput for \"default\" is not supported yet");
    }
    if (outputs.size() > 1 && outputs.contains("systemd/journal")) {
      throw new ConfigException("systemd/journal must be the only one of --log-outputs");
    }
    return new LogConfig(level(), format(), outputs);
  }

  private LogConfig.Level level() throws ConfigException {
    var text = values.text("log-level");
    return switch (text.equals(text.toUpperCase(Locale.ROOT))
        ? text.toLowerCase(Locale.ROOT)
        : text) {
      case "debug" -> LogConfig.Level.DEBUG;
      case "info", "" -> LogConfig.Level.INFO;
      case "warn" -> LogConfig.Level.WARN;
      case "error" -> LogConfig.Level.ERROR;
      case "dpanic" -> LogConfig.Level.DPANIC;
      case "panic" -> LogConfig.Level.PANIC;
      case "fatal" -> LogConfig.Level.FATAL;
      default -> throw new ConfigException("unrecognized level: " + GoText.quoted(text));
    };
  }

  private LogConfig.Format format() throws ConfigException {
    var text = values.text("log-format");
    return switch (text) {
      case "json", "" -> LogConfig.Format.JSON;
      case "console" -> LogConfig.Format.CONSOLE;
      default ->
          throw new ConfigException(
              "unknown log format: " + text + ", supported values json, console");
    };
  }

  private void checkBootstrap() throws ConfigException {
    var byService = !values.text("discovery-srv").isEmpty();
    var byEndpoints = values.isGiven("discovery-endpoints");
    var byList = values.isGiven("initial-cluster") && !values.text("initial-cluster").isEmpty();
    if ((byService ? 1 : 0) + (byEndpoints ? 1 : 0) + (byList ? 1 : 0) > 1) {
      throw new ConfigException(
          "multiple discovery or bootstrap flags are set. Choose one of \"initial-cluster\","
              + " \"discovery-endpoints\" or \"discovery-srv\"");
    }
    if (byEndpoints == values.text("discovery-token").isEmpty()) {
      throw new ConfigException("both --discovery-token and --discovery-endpoints must be set");
    }
    if (byService || byEndpoints) {
      throw new ConfigException(
          "--discovery-srv and --discovery-endpoints are not yet in effect; use --initial-cluster");
    }
  }

  private static void checkTimes(long heartbeat, long election) throws ConfigException {
    if (heartbeat == 0) {
      throw new ConfigException("--heartbeat-interval must be >0 (set to 0ms)");
    }
    if (election == 0) {
      throw new ConfigException("--election-timeout must be >0 (set to 0ms)");
    }
    if (heartbeat > election / HEARTBEATS_A_TIMEOUT) {
      throw new ConfigException(
          "--election-timeout["
              + election
              + "ms] should be at least as 5 times as --heartbeat-interval["
              + heartbeat
              + "ms]");
    }
    if (election > LONGEST_ELECTION_MILLIS) {
      throw new ConfigException(
          "--election-timeout["
              + election
              + "ms] is too long, and should be set less than "
              + LONGEST_ELECTION_MILLIS
              + "ms");
    }
  }

  private CompactionRetention compactionRetention() throws ConfigException {
    var mode = values.text("auto-compaction-mode");
    if (mode.isEmpty()) {
      throw new ConfigException("undefined auto-compaction-mode");
    }
    if (!mode.equals("periodic") && !mode.equals("revision")) {
      throw new ConfigException("unknown auto-compaction-mode " + GoText.quoted(mode));
    }
    var text = values.text("auto-compaction-retention");
    try {
      var byRevision = mode.equals("revision");
      var isNumber = text.isEmpty() || text.chars().allMatch(c -> c >= '0' && c <= '9');
      if (isNumber) {
        var number = text.isEmpty() ? 0 : Long.parseLong(text);
        if (number == 0) {
          return new CompactionRetention.Everything();
        }
        return byRevision
            ? new CompactionRetention.Revisions(number)
            : new CompactionRetention.Period(Duration.ofNanos(Duration.ofHours(number).toNanos()));
      }
      var nanos = GoDuration.parse(text);
      if (byRevision || nanos < 0) {
        throw new ConfigException(
            "error parsing CompactionRetention: "
                + GoText.quoted(text)
                + (byRevision ? " is not a number of revisions" : " is negative"));
      }
      return nanos == 0
          ? new CompactionRetention.Everything()
          : new CompactionRetention.Period(Duration.ofNanos(nanos));
    } catch (NotationException wrong) {
      throw new ConfigException("error parsing CompactionRetention: " + wrong.reason());
    } catch (NumberFormatException | ArithmeticException _) {
      throw new ConfigException(
          "error parsing CompactionRetention: " + GoText.quoted(text) + " is out of range");
    }
  }

  /** Settings that etcd refuses on their own account, though nothing here acts on them yet. */
  private void checkNotYetInEffect() throws ConfigException {
    var checkTime = values.duration("compact-hash-check-time");
    if (!checkTime.isPositive()) {
      throw new ConfigException(
          "--compact-hash-check-time must be >0 (set to " + GoDuration.format(checkTime) + ")");
    }
    var least = tlsVersion("tls-min-version");
    var most = tlsVersion("tls-max-version");
    if (most != 0 && least > most) {
      throw new ConfigException(
          "min version ("
              + values.text("tls-min-version")
              + ") is greater than max version ("
              + values.text("tls-max-version")
              + ")");
    }
    if (least == 13 && !values.list("cipher-suites").isEmpty()) {
      throw new ConfigException("cipher suites cannot be configured when only TLS1.3 is enabled");
    }
  }

  private int tlsVersion(String flag) throws ConfigException {
    var text = values.text(flag);
    return switch (text) {
      case "" -> 0;
      case "TLS1.2" -> 12;
      case "TLS1.3" -> 13;
      default -> throw new ConfigException("unexpected TLS version " + GoText.quoted(text));
    };
  }

  private void notice(Addresses addresses) {
    if (values.text("name").equals(DEFAULT_NAME)) {
      notes.add(
          Note.of(
              Severity.WARN,
              "the member has the default name; every member of a cluster needs a --name of its"
                  + " own",
              new KeyValuePair("name", DEFAULT_NAME)));
    }
    var ignored = values.given(Flag.Status.IGNORED);
    for (var flag : ignored) {
      notes.add(
          Note.of(
              Severity.WARN,
              "flag is no longer supported - ignoring",
              new KeyValuePair("flag-name", flag)));
    }
    for (var flag : List.of("max-snapshots", "v2-deprecation")) {
      if (values.isGiven(flag)) {
        notes.add(Note.of(Severity.WARN, "--" + flag + " is deprecated and changes nothing"));
      }
    }
    var notYet = values.given(Flag.Status.NOT_YET_IN_EFFECT);
    if (!notYet.isEmpty()) {
      notes.add(
          Note.of(
              Severity.WARN,
              "flags are accepted but not yet in effect",
              new KeyValuePair("flags", notYet)));
    }
    var gates = values.gates().notYetInEffect();
    if (!gates.isEmpty()) {
      notes.add(
          Note.of(
              Severity.WARN,
              "feature gates are accepted but not yet in effect",
              new KeyValuePair("gates", gates)));
    }
    if (addresses.initialClusterFollowsName()) {
      notes.add(
          Note.of(
              Severity.INFO,
              "initial cluster follows from the member's name",
              new KeyValuePair("initial-cluster", addresses.initialCluster())));
    }
  }

  private long quotaBytes() {
    long bytes = values.signed("quota-backend-bytes");
    if (bytes > RECOMMENDED_QUOTA_BYTES) {
      notes.add(
          Note.of(
              Severity.WARN,
              "quota exceeds the recommended maximum",
              new KeyValuePair("quota-backend-bytes", bytes),
              new KeyValuePair("recommended-bytes", RECOMMENDED_QUOTA_BYTES)));
    }
    return bytes == 0 ? DEFAULT_QUOTA_BYTES : bytes;
  }

  private int maxRequestBytes() {
    long bytes = values.unsigned("max-request-bytes");
    if (bytes > RECOMMENDED_REQUEST_BYTES) {
      notes.add(
          Note.of(
              Severity.WARN,
              "exceeded recommended request limit",
              new KeyValuePair("max-request-bytes", bytes),
              new KeyValuePair("recommended-request-bytes", RECOMMENDED_REQUEST_BYTES)));
    }
    return (int) Math.min(bytes, ClusterConfig.LARGEST_REQUEST_BYTES);
  }

  /** 0 means no limit, as it does in Go's gRPC. */
  private long maxConcurrentStreams() {
    long count = values.unsigned("max-concurrent-streams");
    return count == 0 ? MOST_STREAMS : count;
  }

  private long snapshotCount() {
    long count = values.unsigned("snapshot-count");
    return count == 0 ? DEFAULT_SNAPSHOT_COUNT : count;
  }

  /** 0 means the default, and nothing below a tenth of a second is taken literally. */
  private Duration watchProgressInterval() {
    var interval = values.duration("watch-progress-notify-interval");
    if (interval.isZero()) {
      return DEFAULT_PROGRESS_INTERVAL;
    }
    return interval.compareTo(LEAST_PROGRESS_INTERVAL) < 0 ? LEAST_PROGRESS_INTERVAL : interval;
  }

  private Path dataDirectory() {
    var given = values.text("data-dir");
    if (!given.isEmpty()) {
      return Path.of(given);
    }
    var path = values.text("name") + ".etcd";
    notes.add(
        Note.of(
            Severity.WARN,
            "'data-dir' was empty; using default",
            new KeyValuePair("data-dir", path)));
    return Path.of(path);
  }
}
