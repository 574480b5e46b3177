package dev.kvorum.simulator;

import dev.kvorum.simulator.engine.Coverage;
import dev.kvorum.simulator.plan.Plan;

/** How a run ended. */
public sealed interface Verdict {
  Plan plan();

  /** How many events happened. */
  long events();

  /** The rolling hash of all of them. */
  long hash();

  /** What was reached. */
  Coverage coverage();

  /** Everything held. */
  record Held(Plan plan, long events, long hash, long simulatedNanos, Coverage coverage)
      implements Verdict {}

  /**
   * Something did not.
   *
   * @param what names it, without numbers that change from run to run: two runs that failed for the
   *     same reason have it in common
   * @param detail the evidence
   */
  record Failed(Plan plan, long events, long hash, String what, String detail, Coverage coverage)
      implements Verdict {}
}
