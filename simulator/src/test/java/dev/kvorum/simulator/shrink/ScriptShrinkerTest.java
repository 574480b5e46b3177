package dev.kvorum.simulator.shrink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.simulator.client.Operation;
import dev.kvorum.simulator.client.TrafficPlan;
import dev.kvorum.simulator.plan.Fault;
import dev.kvorum.simulator.plan.FaultKind;
import dev.kvorum.simulator.plan.Plan;
import dev.kvorum.simulator.plan.Tuning;
import dev.kvorum.simulator.plan.Weather;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** An artificial bug: a crash of member 1 during a partition, and a later request of client 4. */
final class ScriptShrinkerTest {
  private static final String RULE = "the artificial rule";

  private static final Weather STORM = new Weather(1, 1, 9, 9, 9, 9, 0, false);

  private static Script script() {
    var faults = new ArrayList<Fault>();
    var kinds = FaultKind.values();
    for (var i = 0; i < 120; i++) {
      faults.add(new Fault(kinds[i % kinds.length], i * 1_000L, 64_000, i % 3, i));
    }
    faults.add(new Fault(FaultKind.CRASH, 500_000, 8_000, 1, 0));
    var plan = new Plan(5, 3, 8, 40_000, 1_000_000, STORM, Tuning.ROOMY, 1, faults);
    return Script.of(plan);
  }

  private static @Nullable String run(Script script) {
    var faults = script.plan().faults();
    var split = faults.stream().anyMatch(f -> f.kind() == FaultKind.PARTITION_SPLIT && !isShort(f));
    var crash =
        faults.stream().anyMatch(f -> f.kind() == FaultKind.CRASH && f.atNanos() == 500_000);
    var request =
        script.traffic().operations().stream()
            .anyMatch(operation -> operation.client() == 4 && operation.atNanos() > 500_000);
    return split && crash && request ? RULE : split ? "another rule" : null;
  }

  private static boolean isShort(Fault fault) {
    return fault.durationNanos() < 10_000;
  }

  @Test
  void leavesOnlyWhatTheBugNeeds() {
    var large = script();
    assertThat(run(large)).isEqualTo(RULE);
    assertThat(large.size()).isGreaterThan(300);
    var small = new ScriptShrinker(ScriptShrinkerTest::run, 2_000).shrink(large, RULE);
    assertThat(run(small)).isEqualTo(RULE);
    assertThat(small.plan().faults())
        .extracting(Fault::kind)
        .containsExactly(FaultKind.PARTITION_SPLIT, FaultKind.CRASH);
    assertThat(small.plan().faults()).extracting(Fault::durationNanos).containsExactly(16_000L, 1L);
    assertThat(small.plan().weather()).isEqualTo(Weather.CALM);
    assertThat(small.traffic().operations()).extracting(Operation::client).containsExactly(4);
  }

  @Test
  void readsWhatItWrote() {
    var script = script();
    assertThat(Script.seedOf(script.format())).isEqualTo(5);
    var drawn = new Script(script.plan().withFaults(List.of()), TrafficPlan.draw(script.plan()));
    assertThat(Script.parse(script.format(), drawn)).isEqualTo(script);
  }
}
