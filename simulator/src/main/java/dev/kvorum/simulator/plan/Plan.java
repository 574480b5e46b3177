package dev.kvorum.simulator.plan;

import java.util.List;

/**
 * Everything that a seed decides before the first event. A plan is all that a run depends on: the
 * same plan gives the same run, also one whose faults were made fewer.
 *
 * @param seed whose plan this is; further random numbers of the run come from it too
 * @param members how many founders the cluster has
 * @param clients how many clients
 * @param maxEvents where the chaos ends at the latest
 * @param chaosNanos how long the chaos lasts
 * @param weather of the network during the chaos
 * @param tuning the members' sizes
 * @param diskNanos the mean time of a disk operation
 * @param faults what goes wrong and what operators do, in the order of time
 */
public record Plan(
    long seed,
    int members,
    int clients,
    long maxEvents,
    long chaosNanos,
    Weather weather,
    Tuning tuning,
    long diskNanos,
    List<Fault> faults) {
  public Plan {
    faults = List.copyOf(faults);
  }

  /** Whether some fault destroys what was durable, or changes who takes part. */
  public boolean isLastingHarm() {
    return faults.stream()
        .map(Fault::kind)
        .anyMatch(
            kind ->
                Swarm.DESTROYING.contains(kind)
                    || Swarm.MEMBERSHIP.contains(kind)
                    || Swarm.HALTING.contains(kind));
  }

  /** Whether the fault atlas has this member's disk destroyed. */
  public boolean isVictim(int member) {
    for (var fault : faults) {
      if ((fault.member() == member && Swarm.DESTROYING.contains(fault.kind()))
          || Swarm.HALTING.contains(fault.kind())) {
        return true;
      }
    }
    return false;
  }

  /** The same with other faults. */
  public Plan withFaults(List<Fault> fewer) {
    return new Plan(
        seed, members, clients, maxEvents, chaosNanos, weather, tuning, diskNanos, fewer);
  }

  /** The same with another network and other sizes. */
  public Plan with(Weather otherWeather, Tuning otherTuning) {
    return new Plan(
        seed,
        members,
        clients,
        maxEvents,
        chaosNanos,
        otherWeather,
        otherTuning,
        diskNanos,
        faults);
  }
}
