package dev.kvorum.simulator.command;

import dev.kvorum.simulator.Simulation;
import dev.kvorum.simulator.Verdict;
import dev.kvorum.simulator.engine.Coverage;
import dev.kvorum.simulator.plan.Swarm;
import dev.kvorum.simulator.planted.BugHunt;
import dev.kvorum.simulator.planted.PlantedCommand;
import dev.kvorum.simulator.shrink.Script;
import dev.kvorum.simulator.shrink.ScriptShrinker;
import dev.kvorum.simulator.world.Reachable;
import java.io.PrintStream;
import java.util.HashSet;
import java.util.Locale;

/** Does what the arguments say, and prints it. */
final class SimulateCommand {
  private static final long SEEDS = 300;
  private static final int SHRINK_RUNS = 400;
  private static final int SHRUNK_FAILURES = 3;
  private static final int DETAIL_LINES = 12;

  private final Arguments arguments;
  private final PrintStream out;
  private final HashSet<Long> shown = new HashSet<>();

  SimulateCommand(Arguments arguments, PrintStream out) {
    this.arguments = arguments;
    this.out = out;
  }

  /** The exit code. */
  int run() throws InterruptedException {
    var planted = arguments.planted();
    if (planted != null) {
      var seeds = arguments.seeds() == 0 ? BugHunt.MOST_SEEDS : (int) arguments.seeds();
      return PlantedCommand.run(planted, arguments.from(), seeds, arguments.threads(), out);
    }
    var replay = arguments.replay();
    return replay == null ? seeds() : replay(replay);
  }

  private int replay(long seed) {
    var plan = Swarm.draw(seed, arguments.nodes(), arguments.events());
    out.println(Story.of(plan));
    var verdict = Simulation.run(plan, arguments.trace() ? out::println : null);
    switch (verdict) {
      case Verdict.Held held ->
          out.printf(
              Locale.ROOT,
              "seed %d held: %d events, %.1f simulated seconds, trace %016x%n",
              seed,
              held.events(),
              held.simulatedNanos() / 1e9,
              held.hash());
      case Verdict.Failed failed -> {
        tell(failed);
        failed.detail().lines().forEach(line -> out.println("  " + line));
      }
    }
    return verdict instanceof Verdict.Held ? 0 : 1;
  }

  private int seeds() throws InterruptedException {
    var count = arguments.seeds() == 0 ? SEEDS : arguments.seeds();
    var total =
        SeedRuns.ordinary(arguments.nodes(), arguments.events(), sofar -> progress(sofar, count))
            .run(arguments.from(), count, arguments.threads());
    newFailures(total);
    for (var failed : total.failures().stream().limit(SHRUNK_FAILURES).toList()) {
      shrink(failed);
    }
    out.printf(
        Locale.ROOT,
        "%d seeds from %d: %d held, %d failed; %d events, %.1f simulated hours, %d events/ms a"
            + " core%n",
        total.seeds(),
        arguments.from(),
        total.seeds() - total.failures().size(),
        total.failures().size(),
        total.events(),
        total.simulatedNanos() / 3.6e12,
        total.eventsPerMilli());
    var reachedAll = !arguments.coverage() || coverage(total.coverage());
    return total.failures().isEmpty() && reachedAll ? 0 : 1;
  }

  private void progress(SeedRuns.Total sofar, long count) {
    newFailures(sofar);
    out.printf(
        Locale.ROOT,
        "%d of %d seeds, %d failed, %d events/ms a core%n",
        sofar.seeds(),
        count,
        sofar.failures().size(),
        sofar.eventsPerMilli());
  }

  private void newFailures(SeedRuns.Total total) {
    for (var failed : total.failures()) {
      if (shown.add(failed.plan().seed())) {
        tell(failed);
        failed.detail().lines().limit(DETAIL_LINES).forEach(line -> out.println("  " + line));
      }
    }
  }

  private void tell(Verdict.Failed failed) {
    var nodes = arguments.nodes() == 0 ? "" : " --nodes " + arguments.nodes();
    var events = arguments.events() == Swarm.EVENTS ? "" : " --events " + arguments.events();
    out.printf(
        Locale.ROOT,
        "seed %d FAILED after %d events, trace %016x: %s%n"
            + "  replay it: ./kvorum simulate --replay %d%s%s --trace%n",
        failed.plan().seed(),
        failed.events(),
        failed.hash(),
        failed.what(),
        failed.plan().seed(),
        nodes,
        events);
  }

  /** The fewest faults and operations that still break the same rule. */
  private void shrink(Verdict.Failed failed) {
    var shrinker =
        new ScriptShrinker(
            script ->
                Simulation.run(script.plan(), script.traffic(), null)
                        instanceof Verdict.Failed again
                    ? again.what()
                    : null,
            SHRINK_RUNS);
    var script = shrinker.shrink(Script.of(failed.plan()), failed.what());
    out.printf(
        Locale.ROOT,
        "seed %d, shrunk to %d faults and %d operations:%n",
        failed.plan().seed(),
        script.plan().faults().size(),
        script.traffic().operations().size());
    script.format().lines().forEach(line -> out.println("  " + line));
  }

  private boolean coverage(Coverage reached) {
    var all = Reachable.points();
    all.add(reached);
    var complete = true;
    for (var point : all.counts().entrySet()) {
      out.printf(Locale.ROOT, "%12d  %s%n", point.getValue(), point.getKey());
      complete &= point.getValue() > 0;
    }
    if (!complete) {
      out.println("a point at 0 was never reached: run more seeds, or mend the plans");
    }
    return complete;
  }
}
