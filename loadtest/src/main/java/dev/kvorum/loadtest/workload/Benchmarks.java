package dev.kvorum.loadtest.workload;

import dev.kvorum.loadtest.watch.WatchCatchUp;
import dev.kvorum.loadtest.watch.WatchCpu;
import dev.kvorum.loadtest.watch.WatchDelivery;
import dev.kvorum.loadtest.watch.WatchMemory;
import dev.kvorum.loadtest.watch.WatchOneKey;
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
          new BigReadBenchmark(),
          new CrowdBenchmark(),
          new StartBenchmark(),
          new IdleBenchmark(),
          new WatchDelivery(),
          WatchMemory.ofStreams(),
          WatchMemory.ofWatchers(),
          new WatchCpu(),
          new WatchCatchUp(),
          new WatchOneKey(),
          new Sequence(
              "lease-rates",
              List.of(
                  new LoadBenchmark(new LeaseGrantWorkload("lease-grant")),
                  new LoadBenchmark(new LeaseKeepAliveWorkload("lease-keep-alive", 100)),
                  new LoadBenchmark(new LeaseKeepAliveWorkload("lease-keep-alive-once", 1)))),
          new IndexMemoryBenchmark(),
          new LeaseMemoryBenchmark(),
          new LeaseStormBenchmark(),
          new LeaseRevokeBenchmark(),
          new PauseBenchmark(PauseBenchmark.Work.COMPACTION),
          new PauseBenchmark(PauseBenchmark.Work.DELETE),
          new PauseBenchmark(PauseBenchmark.Work.EVERYTHING),
          new ScaleBenchmark(),
          new RestartBenchmark(),
          new SpaceBenchmark(),
          new WriteAmplificationBenchmark());

  private Benchmarks() {}

  public static List<String> names() {
    return ALL.stream().map(Benchmark::name).toList();
  }

  public static Optional<Benchmark> named(String name) {
    return ALL.stream().filter(benchmark -> benchmark.name().equals(name)).findFirst();
  }
}
