package dev.kvorum.simulator.world;

import dev.kvorum.raft.core.Finding;

/**
 * What the members' Raft finds wrong with the cluster. Each finding must have its reason: a disk
 * that has lost something, a memory whose bit has flipped. Without one it is a bug.
 */
final class Findings {
  private final World world;

  /** Somebody said that nobody will lead any more. */
  private boolean safelyHalted;

  Findings(World world) {
    this.world = world;
  }

  /** Whether somebody said that nobody will lead any more. */
  boolean isSafelyHalted() {
    return safelyHalted;
  }

  /** A member's Raft has found what only a person, or whoever watches over it, can put right. */
  void found(int member, Finding finding) {
    if (world.trace().isTold()) {
      world.tell(member, finding.message());
    }
    switch (finding) {
      case Finding.TailLost lost -> {
        var entry = world.storm().lostEverywhere();
        if (entry == null || lost.fromIndex() > entry.index()) {
          throw new WrongException("the cluster is as well as its disks are", lost.message());
        }
        world.coverage().hit("safe halt: nobody leads");
        safelyHalted = true;
      }
      case Finding.StateDiverged diverged -> {
        var life = world.member(member).life();
        if (life == null || !life.store().hasDiverged()) {
          throw new WrongException("the cluster is as well as its disks are", diverged.message());
        }
        world.coverage().hit("a diverged state rebuilt");
        world.member(member).kill();
        world.member(member).loseState();
        world.processes().stopped(member, diverged.message());
        world.processes().restartLater(member);
      }
      case Finding.NoMajority none -> {
        // Whoever went wrong may have told its state and be down by now (seed 14998).
        if (world.members().stream().noneMatch(SimMember::hasEverDiverged)) {
          throw new WrongException("the cluster is as well as its disks are", none.message());
        }
        world.coverage().hit("no majority has the same state");
      }
      case Finding.JournalUnreadable _ ->
          world.coverage().hit("a journal unreadable while serving");
    }
  }
}
