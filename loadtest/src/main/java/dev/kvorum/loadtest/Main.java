package dev.kvorum.loadtest;

import dev.kvorum.loadtest.report.Report;
import dev.kvorum.loadtest.server.Product;
import dev.kvorum.loadtest.server.Programs;
import dev.kvorum.loadtest.server.Scratch;
import dev.kvorum.loadtest.workload.Benchmark;
import dev.kvorum.loadtest.workload.Benchmarks;
import dev.kvorum.loadtest.workload.Contest;
import dev.kvorum.loadtest.workload.Settings;
import dev.kvorum.loadtest.workload.Shape;
import dev.kvorum.loadtest.workload.VoidRunException;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command line of the side-by-side runner. */
@Command(
    name = "loadtest/run",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Starts two servers on fresh directories, loads them in turns, prints the ratio of each"
            + " metric (first / second) as the median of pairs, and one JSON line a report.",
    exitCodeOnInvalidInput = 2,
    exitCodeOnExecutionException = 1)
public final class Main implements Callable<Integer> {
  private static final Pattern BLANKS = Pattern.compile("\\s+");

  @Parameters(
      arity = "1..*",
      paramLabel = "benchmark",
      description =
          "put, get (linearizable), get-serializable, list, pages, start, idle, lease-rates,"
              + " write-amplification, watch-cpu; beside a bar: index-memory, lease-memory,"
              + " lease-storm, lease-revoke, scale, restart, compaction, delete-range, no-pause,"
              + " space, watch-fanout, watch-streams, watch-watchers, watch-catchup,"
              + " watch-many-one-key, big-read, crowd")
  private List<String> benchmarks = new ArrayList<>();

  @Option(
      names = "--shapes",
      split = ",",
      description = "connections x open calls each; default 1x1,8x16,16x64")
  private List<String> shapes = List.of("1x1", "8x16", "16x64");

  @Option(names = "--pairs", description = "runs of each server; default ${DEFAULT-VALUE}")
  private int pairs = 5;

  @Option(names = "--seconds", description = "length of a run; default ${DEFAULT-VALUE}")
  private int seconds = 10;

  @Option(
      names = "--warm-up",
      description = "seconds of load before the first run of a shape; default ${DEFAULT-VALUE}")
  private int warmUp = 10;

  @Option(
      names = "--keys",
      description = "keys, one load generator for each; default ${DEFAULT-VALUE}")
  private int keys = 1;

  @Option(names = "--value-bytes", description = "default ${DEFAULT-VALUE}")
  private int valueBytes = 256;

  @Option(
      names = "--fill-keys",
      description =
          "keys that list, pages, big-read, crowd and scale write first; default ${DEFAULT-VALUE}")
  private int fillKeys = 1_000_000;

  @Option(names = "--fill-value-bytes", description = "of each of them; default ${DEFAULT-VALUE}")
  private int fillValueBytes = 1024;

  @Option(
      names = "--fill-shuffled",
      description = "write them in an order that has nothing to do with that of the keys")
  private boolean fillShuffled;

  @Option(
      names = "--rps",
      description =
          "requests per second, sent whether or not answers come (open loop, with latency"
              + " percentiles); default: as fast as answers come")
  private long requestsPerSecond = 0;

  @Option(names = "--starts", description = "starts of each server; default ${DEFAULT-VALUE}")
  private int starts = 10;

  @Option(names = "--idle-before", description = "seconds; default ${DEFAULT-VALUE}")
  private int idleBefore = 60;

  @Option(names = "--idle-for", description = "seconds; default ${DEFAULT-VALUE}")
  private int idleFor = 60;

  @Option(
      names = "--count",
      description = "leases or keys that a lease benchmark makes; default: as many as its bar says")
  private int count = 0;

  @Option(names = "--first", description = "kvorum or etcd; default ${DEFAULT-VALUE}")
  private Product first = Product.KVORUM;

  @Option(names = "--second", description = "kvorum or etcd; default ${DEFAULT-VALUE}")
  private Product second = Product.ETCD;

  @Option(names = "--kvorum", description = "the launcher; default: the one of this checkout")
  private Optional<Path> kvorum = Optional.empty();

  @Option(names = "--etcd", description = "default: in .venv/bin of this checkout, or on the PATH")
  private Optional<Path> etcd = Optional.empty();

  @Option(names = "--kvorum-flags", description = "more flags, in one argument")
  private String kvorumFlags = "";

  @Option(names = "--etcd-flags", description = "more flags, in one argument")
  private String etcdFlags = "";

  @Option(names = "--json", description = "append the JSON lines to this file as well")
  private Optional<Path> json = Optional.empty();

  public static void main(String[] arguments) {
    System.exit(
        new CommandLine(new Main())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setExecutionExceptionHandler(
                (failure, commandLine, _) -> {
                  commandLine.getErr().println("failed: " + failure.getMessage());
                  return 1;
                })
            .execute(arguments));
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    List<Benchmark> chosen = new ArrayList<>();
    for (String name : benchmarks) {
      Optional<Benchmark> benchmark = Benchmarks.named(name);
      if (benchmark.isEmpty()) {
        System.err.println("no benchmark " + name + "; there are " + Benchmarks.names());
        return 2;
      }
      chosen.add(benchmark.get());
    }
    Vertx vertx = Vertx.vertx();
    Path parent = Programs.checkout().resolve("loadtest/target/runs");
    try (Scratch scratch = Scratch.in(parent)) {
      Contest contest = new Contest(vertx, scratch, entrant(first), entrant(second));
      int exit = 0;
      for (Benchmark benchmark : chosen) {
        try {
          benchmark.run(contest, settings(), this::print);
        } catch (VoidRunException madeVoid) {
          System.out.println("VOID " + madeVoid.getMessage());
          exit = 1;
        }
      }
      return exit;
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  private Settings settings() {
    return new Settings(
        shapes.stream().map(Shape::parse).toList(),
        pairs,
        Duration.ofSeconds(seconds),
        Duration.ofSeconds(warmUp),
        keys,
        valueBytes,
        fillKeys,
        fillValueBytes,
        fillShuffled,
        requestsPerSecond,
        starts,
        Duration.ofSeconds(idleBefore),
        Duration.ofSeconds(idleFor),
        count);
  }

  private Contest.Entrant entrant(Product product) {
    Optional<Path> program =
        switch (product) {
          case KVORUM -> kvorum.or(() -> Programs.find(Product.KVORUM));
          case ETCD -> etcd.or(() -> Programs.find(Product.ETCD));
        };
    String flags =
        switch (product) {
          case KVORUM -> kvorumFlags;
          case ETCD -> etcdFlags;
        };
    return new Contest.Entrant(
        product,
        program.orElseThrow(
            () -> new IllegalStateException(product.label() + " is not found; see --help")),
        BLANKS.splitAsStream(flags).filter(flag -> !flag.isEmpty()).toList());
  }

  private void print(Report report) {
    JsonObject line =
        report
            .json()
            .put("time", Instant.now().toString())
            .put("cores", Runtime.getRuntime().availableProcessors())
            .put("flags", new JsonObject().put("kvorum", kvorumFlags).put("etcd", etcdFlags));
    System.out.print(report.table());
    System.out.println(line.encode());
    json.ifPresent(
        file -> {
          try {
            Files.writeString(
                file, line.encode() + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
          } catch (IOException failure) {
            throw new java.io.UncheckedIOException(failure);
          }
        });
  }
}
