package dev.kvorum.simulator;

import dev.kvorum.simulator.client.Everybody;
import dev.kvorum.simulator.client.TrafficPlan;
import dev.kvorum.simulator.oracle.Announcements;
import dev.kvorum.simulator.oracle.Configurations;
import dev.kvorum.simulator.oracle.Confirmations;
import dev.kvorum.simulator.oracle.Debts;
import dev.kvorum.simulator.oracle.Oracles;
import dev.kvorum.simulator.oracle.Patience;
import dev.kvorum.simulator.oracle.Promises;
import dev.kvorum.simulator.plan.Plan;
import dev.kvorum.simulator.world.Observer;
import dev.kvorum.simulator.world.World;
import dev.kvorum.simulator.world.WrongException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Runs one plan from its first event to the verdict. */
public final class Simulation {
  private Simulation() {}

  /**
   * Runs the plan.
   *
   * @param reader gets the story, line by line; null when nobody reads
   */
  public static Verdict run(Plan plan, @Nullable Consumer<String> reader) {
    return run(plan, TrafficPlan.draw(plan), reader);
  }

  /** Runs the plan with that traffic. */
  public static Verdict run(Plan plan, TrafficPlan traffic, @Nullable Consumer<String> reader) {
    var oracles = new Oracles(traffic.singleKeys());
    var promises = new Promises();
    var debts = new Debts();
    var configurations = new Configurations();
    var patience = new Patience();
    var confirmations = new Confirmations();
    var announcements = new Announcements();
    oracles.add(announcements);
    var observers =
        List.<Observer>of(
            promises, debts, configurations, patience, confirmations, announcements, oracles);
    var world = new World(plan, new Everybody(traffic), observers, reader);
    oracles.watch(world);
    var cluster = world.cluster();
    promises.watch(cluster);
    debts.watch(cluster);
    configurations.watch(cluster);
    patience.watch(cluster);
    confirmations.watch(cluster);
    announcements.watch(cluster);
    var scheduler = world.scheduler();
    try {
      world.run();
      return new Verdict.Held(
          plan, scheduler.fired(), world.trace().hash(), scheduler.now(), world.coverage());
    } catch (RuntimeException | Error wrong) {
      // Whatever a machine throws is its bug; that of the simulator itself fails a run as well.
      var what = wrong instanceof WrongException rule ? rule.what() : withoutNumbers(wrong);
      return new Verdict.Failed(
          plan, scheduler.fired(), world.trace().hash(), what, evidence(wrong), world.coverage());
    }
  }

  /** Numbers differ between two failures for one reason. */
  private static String withoutNumbers(Throwable wrong) {
    return String.valueOf(wrong).replaceAll("[0-9]+", "#");
  }

  private static String evidence(Throwable wrong) {
    var text = new StringWriter();
    wrong.printStackTrace(new PrintWriter(text));
    return text.toString();
  }
}
