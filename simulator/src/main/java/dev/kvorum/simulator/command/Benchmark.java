package dev.kvorum.simulator.command;

import dev.kvorum.simulator.Simulation;
import dev.kvorum.simulator.Verdict;
import dev.kvorum.simulator.client.Clients;
import dev.kvorum.simulator.client.TrafficPlan;
import dev.kvorum.simulator.plan.Plan;
import dev.kvorum.simulator.plan.Swarm;
import dev.kvorum.simulator.plan.Tuning;
import dev.kvorum.simulator.plan.Weather;
import dev.kvorum.simulator.world.BareCluster;
import dev.kvorum.simulator.world.World;
import dev.kvorum.storage.model.InvariantViolation;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;

/**
 * Events a millisecond, in four settings: Raft, journals, disks and network alone; a calm cluster
 * with clients and the state machine, nothing checked; the same with all oracles; ordinary seeds,
 * faults and all.
 *
 * <p>The figure is of the thread's own CPU time, so that other work on the machine does not change
 * it much; what the clock on the wall says stands beside it. Of several rounds the best counts:
 * what else a machine does only ever takes away.
 */
final class Benchmark {
  private static final long SECOND = 1_000_000_000L;
  private static final int ROUNDS = 7;
  private static final long WARM_UP_SEEDS = 60;
  private static final long SEEDS = 200;
  private static final long EVENTS = 400_000;
  private static final int CLIENTS = 16;

  /** What one run took. */
  private record Pace(long events, long cpuNanos, long wallNanos) {
    long eventsPerMilli() {
      return events * 1_000_000 / Math.max(cpuNanos, 1);
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%6d events/ms of CPU time, %6d of wall time",
          eventsPerMilli(),
          events * 1_000_000 / Math.max(wallNanos, 1));
    }
  }

  private interface Round {
    /** Runs it and returns how many events happened. */
    long run(int round);
  }

  private Benchmark() {}

  static int run(PrintStream out) throws InterruptedException {
    SeedRuns.ordinary(0, Swarm.EVENTS, _ -> {}).run(1, WARM_UP_SEEDS, 1);
    out.println("raft, disk and network alone:     " + best(Benchmark::alone));
    out.println("with clients and state machine:   " + best(Benchmark::unchecked));
    out.println("and with all oracles:             " + best(Benchmark::checked));
    var began = System.nanoTime();
    var total = SeedRuns.ordinary(0, Swarm.EVENTS, _ -> {}).run(1, SEEDS, 1);
    var pace = new Pace(total.events(), total.cpuNanos(), System.nanoTime() - began);
    out.printf(
        Locale.ROOT,
        "%d ordinary seeds:                %s, %d failed%n",
        SEEDS,
        pace,
        total.failures().size());
    return total.failures().isEmpty() ? 0 : 1;
  }

  private static Pace best(Round what) {
    Pace best = null;
    for (var round = 0; round < ROUNDS; round++) {
      var cpu = cpuNanos();
      var wall = System.nanoTime();
      var events = what.run(round);
      var pace = new Pace(events, cpuNanos() - cpu, System.nanoTime() - wall);
      best = best == null || pace.eventsPerMilli() > best.eventsPerMilli() ? pace : best;
    }
    return InvariantViolation.present(best, "there are rounds");
  }

  private static Plan calm(int round) {
    return new Plan(
        round, 3, CLIENTS, EVENTS, 30 * SECOND, Weather.CALM, Tuning.ROOMY, 100_000, List.of());
  }

  private static long alone(int round) {
    var committed = new BareCluster(calm(round), CLIENTS).run(EVENTS);
    // Roughly two dozen events an entry; a cluster that commits nothing would be quick.
    InvariantViolation.check(committed > EVENTS / 100, "a calm cluster commits");
    return EVENTS;
  }

  private static long unchecked(int round) {
    var plan = calm(round);
    var world = new World(plan, new Clients(TrafficPlan.draw(plan)), List.of(), null);
    world.run();
    return world.scheduler().fired();
  }

  private static long checked(int round) {
    var verdict = Simulation.run(calm(round), null);
    return verdict instanceof Verdict.Held ? verdict.events() : 0;
  }

  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }
}
