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
 * Two short lives of a node, recorded by the JVM to make the cache of loaded classes and profiles
 * from which later starts are fast. What is used here is what will start fast: it takes the
 * server's own path, on ports that the system chooses and in a directory of its own. The second
 * life finds what most starts find: a journal, a state store, and an index checkpoint with records
 * behind it.
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
    var data = directory.resolve("data");
    return live(
            data,
            client -> {
              client.useEverything();
              client.useCrowds();
              client.putUntil(() -> Files.exists(data.resolve("index").resolve("checkpoint")));
              client.putMore();
            })
        && live(data, TrainingClient::useEverything);
  }

  /** Starts a node and uses it; whether it went well. */
  private static boolean live(Path data, TrainingClient.Use use) {
    var given =
        List.of(
            "--data-dir=" + data,
            "--listen-client-urls=" + NOWHERE,
            "--advertise-client-urls=" + NOWHERE,
            "--listen-peer-urls=" + NOWHERE,
            "--initial-advertise-peer-urls=" + NOWHERE,
            "--initial-cluster=default=" + NOWHERE);
    var address = new CompletableFuture<String>();
    return Startup.read(given, Map.of()) instanceof Startup.Run startup
        && Server.serve(given, startup, () -> use(address.join(), use), address::complete, () -> {})
            == 0;
  }

  /** Uses a ready node as its clients would, then ends it as a signal would. */
  private static String use(String address, TrainingClient.Use use) {
    try {
      TrainingClient.run(address, use);
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
