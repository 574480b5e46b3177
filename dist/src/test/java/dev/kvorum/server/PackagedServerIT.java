package dev.kvorum.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The packaged program, started as a user starts it, with PATH as its only variable. */
@Timeout(240)
class PackagedServerIT {
  private static final Path HOME = Path.of("target/kvorum").toAbsolutePath();
  private static final Path LAUNCHER = HOME.resolve("bin/kvorum");
  private static final String ANY_PORT = "http://127.0.0.1:0";
  private static final int SIGNALLED = 128;

  @TempDir private Path directory;

  /** Every line is JSON, and the process ends by the signal that it was sent (contract S25.5). */
  @ParameterizedTest
  @CsvSource({"TERM, 15, terminated", "INT, 2, interrupt"})
  void aServerLogsJsonAndEndsByTheSignal(String signal, int number, String name) throws Exception {
    var server = start(Map.of(), flags());
    try (var lines = server.errorReader()) {
      awaitReady(lines);
      assertThat(new ProcessBuilder("kill", "-" + signal, "" + server.pid()).start().waitFor())
          .isZero();
      var rest = json(lines);

      assertThat(server.waitFor()).isEqualTo(SIGNALLED + number);
      assertThat(rest)
          .extracting(line -> line.getString("msg"))
          .containsSubsequence(
              "received signal; shutting down", "closing etcd server", "closed etcd server");
      assertThat(rest).anyMatch(line -> name.equals(line.getString("signal")));
      assertThat(server.inputReader().readLine()).isNull();
    } finally {
      end(server);
    }
  }

  /** A cache that fits shows in nothing but the time; neither does one that does not fit. */
  @Test
  void aCacheThatDoesNotFitIsPassedOverInSilence() throws Exception {
    var home = directory.resolve("copy");
    copy(HOME, home);
    Files.writeString(home.resolve("kvorum.aot"), "broken, but nothing beside it says so");
    var server = start(home.resolve("bin/kvorum"), Map.of(), flags());
    try (var lines = server.errorReader()) {
      awaitReady(lines);
      // By its handle: the process itself would close its streams.
      server.toHandle().destroy();

      assertThat(json(lines)).isNotEmpty();
      assertThat(server.inputReader().readLine()).isNull();
    } finally {
      end(server);
    }
  }

  /** After another JDK or other jars the first start is slow, and the next one fast again. */
  @Test
  @Timeout(900)
  void aCacheThatDoesNotFitIsMadeAgainInTheBackground() throws Exception {
    var home = directory.resolve("copy");
    copy(HOME, home);
    Files.writeString(home.resolve("kvorum.aot.jdk"), "another JDK\n");
    var before = Files.getLastModifiedTime(home.resolve("kvorum.aot"));
    var path = Map.of("PATH", withoutNice() + ":" + System.getenv("PATH"));
    var server = start(home.resolve("bin/kvorum"), path, flags());
    try (var lines = server.errorReader()) {
      awaitReady(lines);
      String line;
      do {
        line = lines.readLine();
        assertThat(line).as("the server ended before it made the cache").isNotNull();
      } while (!line.contains("making the cache for the next start in the background"));
      for (var maker : server.toHandle().children().toList()) {
        maker.onExit().get();
      }
      assertThat(Files.readString(home.resolve("kvorum.aot.jdk"))).doesNotStartWith("another");
      assertThat(Files.getLastModifiedTime(home.resolve("kvorum.aot"))).isGreaterThan(before);
      assertThat(Files.size(home.resolve("kvorum.aot"))).isGreaterThan(1 << 20);
    } finally {
      end(server);
    }
  }

  /** A directory with a {@code nice} that is none: on a busy machine the real one has no end. */
  private Path withoutNice() throws IOException {
    var bin = Files.createDirectory(directory.resolve("bin"));
    var nice = Files.writeString(bin.resolve("nice"), "#!/bin/sh\nshift 2\nexec \"$@\"\n");
    assertThat(nice.toFile().setExecutable(true)).isTrue();
    return bin;
  }

  @Test
  void theRecordedCacheIsTheOneInUse() throws Exception {
    var server = start(Map.of(), flags());
    try (var lines = server.errorReader()) {
      awaitReady(lines);

      var maps = Files.readString(Path.of("/proc/" + server.pid() + "/maps"));
      assertThat(maps).contains("kvorum.aot");
    } finally {
      end(server);
    }
  }

  @Test
  void theVersionIsTheSameFromTheLauncherAndFromTheServer() throws Exception {
    var fromLauncher = start(Map.of(), List.of("--version"));
    var fromServer = start(Map.of(), List.of("--name=x", "--version"));

    var text = fromLauncher.inputReader().readAllAsString();
    assertThat(text)
        .startsWith("etcd Version: 3.7.1\nGit SHA: ")
        .containsPattern("\nGo Version: go1\\.\\d+")
        .containsPattern("\nGo OS/Arch: [a-z]+/[a-z0-9]+\nKvorum Version: ");
    assertThat(fromServer.inputReader().readAllAsString()).isEqualTo(text);
    assertThat(fromLauncher.waitFor()).isZero();
    assertThat(fromServer.waitFor()).isZero();
  }

  @Test
  void misuseExitsWithTwoAndABadConfigurationWithOne() throws Exception {
    var misused = start(Map.of(), List.of("--no-such-flag"));
    assertThat(misused.errorReader().readLine())
        .isEqualTo("flag provided but not defined: -no-such-flag");
    assertThat(misused.waitFor()).isEqualTo(2);

    var refused = start(Map.of("ETCD_ELECTION_TIMEOUT", "1"), List.of());
    var lines = json(refused.errorReader());
    assertThat(lines.getLast().getString("msg")).isEqualTo("failed to verify flags");
    assertThat(refused.waitFor()).isEqualTo(1);

    var help = start(Map.of(), List.of("-h"));
    assertThat(help.inputReader().readAllAsString()).contains("--listen-client-urls");
    assertThat(help.waitFor()).isZero();
  }

  private List<String> flags() {
    return List.of(
        "--data-dir=" + directory.resolve("data"),
        "--listen-client-urls=" + ANY_PORT,
        "--advertise-client-urls=" + ANY_PORT,
        "--listen-peer-urls=" + ANY_PORT,
        "--initial-advertise-peer-urls=" + ANY_PORT,
        "--initial-cluster=default=" + ANY_PORT);
  }

  private Process start(Map<String, String> variables, List<String> arguments) throws IOException {
    return start(LAUNCHER, variables, arguments);
  }

  private Process start(Path launcher, Map<String, String> variables, List<String> arguments)
      throws IOException {
    var command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(arguments);
    var builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().clear();
    builder.environment().put("PATH", System.getenv("PATH"));
    builder.environment().putAll(variables);
    return builder.start();
  }

  /** Whoever still writes would get in the way of the directory's removal. */
  private static void end(Process server) throws InterruptedException {
    server.destroyForcibly().waitFor();
  }

  private static void awaitReady(BufferedReader lines) throws IOException {
    String line;
    do {
      line = lines.readLine();
      assertThat(line).as("the server ended before it was ready").isNotNull();
    } while (!new JsonObject(line).getString("msg").equals("ready to serve client requests"));
  }

  /** All lines up to the end; a line that is no JSON object fails. */
  private static List<JsonObject> json(BufferedReader lines) throws IOException {
    return lines.readAllLines().stream().map(JsonObject::new).toList();
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var paths = Files.walk(from)) {
      for (var path : paths.toList()) {
        Files.copy(
            path, to.resolve(from.relativize(path).toString()), StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
  }
}
