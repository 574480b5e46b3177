package dev.kvorum.simulator.world;

import java.util.List;

/**
 * What is asked of a cluster that is left in peace: within a bounded time everything is answered,
 * and who takes part has the same. A cluster that lost what it acknowledged must not get there.
 */
final class Recovery {
  /**
   * How long a healed cluster may take: to find out that a dead connection is dead, to elect (a
   * handful of election timeouts of at most some seconds), to send snapshots, to answer.
   */
  private static final long LIVENESS_NANOS = 180_000_000_000L;

  /** How long a cluster that must not lead is watched: for many election timeouts. */
  private static final long HALT_NANOS = 90_000_000_000L;

  private final World world;
  private final Traffic traffic;
  private final List<Observer> observers;
  private boolean reached;

  Recovery(World world, Traffic traffic, List<Observer> observers) {
    this.world = world;
    this.traffic = traffic;
    this.observers = observers;
  }

  /** How long it is waited for. */
  long mostNanos() {
    return world.storm().lostEverywhere() == null ? LIVENESS_NANOS : HALT_NANOS;
  }

  /** Whether everything was answered and equal when it was looked last. */
  boolean isReached() {
    return reached;
  }

  /** Looks whether the healed cluster is where it should be. */
  void look() {
    reached = traffic.isQuiet() && isEqual() && observers.stream().allMatch(Observer::isSatisfied);
  }

  private boolean isEqual() {
    var leads = world.leader();
    if (leads == null) {
      return false;
    }
    var commit = leads.core().commitIndex();
    var membership = leads.core().membership();
    if (membership.isJoint() || !hasDone(leads, commit)) {
      return false;
    }
    for (var member : world.members()) {
      var life = member.life();
      var takesPart = membership.isVoter(member.id()) || membership.isLearner(member.id());
      if (takesPart && !member.hasEnded() && (life == null || !hasDone(life, commit))) {
        return false;
      }
    }
    return true;
  }

  /** Whether it has applied everything up to there, and made all records of it. */
  private static boolean hasDone(Life life, long commit) {
    return life.applied().appliedIndex() == commit && life.store().stateHash() != Observer.NO_HASH;
  }

  /**
   * The time is over, or it is reached: looks at everything that must hold at the end.
   *
   * @throws WrongException if something does not
   */
  void judge() {
    if (!reached && world.storm().mustRecover()) {
      throw new WrongException(
          "a healed cluster is live within %d s".formatted(LIVENESS_NANOS / 1_000_000_000L),
          (traffic.isQuiet() ? "" : "requests wait; ") + describe());
    }
    if (world.storm().lostEverywhere() != null) {
      mustHaveHalted();
    }
    world.coverage().hit(reached ? "recovered" : "halted safely");
    validate();
    world.observe(Observer::ended);
  }

  /** An acknowledged entry is lost everywhere: who went on now would deny what was promised. */
  private void mustHaveHalted() {
    var lone = world.memberCount() == 1 && world.member(0).hasEnded();
    if (lone) {
      world.coverage().hit("safe halt: a lone voter refuses to start");
    }
    if (reached || world.leader() != null || !(lone || world.findings().isSafelyHalted())) {
      throw new WrongException(
          "a cluster that lost what it acknowledged halts and says so",
          world.storm().lostEverywhere() + ": " + describe());
    }
  }

  private void validate() {
    for (var member : world.members()) {
      var life = member.life();
      if (life != null) {
        life.raft().invariant();
      }
    }
    var leads = world.leader();
    if (reached && leads != null) {
      for (var member : world.members()) {
        var life = member.life();
        if (life != null
            && life.applied().appliedIndex() == leads.applied().appliedIndex()
            && life.store().stateHash() != Observer.NO_HASH
            && life.store().stateHash() != leads.store().stateHash()) {
          throw new WrongException("members that have applied the same differ in their state");
        }
      }
    }
  }

  private String describe() {
    var text = new StringBuilder();
    for (var member : world.members()) {
      var life = member.life();
      text.append(
          life == null
              ? "[" + member.id() + " down " + member.endedBecause() + "]"
              : "["
                  + life.core()
                  + " claim "
                  + life.core().claim()
                  + " store "
                  + life.applied().appliedIndex()
                  + "]");
    }
    return text.toString();
  }
}
