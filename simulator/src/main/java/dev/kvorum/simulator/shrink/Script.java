package dev.kvorum.simulator.shrink;

import dev.kvorum.simulator.client.Operation;
import dev.kvorum.simulator.client.TrafficPlan;
import dev.kvorum.simulator.plan.Fault;
import dev.kvorum.simulator.plan.FaultKind;
import dev.kvorum.simulator.plan.Plan;
import dev.kvorum.simulator.plan.Tuning;
import dev.kvorum.simulator.plan.Weather;
import java.util.ArrayList;
import java.util.List;

/**
 * A run as a list of decisions: what the seed settles once, the faults, and the clients'
 * operations. Any fault and any operation can be left out.
 *
 * <p>As text, a script is the seed, a line for each fault and a line for each operation; everything
 * else is drawn from the seed again, but for a network that was made calm and sizes that were made
 * roomy:
 *
 * <pre>
 * seed 4711
 * calm
 * roomy
 * fault CRASH at 120000000 for 3000000 member 2 number 5
 * operation at 130000000 client 3 seed 99
 * </pre>
 */
public record Script(Plan plan, TrafficPlan traffic) {
  public static Script of(Plan plan) {
    return new Script(plan, TrafficPlan.draw(plan));
  }

  Script withFaults(List<Fault> faults) {
    return new Script(plan.withFaults(faults), traffic);
  }

  Script withOperations(List<Operation> operations) {
    return new Script(plan, traffic.withOperations(operations));
  }

  /** How many decisions are left. */
  public int size() {
    return plan.faults().size() + traffic.operations().size();
  }

  /** The text; {@link #parse} reads it. */
  public String format() {
    var text = new StringBuilder("seed ").append(plan.seed()).append('\n');
    text.append(plan.weather().equals(Weather.CALM) ? "calm\n" : "");
    text.append(plan.tuning().equals(Tuning.ROOMY) ? "roomy\n" : "");
    for (var fault : plan.faults()) {
      text.append("fault ").append(fault.kind());
      text.append(" at ").append(fault.atNanos()).append(" for ").append(fault.durationNanos());
      text.append(" member ").append(fault.member()).append(" number ").append(fault.number());
      text.append('\n');
    }
    for (var operation : traffic.operations()) {
      text.append("operation at ").append(operation.atNanos());
      text.append(" client ").append(operation.client()).append(" seed ").append(operation.seed());
      text.append('\n');
    }
    return text.toString();
  }

  /** The seed that a text names. */
  public static long seedOf(String text) {
    var words = text.lines().findFirst().orElse("").split(" ", -1);
    if (words.length != 2 || !words[0].equals("seed")) {
      throw new IllegalArgumentException("a script begins with its seed");
    }
    return Long.parseLong(words[1]);
  }

  /**
   * The script that a text describes.
   *
   * @param drawn what its seed draws, from which everything but the decisions is taken
   */
  public static Script parse(String text, Script drawn) {
    var plan = drawn.plan();
    var faults = new ArrayList<Fault>();
    var operations = new ArrayList<Operation>();
    for (var line : text.lines().skip(1).toList()) {
      var words = line.split(" ", -1);
      switch (words[0]) {
        case "fault" ->
            faults.add(
                new Fault(
                    FaultKind.valueOf(words[1]),
                    Long.parseLong(words[3]),
                    Long.parseLong(words[5]),
                    Integer.parseInt(words[7]),
                    Long.parseLong(words[9])));
        case "operation" ->
            operations.add(
                new Operation(
                    Long.parseLong(words[2]),
                    Integer.parseInt(words[4]),
                    Long.parseLong(words[6])));
        case "calm" -> plan = plan.with(Weather.CALM, plan.tuning());
        case "roomy" -> plan = plan.with(plan.weather(), Tuning.ROOMY);
        default -> throw new IllegalArgumentException("neither fault nor operation: " + line);
      }
    }
    return new Script(plan.withFaults(faults), drawn.traffic.withOperations(operations));
  }
}
