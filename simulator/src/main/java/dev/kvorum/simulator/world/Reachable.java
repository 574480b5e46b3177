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
          "a journal unreadable while serving",
          "an acknowledged entry lost on every disk",
          "an acknowledged write sought after a power cut of all",
          "compaction finished",
          "crash after sync",
          "crash before sync",
          "disk has space again",
          "halted",
          "halted safely",
          "history searched",
          "power cut while starting",
          "recovered",
          "recovered with a quorum only",
          "refused to start",
          "safe halt: a lone voter refuses to start",
          "safe halt: nobody leads",
          "seen while a delete is written",
          "snapshot failed",
          "snapshot installed",
          "snapshot received",
          "snapshot sent",
          "snapshot written",
          "started",
          "stopped",
          "store compared with the model",
          "a previous value was fetched for a watch",
          "a waiter gave its place up",
          "a watch is behind",
          "a watch went on at another member",
          "history was read for a watch",
          "lease could not be renewed",
          "lease expired",
          "lease expired by a later leader",
          "lease renewed",
          "lease revoked",
          "lock held",
          "lock refused",
          "watch events",
          "watch fragment",
          "watch overtaken by a compaction",
          "watch progress asked for",
          "watch progress notified",
          "watches read a delete that was not kept for them",
          "watches went on after a snapshot");

  /**
   * What Raft's own random clusters see and these do not: a member that forgets without knowing it
   * ends here (see {@code docs/simulation.md}), operators ask for nothing senseless, and change no
   * members where disks are destroyed.
   */
  private static final List<Class<?>> ELSEWHERE =
      List.of(
          TraceRecord.AmnesiaSeen.class,
          TraceRecord.CampaignSkipped.class,
          // Too rare for three hundred seeds; about one seed in a hundred of larger runs has it.
          TraceRecord.DivergenceSeen.class,
          TraceRecord.MembershipRefused.class,
          TraceRecord.TailUndecided.class);

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
