package dev.kvorum.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The script at the root of a checkout, in a checkout of empty modules, with a Maven that writes a
 * launcher which tells its arguments.
 */
class CheckoutScriptTest {
  /** All that the script may find in its PATH, beside Maven. */
  private static final List<String> TOOLS =
      List.of("find", "head", "mkdir", "rm", "sleep", "readlink", "chmod", "cat", "touch");

  private static final String MAVEN =
      """
      #!/bin/sh
      echo "maven $*" >>"$0.log"
      root=${0%/tools/mvn}
      mkdir -p "$root/dist/target/kvorum/bin"
      touch "$root/dist/target/kvorum/kvorum.jar"
      printf '#!/bin/sh\\nfor a in "$@"; do echo "<$a>"; done\\n' >"$root/dist/target/kvorum/bin/kvorum"
      chmod 755 "$root/dist/target/kvorum/bin/kvorum"
      """;

  /** What a run of the script came to. */
  private record Run(int exit, List<String> out, List<String> err) {}

  @TempDir private Path temporary;
  private Path root;
  private Path tools;
  private Path jdk;

  @BeforeEach
  void layOut() throws IOException {
    root = Files.createDirectories(temporary.resolve("a checkout"));
    copy(Path.of("../kvorum"), root.resolve("kvorum"));
    copy(Path.of("src/main/launcher/find-jdk"), root.resolve("dist/src/main/launcher/find-jdk"));
    for (var module : List.of("storage", "raftverticle", "verticles", "grpc", "http", "dist")) {
      write(root.resolve(module).resolve("src/main/java/A.java"), "class A {}");
    }
    write(root.resolve("pom.xml"), "<project/>");
    tools = Files.createDirectories(root.resolve("tools"));
    for (var tool : TOOLS) {
      var script = "#!/bin/sh\nPATH=/usr/bin:/bin exec %s \"$@\"\n".formatted(tool);
      executable(write(tools.resolve(tool), script));
    }
    executable(write(tools.resolve("mvn"), MAVEN));
    jdk = root.resolve("jdk");
    write(jdk.resolve("release"), "JAVA_VERSION=\"25\"\n");
    executable(write(jdk.resolve("bin/java"), "#!/bin/sh\n"));
  }

  @Test
  void itBuildsOnceAndPassesArgumentsOn() throws Exception {
    var first = run(jdk, "--name", "two words");
    assertThat(first.exit).isZero();
    assertThat(first.out).containsExactly("<--name>", "<two words>");
    assertThat(first.err)
        .containsExactly("kvorum: building, which takes some minutes the first time");

    var second = run(jdk, "x");
    assertThat(second.out).containsExactly("<x>");
    assertThat(second.err).isEmpty();
    assertThat(builds())
        .singleElement()
        .asString()
        .contains("-Pdraft", "-pl dist -am package", "-Dmaven.test.skip=true");
  }

  @Test
  void itBuildsAgainWhenASourceIsNewerAndNotForATest() throws Exception {
    run(jdk);
    var later = FileTime.from(Instant.now().plusSeconds(60));

    var test = write(root.resolve("storage/src/test/java/ATest.java"), "class ATest {}");
    Files.setLastModifiedTime(test, later);
    run(jdk);
    assertThat(builds()).hasSize(1);

    Files.setLastModifiedTime(root.resolve("grpc/src/main/java/A.java"), later);
    run(jdk);
    assertThat(builds()).hasSize(2);
  }

  @Test
  void withoutAJdkOrMavenItSaysSoAtOnce() throws Exception {
    var noJdk = run(root.resolve("no-jdk"));
    assertThat(noJdk.exit).isEqualTo(1);
    assertThat(noJdk.err)
        .singleElement()
        .asString()
        .contains("KVORUM_JAVA_HOME is", "there is no JDK 25 or newer");

    Files.delete(tools.resolve("mvn"));
    var noMaven = run(jdk);
    assertThat(noMaven.exit).isEqualTo(1);
    assertThat(noMaven.err).singleElement().asString().contains("no mvn", "install Maven");
  }

  @Test
  void aFailedBuildEndsIt() throws Exception {
    executable(write(tools.resolve("mvn"), "#!/bin/sh\necho reason\nexit 1\n"));

    var run = run(jdk);

    assertThat(run.exit).isEqualTo(1);
    assertThat(run.out).isEmpty();
    assertThat(run.err).endsWith("reason", "kvorum: the build failed; the reason is above");
    assertThat(root.resolve("dist/target/build.lock")).doesNotExist();
  }

  private List<String> builds() throws IOException {
    return Files.readAllLines(tools.resolve("mvn.log"));
  }

  private Run run(Path javaHome, String... arguments) throws Exception {
    var command = new ArrayList<>(List.of(root.resolve("kvorum").toString()));
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command).directory(temporary.toFile());
    builder.environment().clear();
    builder.environment().put("PATH", tools.toString());
    builder.environment().put("KVORUM_JAVA_HOME", javaHome.toString());
    var out = Files.createTempFile(temporary, "out", "");
    var err = Files.createTempFile(temporary, "err", "");
    var process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Run(process.exitValue(), Files.readAllLines(out), Files.readAllLines(err));
  }

  private static void copy(Path from, Path to) throws IOException {
    createParent(to);
    Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES);
  }

  private static Path write(Path file, String text) throws IOException {
    createParent(file);
    return Files.writeString(file, text);
  }

  private static void createParent(Path file) throws IOException {
    var parent = file.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
  }

  private static void executable(Path file) {
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }
}
