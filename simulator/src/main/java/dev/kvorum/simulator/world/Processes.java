package dev.kvorum.simulator.world;

import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.storage.journal.disk.CrashPolicy;

/** The members' processes: how they end, and that somebody starts them again. */
final class Processes {
  private static final long RESTART_NANOS = 200_000_000L;

  private final World world;
  private final SimRandom random;

  Processes(World world, SimRandom random) {
    this.world = world;
    this.random = random;
  }

  /** Starts a member, if it is down and may. */
  void start(int member) {
    var crashes = world.storm().crashes();
    world
        .member(member)
        .start(crashes.powerForStart(), operation -> crashes.performed(member, operation));
  }

  void restartLater(int member) {
    restartIn(member, RESTART_NANOS);
  }

  private void restartIn(int member, long nanos) {
    world.scheduler().schedule(nanos, world, World.RESTART, member, null);
  }

  /** The power of the member is out now. */
  void powerCut(int member) {
    crash(
        member,
        Crashes.policy(world.random(world.scheduler().fired()).next() >>> 1),
        RESTART_NANOS);
  }

  /** The power of a member is cut, and comes back. */
  void crash(int member, CrashPolicy policy, long downNanos) {
    var one = world.member(member);
    if (one.life() != null) {
      world.coverage().hit("crash " + policy);
      one.crash(policy);
      stopped(member, "the power is cut, " + policy);
      restartIn(member, downNanos);
    }
  }

  /** The process is killed; what it wrote stays with the operating system. */
  void kill(int member, long downNanos) {
    var one = world.member(member);
    if (one.life() != null) {
      one.kill();
      stopped(member, "it is killed");
      restartIn(member, downNanos);
    }
  }

  /** The member stopped itself; whoever watches over it starts it again. */
  void halted(int member, String reason) {
    world.coverage().hit("halted");
    // Who cannot leave word of what was synced must claim what was not, and that is a damage.
    var leavesMark = !world.plan().isVictim(member) || random.chance(SimRandom.MILLION / 2);
    world.member(member).kill(leavesMark);
    stopped(member, reason);
    restartLater(member);
  }

  /** The member runs. */
  void started(int member) {
    world.coverage().hit("started");
    if (world.trace().isTold()) {
      world.tell(
          member,
          "starts with %s, claims %s"
              .formatted(world.cluster().durable(member), world.cluster().claim(member)));
    }
    world.observe(observer -> observer.started(member));
  }

  /** The member runs no more. */
  void stopped(int member, String reason) {
    world.coverage().hit("stopped");
    if (world.trace().isTold()) {
      world.tell(member, "stops: " + reason);
    }
    world.observe(observer -> observer.stopped(member, reason));
  }

  /** The member will not start as things are. */
  void refused(int member, String message) {
    world.coverage().hit("refused to start");
    if (world.trace().isTold()) {
      world.tell(member, "refuses to start: " + message);
    }
    world.observe(observer -> observer.refused(member, message));
  }
}
