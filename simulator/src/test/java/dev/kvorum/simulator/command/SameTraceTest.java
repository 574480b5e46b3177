package dev.kvorum.simulator.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.raft.core.RaftCore;
import dev.kvorum.simulator.Simulation;
import dev.kvorum.simulator.plan.Swarm;
import dev.kvorum.storage.journal.Journal;
import dev.kvorum.verticles.stage.StoreStage;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One seed, one trace, in whatever JVM. */
class SameTraceTest {
  private static final long EVENTS = 40_000;

  @ParameterizedTest
  @ValueSource(longs = {3, 14, 91})
  void aSeedGivesTheSameTraceInAnotherJvm(long seed) throws IOException, InterruptedException {
    // Here the classes are loaded and compiled already, and other seeds may have run before.
    var here = Simulation.run(Swarm.draw(seed, 0, EVENTS), null);
    var hash = String.format(Locale.ROOT, "%016x", here.hash());

    assertThat(replayElsewhere(seed)).contains(here.events() + " events").contains(hash);
  }

  @ParameterizedTest
  @ValueSource(longs = {3, 14})
  void tellingTheStoryChangesNothing(long seed) {
    var silent = Simulation.run(Swarm.draw(seed, 0, EVENTS), null);
    var told = Simulation.run(Swarm.draw(seed, 0, EVENTS), _ -> {});

    assertThat(told.hash()).isEqualTo(silent.hash());
    assertThat(told.events()).isEqualTo(silent.events());
  }

  private static String replayElsewhere(long seed) throws IOException, InterruptedException {
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var process =
        new ProcessBuilder(
                List.of(
                    java,
                    "-XX:+UseSerialGC",
                    "-cp",
                    classPath(),
                    Main.class.getName(),
                    "--replay",
                    Long.toString(seed),
                    "--events",
                    Long.toString(EVENTS)))
            .redirectErrorStream(true)
            .start();
    var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  /** Where the classes of a run come from, whoever loaded them. */
  private static String classPath() {
    return Stream.of(Main.class, RaftCore.class, Journal.class, StoreStage.class)
        .map(one -> one.getProtectionDomain().getCodeSource().getLocation().getPath())
        .distinct()
        .collect(Collectors.joining(File.pathSeparator));
  }
}
