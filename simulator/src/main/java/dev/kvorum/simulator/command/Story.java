package dev.kvorum.simulator.command;

import dev.kvorum.simulator.plan.Plan;
import java.util.Locale;

/** The head of a replay: what the seed decided before the first event. */
final class Story {
  private Story() {}

  static String of(Plan plan) {
    var text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "seed %d: %d members, %d clients, %.0f s of chaos, disk %.3f ms%n  %s%n  %s%n",
            plan.seed(),
            plan.members(),
            plan.clients(),
            plan.chaosNanos() / 1e9,
            plan.diskNanos() / 1e6,
            plan.weather(),
            plan.tuning()));
    for (var fault : plan.faults()) {
      text.append("  ").append(fault).append('\n');
    }
    return text.toString();
  }
}
