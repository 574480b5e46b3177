package dev.kvorum.simulator.world;

import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.simulator.plan.Fault;
import dev.kvorum.storage.journal.disk.CrashPolicy;
import dev.kvorum.storage.journal.disk.DiskOperation;
import java.util.HashMap;
import java.util.Map;

/** When the power goes out, or a process is killed: at once, or at a moment that is worse. */
final class Crashes {
  /** How the names of the two files with the vote begin. */
  static final String VOTE_FILES = "vote.";

  private static final long MILLI = 1_000_000L;
  private static final long SNAPSHOT_OPERATIONS = 12;
  private static final long SOON_NANOS = 40 * MILLI;
  private static final int START_CUT_RATE = 50_000;
  private static final int START_OPERATIONS = 40;

  /** A crash that waits for its moment. */
  private record Waiting(boolean afterSync, boolean voting, CrashPolicy policy, long downNanos) {
    boolean isNow(DiskOperation operation) {
      return SimMember.isSync(operation) == afterSync
          && (!voting || operation.path().startsWith(VOTE_FILES));
    }
  }

  private final World world;
  private final SimRandom random;

  /** By member; looked up only. */
  private final Map<Integer, Waiting> waiting = new HashMap<>();

  Crashes(World world, SimRandom random) {
    this.world = world;
    this.random = random;
  }

  /** How many disk operations a start gets before the power goes out. */
  long powerForStart() {
    return !world.isHealing() && random.chance(START_CUT_RATE)
        ? random.below(START_OPERATIONS)
        : Long.MAX_VALUE;
  }

  /** A disk has performed something: perhaps that is the moment for a crash. */
  void performed(int member, DiskOperation operation) {
    var crash = waiting.get(member);
    if (crash != null && crash.isNow(operation)) {
      waiting.remove(member);
      world.coverage().hit(crash.afterSync ? "crash after sync" : "crash before sync");
      world.processes().crash(member, crash.policy, crash.downNanos);
    }
  }

  /** No crash comes any more. */
  void end() {
    waiting.clear();
  }

  /** The power goes out at once. */
  void now(Fault fault, int member) {
    world.processes().crash(member, policy(fault), fault.durationNanos());
  }

  /** All members at once, which come back one after the other. */
  void all(Fault fault) {
    for (var i = 0; i < world.memberCount(); i++) {
      world.processes().crash(i, policy(fault), fault.durationNanos() + i * MILLI);
    }
  }

  /** With the next sync, be it done or not. */
  void atSync(Fault fault, int member, boolean afterSync) {
    waiting.put(member, new Waiting(afterSync, false, policy(fault), fault.durationNanos()));
  }

  /** With the next sync of a vote. */
  void voting(Fault fault, int member) {
    var afterSync = (fault.number() & 1) != 0;
    waiting.put(member, new Waiting(afterSync, true, policy(fault), fault.durationNanos()));
  }

  /** Before the next sync, so that half a sector of what was written may be on the medium. */
  void shorn(Fault fault, int member) {
    waiting.put(member, new Waiting(false, false, CrashPolicy.SHORN, fault.durationNanos()));
  }

  /** While a snapshot is written; sometimes the state store is gone after that. */
  void writingSnapshot(Fault fault, int member, Life life) {
    if ((fault.number() & 1) != 0) {
      world.member(member).stateGoesWithPower();
    }
    life.disk().cutPowerAfter(Math.floorMod(fault.number() >>> 1, SNAPSHOT_OPERATIONS));
    life.snapshots().takeLater();
  }

  /** The power goes out, and the state store is not there any more. */
  void losingState(Fault fault, int member) {
    now(fault, member);
    world.member(member).loseState();
  }

  /** The process is killed; sometimes the power goes out soon after it is back. */
  void kill(Fault fault, int member) {
    world.processes().kill(member, fault.durationNanos());
    if ((fault.number() & 1) != 0) {
      world.repeatIn(
          fault.durationNanos() + random.below(SOON_NANOS),
          () -> world.processes().crash(member, policy(fault.number() >>> 1), SOON_NANOS));
    }
  }

  /**
   * Any policy but a shorn sector. Half a sector cannot be told from rot, so a member that finds
   * one is damaged to an unknown extent; only the victims of the fault atlas may meet that.
   */
  static CrashPolicy policy(long number) {
    var policies = CrashPolicy.values();
    var picked = policies[(int) Math.floorMod(number, (long) policies.length)];
    return picked == CrashPolicy.SHORN ? CrashPolicy.PREFIX : picked;
  }

  private static CrashPolicy policy(Fault fault) {
    return policy(fault.number());
  }
}
