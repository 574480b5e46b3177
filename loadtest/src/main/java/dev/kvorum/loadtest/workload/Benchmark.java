package dev.kvorum.loadtest.workload;

import dev.kvorum.loadtest.report.Report;
import java.util.function.Consumer;

/** One comparison of two servers, by name. */
public interface Benchmark {
  /** The name on the command line and in reports. */
  String name();

  /**
   * Measures both servers and hands out each report as soon as it is complete.
   *
   * @throws VoidRunException if a server did not do what the load asked of it, so that its speed
   *     says nothing
   */
  void run(Contest contest, Settings settings, Consumer<Report> reports)
      throws VoidRunException, InterruptedException;
}
