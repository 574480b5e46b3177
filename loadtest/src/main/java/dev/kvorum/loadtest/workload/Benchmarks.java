package dev.kvorum.loadtest.workload;

import java.util.List;
import java.util.Optional;

/** All benchmarks by name. */
public final class Benchmarks {
  private static final List<Benchmark> ALL =
      List.of(
          new LoadBenchmark(new PutWorkload()),
          new LoadBenchmark(new GetWorkload("get", false)),
          new LoadBenchmark(new GetWorkload("get-serializable", true)),
          RangeBenchmark.LIST,
          RangeBenchmark.PAGES,
          new StartBenchmark(),
          new IdleBenchmark());

  private Benchmarks() {}

  public static List<String> names() {
    return ALL.stream().map(Benchmark::name).toList();
  }

  public static Optional<Benchmark> named(String name) {
    return ALL.stream().filter(benchmark -> benchmark.name().equals(name)).findFirst();
  }
}
