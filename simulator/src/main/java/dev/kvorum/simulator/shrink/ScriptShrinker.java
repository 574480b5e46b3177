package dev.kvorum.simulator.shrink;

import dev.kvorum.simulator.plan.Fault;
import dev.kvorum.simulator.plan.Plan;
import dev.kvorum.simulator.plan.Tuning;
import dev.kvorum.simulator.plan.Weather;
import java.util.ArrayList;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds a small script that fails for the same reason as a large one.
 *
 * <p>Faults go first, because each carries most of a story; then operations; and then both again,
 * because a fault is often needed only by an operation that is gone. Whatever is left becomes
 * milder: shorter faults, a calm network, roomy sizes.
 */
public final class ScriptShrinker {
  private static final int ROUNDS = 3;

  private final Function<Script, @Nullable String> run;
  private final DeltaDebugging budget;

  /**
   * @param run runs a script and names the rule that was broken, null if all held
   * @param maxRuns how many scripts are run at most
   */
  public ScriptShrinker(Function<Script, @Nullable String> run, int maxRuns) {
    this.run = run;
    budget = new DeltaDebugging(maxRuns);
  }

  /**
   * A script that breaks the same rule.
   *
   * @param failing breaks it; that is not tried again
   * @param rule the rule
   */
  public Script shrink(Script failing, String rule) {
    Predicate<Script> fails = script -> rule.equals(run.apply(script));
    var script = failing;
    for (var round = 0; round < ROUNDS && budget.runsLeft() > 0; round++) {
      var before = script;
      script = fewer(script, fails);
      if (script.size() == before.size()) {
        break;
      }
    }
    return milder(script, fails);
  }

  private Script fewer(Script script, Predicate<Script> fails) {
    var faults =
        budget.smallest(script.plan().faults(), fewer -> fails.test(script.withFaults(fewer)));
    var calmer = script.withFaults(faults);
    var operations =
        budget.smallest(
            calmer.traffic().operations(), fewer -> fails.test(calmer.withOperations(fewer)));
    return calmer.withOperations(operations);
  }

  private Script milder(Script script, Predicate<Script> fails) {
    var milder = script;
    milder = ifFails(milder, milder.plan().with(Weather.CALM, milder.plan().tuning()), fails);
    milder = ifFails(milder, milder.plan().with(milder.plan().weather(), Tuning.ROOMY), fails);
    for (var i = 0; i < milder.plan().faults().size(); i++) {
      milder = shorter(milder, i, fails);
    }
    return milder;
  }

  private Script ifFails(Script script, Plan plan, Predicate<Script> fails) {
    var candidate = new Script(plan, script.traffic());
    return !plan.equals(script.plan()) && budget.fails(candidate, fails) ? candidate : script;
  }

  /** Halves a fault's duration as often as the script still fails. */
  private Script shorter(Script script, int at, Predicate<Script> fails) {
    var shortest = script;
    while (true) {
      var faults = new ArrayList<>(shortest.plan().faults());
      var fault = faults.get(at);
      var half = fault.durationNanos() / 2;
      faults.set(
          at, new Fault(fault.kind(), fault.atNanos(), half, fault.member(), fault.number()));
      var candidate = shortest.withFaults(faults);
      if (half == 0 || !budget.fails(candidate, fails)) {
        return shortest;
      }
      shortest = candidate;
    }
  }
}
