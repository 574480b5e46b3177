package dev.kvorum.simulator.command;

import dev.kvorum.simulator.Simulation;
import dev.kvorum.simulator.Verdict;
import dev.kvorum.simulator.client.Clients;
import dev.kvorum.simulator.client.TrafficPlan;
import dev.kvorum.simulator.plan.Plan;
import dev.kvorum.simulator.plan.Swarm;
import dev.kvorum.simulator.plan.Tuning;
import dev.kvorum.simulator.plan.Weather;
import dev.kvorum.simulator.world.World;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;

/**
 * Events a millisecond on one core, in three settings: a calm cluster of three that replicates to
 * its journals, nothing checked; the same with the oracles; ordinary seeds, faults and all.
 */
final class Benchmark {
  private static final long SECOND = 1_000_000_000L;
  private static final int ROUNDS = 5;
  private static final long WARM_UP_SEEDS = 60;
  private static final long SEEDS = 200;

  private Benchmark() {}

  static int run(PrintStream out) throws InterruptedException {
    SeedRuns.ordinary(0, Swarm.EVENTS, _ -> {}).run(1, WARM_UP_SEEDS, 1);
    var best = 0L;
    for (var round = 0; round < ROUNDS; round++) {
      best = Math.max(best, bare(round));
    }
    out.printf(Locale.ROOT, "raft, disk and network:         %6d events/ms%n", best);
    best = 0;
    for (var round = 0; round < ROUNDS; round++) {
      best = Math.max(best, checked(round));
    }
    out.printf(Locale.ROOT, "with clients and all oracles:   %6d events/ms%n", best);
    var total = SeedRuns.ordinary(0, Swarm.EVENTS, _ -> {}).run(1, SEEDS, 1);
    out.printf(
        Locale.ROOT,
        "%d ordinary seeds:              %6d events/ms, %d failed%n",
        SEEDS,
        total.eventsPerMilli(),
        total.failures().size());
    return total.failures().isEmpty() ? 0 : 1;
  }

  private static Plan calm(int round, int clients) {
    return new Plan(
        round, 3, clients, 400_000, 30 * SECOND, Weather.CALM, Tuning.ROOMY, 100_000, List.of());
  }

  private static long bare(int round) {
    var plan = calm(round, 16);
    var world = new World(plan, new Clients(TrafficPlan.draw(plan)), List.of(), null);
    var began = cpuNanos();
    world.run();
    return world.scheduler().fired() * 1_000_000 / (cpuNanos() - began);
  }

  private static long checked(int round) {
    var plan = calm(round, 16);
    var began = cpuNanos();
    var verdict = Simulation.run(plan, null);
    var took = cpuNanos() - began;
    return verdict instanceof Verdict.Held ? verdict.events() * 1_000_000 / took : 0;
  }

  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }
}
