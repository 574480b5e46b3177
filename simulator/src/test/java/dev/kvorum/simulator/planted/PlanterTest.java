package dev.kvorum.simulator.planted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.simulator.planted.Substitution.Answers;
import dev.kvorum.simulator.planted.Substitution.Reads;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PlanterTest {
  static java.util.List<String> names() {
    return Bugs.all().stream().map(Bug::name).toList();
  }

  @ParameterizedTest
  @MethodSource("names")
  void everyBugHasItsPlaceAndTheClassIsStillValid(String name) throws Exception {
    var substitution = Bugs.find(name).orElseThrow().substitution();
    var type = Planter.fullName(substitution.type());
    var original = PlantedClasses.original(type);
    var planted = Planter.plant(original, substitution, getClass().getClassLoader());
    assertThat(planted).isNotEqualTo(original);
    // Initialising a class verifies it.
    var loaded = Class.forName(type, true, new PlantedClasses(substitution));
    assertThat(loaded.getClassLoader()).isInstanceOf(PlantedClasses.class);
  }

  @Test
  void namesAreUnique() {
    assertThat(Bugs.all().stream().collect(Collectors.groupingBy(Bug::name)).values())
        .allMatch(same -> same.size() == 1);
  }

  @Test
  void aPlaceThatIsNotThereIsAnError() {
    var substitution = new Answers("raft.core.RaftLog", "isNotThere", 1);
    assertThatThrownBy(() -> plant(substitution))
        .isInstanceOf(PlantException.class)
        .hasMessageContaining("there are 0 such places");
  }

  @Test
  void aPlaceThatIsThereMoreOftenIsAnError() {
    var substitution = new Reads("raft.core.Persistence", "barrier", "lastWithState", 0);
    assertThatThrownBy(() -> plant(substitution))
        .isInstanceOf(PlantException.class)
        .hasMessageContaining("there are 2 such places");
  }

  private static void plant(Substitution substitution) throws ClassNotFoundException {
    var original = PlantedClasses.original(Planter.fullName(substitution.type()));
    Planter.plant(original, substitution, PlanterTest.class.getClassLoader());
  }
}
