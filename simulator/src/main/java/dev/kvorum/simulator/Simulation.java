package dev.kvorum.simulator;

import dev.kvorum.simulator.client.Clients;
import dev.kvorum.simulator.client.TrafficPlan;
import dev.kvorum.simulator.oracle.Oracles;
import dev.kvorum.simulator.plan.Plan;
import dev.kvorum.simulator.world.World;
import dev.kvorum.simulator.world.WrongException;
import dev.kvorum.storage.model.InvariantViolation;
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

  /** Runs the plan with other clients than it draws by itself. */
  public static Verdict run(Plan plan, TrafficPlan traffic, @Nullable Consumer<String> reader) {
    var oracles = new Oracles(traffic.singleKeys());
    var world = new World(plan, new Clients(traffic), List.of(oracles), reader);
    oracles.watch(world);
    try {
      world.run();
      return new Verdict.Held(
          plan,
          world.scheduler().fired(),
          world.trace().hash(),
          world.scheduler().now(),
          world.coverage());
    } catch (WrongException wrong) {
      return failed(plan, world, wrong.what(), wrong);
    } catch (InvariantViolation violation) {
      return failed(plan, world, String.valueOf(violation.getMessage()), violation);
    }
  }

  private static Verdict failed(Plan plan, World world, String what, Throwable evidence) {
    return new Verdict.Failed(
        plan,
        world.scheduler().fired(),
        world.trace().hash(),
        what,
        String.valueOf(evidence),
        world.coverage());
  }
}
