package dev.kvorum.simulator.planted;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;

/** The command {@code ./kvorum simulate --planted all|NAME}. */
public final class PlantedCommand {
  private PlantedCommand() {}

  /**
   * Hunts the bug of that name, or all of them, and prints a line for each.
   *
   * @param name of a bug, a part of the names of several, or {@code all}
   * @param from the first seed
   * @param threads how many bugs are hunted at the same time
   * @return the exit code: 0 only if every bug was found
   */
  public static int run(String name, long from, int seeds, int threads, PrintStream out)
      throws InterruptedException {
    var bugs =
        name.equals("all")
            ? Bugs.all()
            : Bugs.all().stream().filter(bug -> bug.name().contains(name)).toList();
    if (bugs.isEmpty()) {
      out.println("no planted bug is called " + name + "; there are:");
      Bugs.all().forEach(bug -> out.println("  " + bug.name()));
      return 2;
    }
    out.println(header());
    var hunts =
        bugs.stream().<Callable<Boolean>>map(bug -> () -> hunt(bug, from, seeds, out)).toList();
    var found = 0;
    try (var pool = Executors.newFixedThreadPool(threads)) {
      for (var hunt : pool.invokeAll(hunts)) {
        found += hunt.get() ? 1 : 0;
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
    out.printf(Locale.ROOT, "found %d of %d planted bugs%n", found, bugs.size());
    return found == bugs.size() ? 0 : 1;
  }

  private static boolean hunt(Bug bug, long from, int seeds, PrintStream out) {
    var began = System.nanoTime();
    var result = BugHunt.run(bug, from, seeds, new PlantedClasses(null).probe());
    out.println(line(result, (System.nanoTime() - began) / 1e9));
    return result.isFound();
  }

  private static String header() {
    return "| bug | kind | seeds | at seed | events | seconds | found by |\n"
        + "|---|---|--:|--:|--:|--:|---|";
  }

  private static String line(BugHunt.Result result, double seconds) {
    var finding = result.finding();
    var unsound =
        result.unsound().isEmpty()
            ? ""
            : "; fails without the bug as well: seeds " + numbers(result.unsound());
    return String.format(
        Locale.ROOT,
        "| %s | %s | %d | %s | %s | %.1f | %s%s |",
        result.bug().name(),
        result.bug().kind().name().toLowerCase(Locale.ROOT),
        result.seeds(),
        finding == null ? "-" : Long.toString(result.seed()),
        finding == null ? "-" : Long.toString(finding.events()),
        seconds,
        finding == null ? "NOT FOUND" : finding.check(),
        unsound);
  }

  private static String numbers(List<Long> seeds) {
    var some = seeds.subList(0, Math.min(seeds.size(), 5));
    return some + (some.size() < seeds.size() ? " and " + (seeds.size() - some.size()) : "");
  }
}
