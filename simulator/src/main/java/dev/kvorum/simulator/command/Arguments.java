package dev.kvorum.simulator.command;

import dev.kvorum.simulator.plan.Swarm;
import org.jspecify.annotations.Nullable;

/**
 * What the command line says.
 *
 * @param seeds how many seeds to run
 * @param from the first one
 * @param nodes how many members, 0 to let each seed decide
 * @param events where a run ends at the latest, but for the time to recover
 * @param threads how many seeds run at the same time
 * @param replay run this seed alone, or null
 * @param trace whether the replay tells its whole story
 * @param coverage whether a point that no seed reached makes the run fail
 * @param planted the planted bugs to hunt, or null
 */
record Arguments(
    long seeds,
    long from,
    int nodes,
    long events,
    int threads,
    @Nullable Long replay,
    boolean trace,
    boolean coverage,
    @Nullable String planted) {
  static final String USAGE =
      """
      usage: ./kvorum simulate [--seeds N] [--from S] [--nodes 1|3|5] [--events E] [--threads T]
                               [--coverage]
             ./kvorum simulate --replay SEED [--nodes n] [--events E] [--trace]
             ./kvorum simulate --planted all|NAME [--seeds N] [--from S] [--threads T]
             ./kvorum simulate --benchmark

        --seeds N      run N seeds (300); with --planted, so many at most for each bug (1000)
        --from S       begin with seed S (1)
        --nodes n      members of every cluster; without it each seed has its own number
        --events E     events of a run at most, before it has to recover (200000)
        --threads T    seeds that run at the same time (one a core)
        --coverage     fail when a fault or a point that many seeds should reach was never reached
        --replay SEED  run one seed again, print its verdict and its hash; with --trace the whole story
        --planted NAME put known bugs into the classes and see that they are found
        --benchmark    measure events per millisecond

      The exit code is 0 only if everything held.\
      """;

  /** Bad words on the command line. */
  static final class UsageException extends Exception {
    private static final long serialVersionUID = 1L;

    UsageException(String message) {
      super(message);
    }
  }

  static Arguments parse(String[] words) throws UsageException {
    var seeds = 0L;
    var from = 1L;
    var nodes = 0;
    var events = Swarm.EVENTS;
    var threads = Runtime.getRuntime().availableProcessors();
    Long replay = null;
    var trace = false;
    var coverage = false;
    String planted = null;
    for (var i = 0; i < words.length; i++) {
      switch (words[i]) {
        case "--trace" -> trace = true;
        case "--coverage" -> coverage = true;
        case "--seeds" -> seeds = number(words, ++i, 1);
        case "--from" -> from = number(words, ++i, Long.MIN_VALUE);
        case "--nodes" -> nodes = (int) number(words, ++i, 1);
        case "--events" -> events = number(words, ++i, 1_000);
        case "--threads" -> threads = (int) number(words, ++i, 1);
        case "--replay" -> replay = number(words, ++i, Long.MIN_VALUE);
        case "--planted" -> planted = value(words, ++i);
        default -> throw new UsageException("unknown word " + words[i]);
      }
    }
    if (nodes > 7) {
      throw new UsageException("at most 7 nodes");
    }
    return new Arguments(seeds, from, nodes, events, threads, replay, trace, coverage, planted);
  }

  private static String value(String[] words, int at) throws UsageException {
    if (at >= words.length) {
      throw new UsageException(words[at - 1] + " needs a value");
    }
    return words[at];
  }

  private static long number(String[] words, int at, long least) throws UsageException {
    try {
      var number = Long.parseLong(value(words, at));
      if (number >= least) {
        return number;
      }
    } catch (NumberFormatException _) {
      // Told below.
    }
    throw new UsageException(words[at - 1] + " needs a number from " + least + " on");
  }
}
