package dev.kvorum.simulator.planted;

import dev.kvorum.simulator.Simulation;
import dev.kvorum.simulator.Verdict;
import dev.kvorum.simulator.plan.Swarm;
import org.jspecify.annotations.Nullable;

/** Runs a whole cluster; made by {@link PlantedClasses}, so all that it uses has the bug. */
public final class WorldProbe implements SeedProbe {
  @Override
  public @Nullable Finding run(long seed) {
    return switch (Simulation.run(Swarm.draw(seed, 0, Swarm.EVENTS), null)) {
      case Verdict.Held _ -> null;
      case Verdict.Failed failed -> {
        refuseBadPlant(failed);
        yield new Finding(failed.what(), failed.detail(), failed.events());
      }
    };
  }

  /** A class that has no such place, or does not link, is no bug that was found. */
  private static void refuseBadPlant(Verdict.Failed failed) {
    var thrown = failed.what().split(":", 2)[0];
    var misplaced = thrown.equals(PlantException.class.getName());
    if (misplaced || (thrown.startsWith("java.lang.") && isLinkage(thrown))) {
      throw new PlantException(failed.detail());
    }
  }

  private static boolean isLinkage(String thrown) {
    try {
      return LinkageError.class.isAssignableFrom(Class.forName(thrown));
    } catch (ClassNotFoundException _) {
      return false;
    }
  }
}
