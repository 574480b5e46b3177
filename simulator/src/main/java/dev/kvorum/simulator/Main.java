package dev.kvorum.simulator;

import dev.kvorum.simulator.plan.Swarm;

/** The command {@code ./kvorum simulate}. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    var from = Long.parseLong(arguments[0]);
    var count = Long.parseLong(arguments[1]);
    var bean = java.lang.management.ManagementFactory.getThreadMXBean();
    var began = bean.getCurrentThreadCpuTime();
    var events = 0L;
    var failed = 0;
    for (var seed = from; seed < from + count; seed++) {
      var t = bean.getCurrentThreadCpuTime();
      var verdict =
          Simulation.run(
              Swarm.draw(seed, 0, Swarm.EVENTS), arguments.length > 2 ? System.out::println : null);
      events += verdict.events();
      switch (verdict) {
        case Verdict.Held held ->
            System.out.println(
                seed + " held " + held.events() + " " + Long.toHexString(held.hash()) + " " + (bean.getCurrentThreadCpuTime() - t) / 1000000 + "ms sim " + held.simulatedNanos() / 1000000000);
        case Verdict.Failed wrong -> {
          failed++;
          System.out.println(seed + " FAILED after " + wrong.events() + ": " + wrong.what());
          System.out.println(wrong.detail().lines().limit(9).collect(java.util.stream.Collectors.joining("\n")));
        }
      }
    }
    System.out.println(
        failed + " failed; events/ms " + events * 1_000_000 / (bean.getCurrentThreadCpuTime() - began));
  }
}
