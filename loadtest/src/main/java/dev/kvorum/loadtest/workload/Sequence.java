package dev.kvorum.loadtest.workload;

import dev.kvorum.loadtest.report.Report;
import java.util.List;
import java.util.function.Consumer;

/** Several benchmarks under one name, one after the other, each on servers of its own. */
record Sequence(String name, List<Benchmark> parts) implements Benchmark {
  Sequence {
    parts = List.copyOf(parts);
  }

  @Override
  public void run(Contest contest, Settings settings, Consumer<Report> reports)
      throws VoidRunException, InterruptedException {
    for (Benchmark part : parts) {
      part.run(contest, settings, reports);
    }
  }
}
