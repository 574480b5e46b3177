package dev.kvorum.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The real launcher, laid out as in the package, with a java that only tells how it was called. The
 * directory has a blank in its name.
 */
class LauncherTest {
  private static final Path SCRIPTS = Path.of("src/main/launcher");

  /** Prints its number and its arguments, each on a line. */
  private static final String TELLING_JAVA =
      """
      #!/bin/sh
      echo "pid $$"
      echo "picked up ${JAVA_TOOL_OPTIONS:-nothing}"
      for argument in "$@"; do echo "<$argument>"; done
      """;

  /** What a run of the launcher came to. */
  private record Run(long pid, int exit, List<String> out, List<String> err) {}

  @TempDir private Path temporary;
  private Path home;
  private Path launcher;
  private Path jdk;

  @BeforeEach
  void layOut() throws IOException {
    home = temporary.resolve("with blank/kvorum");
    launcher = home.resolve("bin/kvorum");
    Files.createDirectories(home.resolve("bin"));
    for (var script : List.of("kvorum", "find-jdk")) {
      var copy = launcher.resolveSibling(script);
      Files.copy(SCRIPTS.resolve(script), copy, StandardCopyOption.COPY_ATTRIBUTES);
      assertThat(copy.toFile().setExecutable(true)).isTrue();
    }
    Files.writeString(
        home.resolve("VERSION"),
        "etcd Version: 3.7.1\nGit SHA: abc\nGo OS/Arch: %PLATFORM%\nKvorum Version: 1\n");
    Files.writeString(home.resolve("CHECKSUM"), "12ab\n");
    Files.createDirectories(home.resolve("lib"));
    Files.createFile(home.resolve("kvorum.jar"));
    jdk = jdk("jdk-25", "25.0.3");
  }

  @Test
  void versionIsAnsweredWithoutJava() throws Exception {
    for (var flag : List.of("--version", "-version")) {
      var run = run(Map.of("KVORUM_JAVA_HOME", "/nowhere"), launcher, flag);

      assertThat(run.exit).isZero();
      assertThat(run.err).isEmpty();
      assertThat(run.out.getFirst()).isEqualTo("etcd Version: 3.7.1");
      assertThat(run.out.get(2)).matches("Go OS/Arch: [a-z]+/[a-z0-9_]+");
      assertThat(run.out).hasSize(4);
    }
  }

  /** Among other arguments the flags' own rules decide, which only the server knows. */
  @Test
  void versionAmongOtherArgumentsIsLeftToTheServer() throws Exception {
    assertThat(run(launcher, "--name", "--version").out).contains("<--name>", "<--version>");
  }

  @Test
  void itBecomesTheJvmAndPassesArgumentsOn() throws Exception {
    var run = run(launcher, "--name", "two words", "--data-dir=*", "", "--x=\"quoted\"");

    assertThat(run.out.getFirst()).isEqualTo("pid " + run.pid);
    assertThat(run.out)
        .containsSubsequence(
            "<-cp>",
            "<" + home + "/kvorum.jar>",
            "<dev.kvorum.server.Main>",
            "<--name>",
            "<two words>",
            "<--data-dir=*>",
            "<>",
            "<--x=\"quoted\">");
    assertThat(run.out)
        .contains("<--add-exports=java.base/sun.nio.ch=ALL-UNNAMED>", "<-Xlog:disable>");
    assertThat(run.err).isEmpty();
  }

  @Test
  void itRunsThroughLinksAndFromAnyDirectory() throws Exception {
    var links = Files.createDirectories(temporary.resolve("links"));
    var absolute = Files.createSymbolicLink(links.resolve("absolute"), launcher);
    var relative =
        Files.createSymbolicLink(
            links.resolve("relative"), Path.of("../with blank/kvorum/bin/kvorum"));
    var toLink = Files.createSymbolicLink(links.resolve("to-link"), Path.of("relative"));

    for (var link : List.of(absolute, relative, toLink)) {
      assertThat(run(link).out.stream().filter(line -> line.endsWith("/kvorum.jar>")))
          .singleElement()
          .satisfies(
              line ->
                  assertThat(Path.of(line.substring(1, line.length() - 1)).toRealPath().getParent())
                      .isEqualTo(home.toRealPath()));
    }
    var here = run(home.resolve("bin"), Map.of(), List.of("./kvorum"));
    assertThat(here.out).contains("<./../kvorum.jar>");
    var bySh = run(home.resolve("bin"), Map.of(), List.of("sh", "kvorum", "--version"));
    assertThat(bySh.out.getFirst()).startsWith("etcd Version");
  }

