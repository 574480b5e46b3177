package dev.kvorum.simulator.planted;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks for one planted bug: runs ordinary seeds, one after the other, until one fails.
 *
 * <p>A seed that fails without the bug as well has found something else, and does not count.
 */
public final class BugHunt {
  /** A bug that needs more seeds counts as not found. */
  public static final int MOST_SEEDS = 1_000;

  /**
   * How a hunt ended.
   *
   * @param bug what was planted
   * @param seeds how many seeds were run, the last one included
   * @param seed the last one
   * @param finding what was found with it; null if nothing was found with any
   * @param unsound seeds that fail without the bug as well
   */
  public record Result(
      Bug bug, int seeds, long seed, @Nullable Finding finding, List<Long> unsound) {
    public Result {
      unsound = List.copyOf(unsound);
    }

    /** Whether the simulator found the bug. */
    public boolean isFound() {
      return finding != null;
    }
  }

  private BugHunt() {}

  /**
   * Runs the seeds {@code [from, from + count)} with the bug, up to the first one that finds it.
   *
   * @param sound runs seeds without the bug
   */
  public static Result run(Bug bug, long from, int count, SeedProbe sound) {
    var planted = new PlantedClasses(bug.substitution()).probe();
    var unsound = new ArrayList<Long>();
    for (var seeds = 1; seeds <= count; seeds++) {
      var seed = from + seeds - 1;
      var finding = planted.run(seed);
      if (finding == null) {
        continue;
      }
      if (sound.run(seed) == null) {
        return new Result(bug, seeds, seed, finding, unsound);
      }
      unsound.add(seed);
    }
    return new Result(bug, count, from + count - 1, null, unsound);
  }
}
