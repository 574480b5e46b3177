package dev.kvorum.simulator;

import dev.kvorum.simulator.plan.Plan;
import dev.kvorum.simulator.world.Traffic;
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
    var world = new World(plan, noTraffic(), List.of(), reader);
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

  private static Traffic noTraffic() {
    return new Traffic() {
      @Override
      public void start(World world) {}

      @Override
      public void wantLast() {}

      @Override
      public boolean isQuiet() {
        return true;
      }
    };
  }
}