  @Test
  void aJdkThatIsTooOldOrMissingIsOneClearLine() throws Exception {
    for (var java : List.of(jdk("jdk-17", "17.0.15"), jdk("jdk-8", "1.8.0_402"), temporary)) {
      var run = run(Map.of("KVORUM_JAVA_HOME", java.toString()), launcher);

      assertThat(run.exit).isEqualTo(1);
      assertThat(run.out).isEmpty();
      assertThat(run.err)
          .containsExactly(
              "kvorum: KVORUM_JAVA_HOME is " + java + ", where there is no JDK 25 or newer");
    }
  }

  @Test
  void theFirstSuitableJdkIsChosenByItsReleaseFile() throws Exception {
    var older = jdk("a-17", "17.0.15");
    var broken = Files.createDirectories(temporary.resolve("b-broken"));
    var early = jdk("c-26", "26-ea");
    var script =
        ". '%s'; choose_jdk '' /nowhere '%s' '%s' '%s' '%s' && echo \"$java_home\""
            .formatted(SCRIPTS.resolve("find-jdk").toAbsolutePath(), older, broken, early, jdk);

    assertThat(run(temporary, Map.of(), List.of("sh", "-c", script)).out)
        .containsExactly(early.toString());
    assertThat(
            run(temporary, Map.of(), List.of("sh", "-c", script.replace(early.toString(), "/x")))
                .out)
        .containsExactly(jdk.toString());
  }

  @Test
  void theJavaInThePathIsFoundBehindItsLinks() throws Exception {
    var bin = Files.createDirectories(temporary.resolve("usr/bin"));
    var alternatives = Files.createDirectories(temporary.resolve("etc"));
    Files.createSymbolicLink(alternatives.resolve("java"), jdk.resolve("bin/java"));
    Files.createSymbolicLink(bin.resolve("java"), Path.of("../../etc/java"));
    var script =
        "PATH='%s':$PATH; . '%s'; choose_jdk_from_path && echo \"$java_home\""
            .formatted(bin, SCRIPTS.resolve("find-jdk").toAbsolutePath());

    assertThat(run(temporary, Map.of(), List.of("sh", "-c", script)).out)
        .containsExactly(jdk.toString());
  }

  @Test
  void optionsFromVariablesArePassedOnAndNotAnnounced() throws Exception {
    var run =
        run(
            Map.of(
                "JAVA_TOOL_OPTIONS", "-Da=1 -Db=2",
                "KVORUM_JAVA_OPTS", "-Xmx1g",
                "JDK_JAVA_OPTIONS", "-Dnever"),
            launcher);

    assertThat(run.out).contains("picked up nothing", "<-Da=1>", "<-Db=2>");
    assertThat(run.out).doesNotContain("<-Dnever>");
    assertThat(run.out.lastIndexOf("<-Xmx1g>"))
        .as("the user's heap size comes after ours")
        .isGreaterThan(indexOf(run.out, "<-Xmx"));
  }

  @Test
  void theCacheIsUsedOnlyWithTheJdkThatMadeIt() throws Exception {
    assertThat(run(launcher).out).noneMatch(line -> line.startsWith("<-XX:AOTCache"));
    assertThat(run(launcher).out).contains("<-Dkvorum.start-cache=missing>");

    Files.writeString(home.resolve("kvorum.aot"), "cache");
    Files.copy(jdk.resolve("release"), home.resolve("kvorum.aot.jdk"));
    Files.copy(home.resolve("CHECKSUM"), home.resolve("kvorum.aot.checksum"));
    assertThat(run(launcher).out)
        .contains("<-XX:AOTCache=" + home + "/kvorum.aot>", "<-Dkvorum.start-cache=given>");

    var newer = jdk("jdk-25b", "25.0.4");
    assertThat(run(Map.of("KVORUM_JAVA_HOME", newer.toString()), launcher).out)
        .noneMatch(line -> line.startsWith("<-XX:AOTCache"))
        .contains("<-Dkvorum.start-cache=missing>");
  }

