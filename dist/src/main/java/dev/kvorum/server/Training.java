package dev.kvorum.server;

import dev.kvorum.server.config.Startup;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * A short life of a node, recorded by the JVM to make the cache of loaded classes and profiles from
 * which later starts are fast. What is used here is what will start fast: it takes the server's own
 * path, on ports that the system chooses and in a directory of its own.
 */
public final class Training {
  private static final String NOWHERE = "http://127.0.0.1:0";

  private Training() {}

  public static void main(String[] arguments) throws IOException {
    var directory = Files.createTempDirectory("kvorum-training");
    boolean served;
    try {
      served = run(directory);
    } finally {
      delete(directory);
    }
    System.exit(served ? 0 : 1);
  }

  private static boolean run(Path directory) {
    var given =
        List.of(
            "--data-dir=" + directory.resolve("data"),
            "--listen-client-urls=" + NOWHERE,
            "--advertise-client-urls=" + NOWHERE,
            "--listen-peer-urls=" + NOWHERE,
            "--initial-advertise-peer-urls=" + NOWHERE,
            "--initial-cluster=default=" + NOWHERE);
    var address = new CompletableFuture<String>();
    return Startup.read(given, Map.of()) instanceof Startup.Run startup
        && Server.serve(given, startup, () -> use(address.join()), address::complete, () -> {})
            == 0;
  }

  /** Uses a ready node as its clients would, then ends it as a signal would. */
  private static String use(String address) {
    try {
      TrainingClient.use(address);
      return "training";
    } catch (Exception unanswered) {
      throw new IllegalStateException("no answer from " + address, unanswered);
    }
  }

  private static void delete(Path directory) {
    try (var paths = Files.walk(directory)) {
      paths.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
