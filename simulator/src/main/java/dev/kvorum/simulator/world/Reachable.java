package dev.kvorum.simulator.world;

import dev.kvorum.raft.core.TraceRecord;
import dev.kvorum.simulator.engine.Coverage;
import dev.kvorum.simulator.plan.FaultKind;
import dev.kvorum.storage.journal.disk.CrashPolicy;
import java.util.List;

/** Everything that many seeds together must have reached: a point at zero is a test undone. */
public final class Reachable {
  private static final List<String> POINTS =
      List.of(
          "a lying disk lost its power",
          "an acknowledged write sought after a power cut of all",
          "compaction finished",
          "crash after sync",
          "crash before sync",
          "disk has space again",
          "halted",
          "power cut while starting",
          "recovered",
          "recovered with a quorum only",
          "refused to start",
          "snapshot failed",
          "snapshot installed",
          "snapshot received",
          "snapshot sent",
          "snapshot written",
          "started",
          "stopped");

  /**
   * What Raft's own random clusters see and these do not: a member that forgets without knowing it
   * ends here (see {@code docs/simulation.md}), and operators ask for nothing senseless.
   */
  private static final List<Class<?>> ELSEWHERE =
      List.of(
          TraceRecord.AmnesiaSeen.class,
          TraceRecord.CampaignSkipped.class,
          TraceRecord.MembershipRefused.class);

  private Reachable() {}

  /** Names all points. */
  public static Coverage points() {
    var coverage = new Coverage();
    POINTS.forEach(coverage::expect);
    for (var kind : FaultKind.values()) {
      coverage.expect("fault " + kind);
    }
    for (var policy : CrashPolicy.values()) {
      coverage.expect("crash " + policy);
    }
    for (var happening : Network.Happening.values()) {
      coverage.expect("network " + happening);
    }
    for (var record : TraceRecord.class.getPermittedSubclasses()) {
      if (!ELSEWHERE.contains(record)) {
        coverage.expect("raft " + record.getSimpleName());
      }
    }
    return coverage;
  }
}