  /** The JVM would run the classes in the cache, whatever the jars hold by now. */
  @Test
  void theCacheIsNotUsedWithOtherJarsThanThoseThatMadeIt() throws Exception {
    var cache = Files.writeString(home.resolve("kvorum.aot"), "cache");
    Files.copy(jdk.resolve("release"), home.resolve("kvorum.aot.jdk"));
    Files.copy(home.resolve("CHECKSUM"), home.resolve("kvorum.aot.checksum"));
    var library = Files.writeString(home.resolve("lib/a library.jar"), "jar");
    Files.setLastModifiedTime(library, FileTime.fromMillis(0));
    assertThat(run(launcher).out).contains("<-XX:AOTCache=" + cache + ">");

    var later = Files.getLastModifiedTime(cache).toMillis() + 1_000;
    Files.setLastModifiedTime(library, FileTime.fromMillis(later));
    assertThat(run(launcher).out).noneMatch(line -> line.startsWith("<-XX:AOTCache"));

    Files.setLastModifiedTime(library, FileTime.fromMillis(0));
    Files.writeString(home.resolve("CHECKSUM"), "34cd\n");
    assertThat(run(launcher).out).noneMatch(line -> line.startsWith("<-XX:AOTCache"));
  }

  @Test
  void theCacheIsMadeByOneProcessAtATime() throws Exception {
    java(
        "#!/bin/sh\n"
            + "for a in \"$@\"; do case $a in -XX:AOTCacheOutput=*) echo x >\"${a#*=}\";; esac;"
            + " done\n");
    var cache = home.resolve("kvorum.aot");
    var lock = home.resolve("kvorum.aot.lock");
    Files.writeString(lock, ProcessHandle.current().pid() + "\n");
    assertThat(run(launcher, "start-cache").exit).isEqualTo(1);
    assertThat(cache).doesNotExist();
    assertThat(lock).exists();

    // The lock of a process that is gone is void. No process has such a high number.
    Files.writeString(lock, "99999999\n");
    var run = run(launcher, "start-cache");
    assertThat(run.err).isEmpty();
    assertThat(run.exit).isZero();
    assertThat(cache).exists();
    assertThat(home.resolve("kvorum.aot.jdk")).hasSameTextualContentAs(jdk.resolve("release"));
    assertThat(home).isDirectoryNotContaining(path -> path.toString().contains(".new"));
    assertThat(lock).doesNotExist();
  }

  @Test
  void aFailedTrainingRunLeavesTheOldCache() throws Exception {
    java("#!/bin/sh\necho reason\nexit 3\n");
    var cache = Files.writeString(home.resolve("kvorum.aot"), "old");

    var run = run(launcher, "start-cache");

    assertThat(run.exit).isEqualTo(1);
    assertThat(run.err)
        .containsExactly("reason", "kvorum: the training run for " + cache + " failed");
    assertThat(cache).hasContent("old");
    assertThat(home.resolve("kvorum.aot.lock")).doesNotExist();
  }

  private Path jdk(String name, String version) throws IOException {
    var directory = Files.createDirectories(temporary.resolve("jdks").resolve(name));
    Files.createDirectories(directory.resolve("bin"));
    Files.writeString(
        directory.resolve("release"), "IMPLEMENTOR=\"X\"\nJAVA_VERSION=\"" + version + "\"");
    var java = Files.writeString(directory.resolve("bin/java"), TELLING_JAVA);
    assertThat(java.toFile().setExecutable(true)).isTrue();
    return directory;
  }

  private void java(String script) throws IOException {
    Files.writeString(jdk.resolve("bin/java"), script);
  }

  private static int indexOf(List<String> lines, String start) {
    return lines.indexOf(
        lines.stream().filter(line -> line.startsWith(start)).findFirst().orElse(""));
  }

  private Run run(Path program, String... arguments) throws Exception {
    return run(Map.of(), program, arguments);
  }

  private Run run(Map<String, String> variables, Path program, String... arguments)
      throws Exception {
    var command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    return run(temporary, variables, command);
  }

  /** With nothing in the environment but PATH, a JDK to use, and the given variables. */
  private Run run(Path directory, Map<String, String> variables, List<String> command)
      throws Exception {
    var builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().clear();
    builder.environment().put("PATH", "/usr/bin:/bin");
    builder.environment().put("KVORUM_JAVA_HOME", jdk.toString());
    builder.environment().putAll(variables);
    var out = Files.createTempFile(temporary, "out", "");
    var err = Files.createTempFile(temporary, "err", "");
    var process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Run(process.pid(), process.exitValue(), lines(out), lines(err));
  }

  private static List<String> lines(Path file) throws IOException {
    return Files.readAllLines(file, StandardCharsets.UTF_8);
  }
}
