package dev.kvorum.raft.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every scenario file plays out exactly as it is written. After a change of the rules, {@code
 * -Dscenarios.update=true} writes what happens now; commit it only when every changed line can be
 * explained.
 */
class ScenarioTest {
  private static final Path FOLDER = Path.of("src", "test", "resources", "scenarios");

  private static List<Path> files() throws IOException {
    try (var files = Files.list(FOLDER)) {
      return files.filter(file -> file.toString().endsWith(".txt")).sorted().toList();
    }
  }

  @TestFactory
  Stream<DynamicTest> scenariosPlayOutAsWritten() throws IOException {
    return files().stream()
        .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> check(file)));
  }

  private static void check(Path file) throws IOException {
    var written = Files.readString(file);
    var played = Scenario.play(written);
    if (Boolean.getBoolean("scenarios.update")) {
      Files.writeString(file, played);
    } else {
      assertThat(played).isEqualTo(written);
    }
  }

  @Test
  void everyScenarioTellsItsStory() throws IOException {
    for (var file : files()) {
      assertThat(Files.readString(file)).as("%s", file).startsWith("# ");
    }
  }
}
