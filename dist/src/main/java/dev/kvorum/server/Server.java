package dev.kvorum.server;

import dev.kvorum.server.config.CompactionRetention;
import dev.kvorum.server.config.MemberConfig;
import dev.kvorum.server.config.Note;
import dev.kvorum.server.config.ServerConfig;
import dev.kvorum.server.config.Startup;
import dev.kvorum.server.config.Url;
import dev.kvorum.server.logging.Logging;
import dev.kvorum.server.notation.GoDuration;
import dev.kvorum.storage.model.InvariantViolation;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A node's life as the log tells it, from the first line to the last. */
final class Server {
  /** A stop that takes longer is cut off; the journal has what was acknowledged. */
  private static final Duration STOP_LIMIT = Duration.ofMillis(1_600);

  private static final Logger log = LoggerFactory.getLogger(Server.class);

  private Server() {}

  /**
   * Runs a node until it is told to stop.
   *
   * @param arguments as given, for the log
   * @param untilSignal waits for the signal to stop and names it
   * @param whenListening is told each client address from which the node answers
   * @param whenReady runs once, when all of them do
   * @return 0, or the {@linkplain ExitStatus exit status} when the node could not start, which has
   *     been logged
   */
  static int serve(
      List<String> arguments,
      Startup.Run startup,
      Supplier<String> untilSignal,
      Consumer<String> whenListening,
      Runnable whenReady) {
    var entered = Instant.now();
    Logging.captureStrayOutput();
    var config = startup.config();
    try {
      Logging.install(config.member().log());
    } catch (IOException unusable) {
      log.atError().addMarker(Logging.FATAL).setCause(unusable).log("failed to verify flags");
      return ExitStatus.FAILED;
    }
    announce(arguments, startup.notes());
    describe(config);
    Node node;
    try {
      node =
          Node.start(
              config,
              address -> {
                logReady(address);
                whenListening.accept(address);
              });
    } catch (Exception | LinkageError | InvariantViolation failed) {
      log.atError().addMarker(Logging.FATAL).setCause(failed).log("failed to start");
      return ExitStatus.ofFailedStart(failed);
    }
    logStart(entered);
    SystemdNotification.ready();
    whenReady.run();
    var signal = untilSignal.get();
    log.atInfo().addKeyValue("signal", signal).log("received signal; shutting down");
    stop(node, config.member());
    return 0;
  }

  /** Logs what was found while the configuration was read. */
  static void announce(List<String> arguments, List<Note> notes) {
    var all = new ArrayList<>(arguments);
    all.addFirst("kvorum");
    log.atInfo().addKeyValue("args", all).log("Running: ");
    for (var note : notes) {
      var line =
          switch (note.severity()) {
            case INFO -> log.atInfo();
            case WARN -> log.atWarn();
            case FATAL -> log.atError().addMarker(Logging.FATAL);
          };
      for (var field : note.fields()) {
        line = line.addKeyValue(field.key, field.value);
      }
      line.log(note.message());
    }
  }

  private static void describe(ServerConfig config) {
    var cluster = config.cluster();
    var member = config.member();
    log.atInfo()
        .addKeyValue("etcd-version", Version.ETCD)
        .addKeyValue("kvorum-version", Version.own())
        .addKeyValue("git-sha", Version.revision())
        .addKeyValue("java-version", System.getProperty("java.runtime.version"))
        .addKeyValue("os", Version.operatingSystem())
        .addKeyValue("arch", Version.processor())
        .addKeyValue("max-cpu-available", Runtime.getRuntime().availableProcessors())
        .addKeyValue("name", member.name())
        .addKeyValue("data-dir", member.dataDirectory())
        .addKeyValue("wal-dir", member.walDirectory() == null ? "" : member.walDirectory())
        .addKeyValue("heartbeat-interval", cluster.heartbeatInterval())
        .addKeyValue("election-timeout", cluster.electionTimeout())
        .addKeyValue("snapshot-count", member.snapshotCount())
        .addKeyValue("initial-advertise-peer-urls", Url.texts(member.advertisePeerUrls()))
        .addKeyValue("listen-peer-urls", Url.texts(member.listenPeerUrls()))
        .addKeyValue("advertise-client-urls", Url.texts(member.advertiseClientUrls()))
        .addKeyValue("listen-client-urls", Url.texts(member.listenClientUrls()))
        .addKeyValue("initial-cluster", cluster.initialCluster())
        .addKeyValue(
            "initial-cluster-state",
            switch (member.clusterState()) {
              case NEW -> "new";
              case EXISTING -> "existing";
            })
        .addKeyValue("initial-cluster-token", cluster.initialClusterToken())
        .addKeyValue("quota-backend-bytes", cluster.quotaBackendBytes())
        .addKeyValue("max-request-bytes", cluster.maxRequestBytes())
        .addKeyValue("max-txn-ops", cluster.maxTxnOps())
        .addKeyValue("max-concurrent-streams", member.maxConcurrentStreams())
        .addKeyValue(
            "auto-compaction",
            switch (cluster.compactionRetention()) {
              case CompactionRetention.Everything() -> "off";
              case CompactionRetention.Period(var period) ->
                  "periodic " + GoDuration.format(period);
              case CompactionRetention.Revisions(var count) -> "revision " + count;
            })
        .log("starting an etcd server");
  }

  /** How long the start took, from the launcher's first line; the parts are in the lines before. */
  private static void logStart(Instant entered) {
    var executed = ProcessHandle.current().info().startInstant().orElse(entered);
    log.atInfo()
        .addKeyValue("took", Duration.between(executed, Instant.now()))
        .addKeyValue("before-main", Duration.between(executed, entered))
        .log("started");
  }

  private static void logReady(String address) {
    log.info("ready to serve client requests");
    log.atInfo()
        .addKeyValue("traffic", "grpc+http")
        .addKeyValue("address", address)
        .log("serving client traffic insecurely; this is strongly discouraged!");
  }

  private static void stop(Node node, MemberConfig member) {
    logStop(member, "closing etcd server");
    var stopping = Thread.ofPlatform().name("stop").daemon().start(node::stop);
    var inTime = false;
    try {
      inTime = stopping.join(STOP_LIMIT);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    if (!inTime) {
      log.atWarn().addKeyValue("limit", STOP_LIMIT).log("the server did not stop in time");
    }
    logStop(member, "closed etcd server");
  }

  private static void logStop(MemberConfig member, String message) {
    log.atInfo()
        .addKeyValue("name", member.name())
        .addKeyValue("data-dir", member.dataDirectory())
        .addKeyValue("advertise-peer-urls", Url.texts(member.advertisePeerUrls()))
        .addKeyValue("advertise-client-urls", Url.texts(member.advertiseClientUrls()))
        .log(message);
  }
}
