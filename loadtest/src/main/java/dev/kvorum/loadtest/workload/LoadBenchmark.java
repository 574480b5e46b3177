package dev.kvorum.loadtest.workload;

import dev.kvorum.loadtest.report.Comparison;
import dev.kvorum.loadtest.report.Metric;
import dev.kvorum.loadtest.report.Report;
import dev.kvorum.loadtest.report.Sample;
import dev.kvorum.loadtest.server.ProcessUsage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * One load on both servers in turns: first, second, first, second.
 *
 * <p>Both run the whole time, so that neither has the machine's caches to itself. A run is void
 * unless every request was answered and the server says that exactly the acknowledged ones took
 * effect: h2load cannot see a gRPC error, the store's revision can.
 */
final class LoadBenchmark implements Benchmark {
  private static final int FIRST_REQUESTS = 2_000;
  private static final double BYTES_PER_MEBIBYTE = 1 << 20;

  private final LoadWorkload workload;

  LoadBenchmark(LoadWorkload workload) {
    this.workload = workload;
  }

  @Override
  public String name() {
    return workload.name();
  }

  @Override
  public void run(Contest contest, Settings settings, Consumer<Report> reports)
      throws VoidRunException, InterruptedException {
    try (Lane first = lane(contest, contest.first(), settings);
        Lane second = lane(contest, contest.second(), settings)) {
      for (Shape shape : settings.shapes()) {
        first.warmUp(shape);
        second.warmUp(shape);
        List<Sample> firstSamples = new ArrayList<>();
        List<Sample> secondSamples = new ArrayList<>();
        for (int pair = 0; pair < settings.pairs(); pair++) {
          firstSamples.add(first.measure(shape));
          secondSamples.add(second.measure(shape));
        }
        reports.accept(
            new Report(
                name(),
                variant(shape, settings),
                first.target.label(),
                second.target.label(),
                Comparison.of(firstSamples, secondSamples)));
      }
    }
  }

  private static String variant(Shape shape, Settings settings) {
    return shape
        + (settings.keys() == 1 ? "" : " " + settings.keys() + " keys")
        + (settings.requestsPerSecond() == 0 ? "" : " at " + settings.requestsPerSecond() + "/s");
  }

  private Lane lane(Contest contest, Contest.Entrant entrant, Settings settings)
      throws VoidRunException, InterruptedException {
    Target target = contest.start(entrant);
    try {
      workload.prepare(target, settings);
    } catch (VoidRunException | InterruptedException | RuntimeException failure) {
      target.close();
      throw failure;
    }
    H2Load generator =
        new H2Load(
            contest.scratch(),
            target.process().plan().clientPort(),
            workload.method(),
            IntStream.range(0, settings.keys())
                .mapToObj(key -> workload.request(key, settings))
                .toList(),
            workload.operationsPerRequest());
    return new Lane(target, generator, settings);
  }

  /** One of the two servers with its load generator and the rate that it showed last. */
  private final class Lane implements AutoCloseable {
    private final Target target;
    private final H2Load generator;
    private final Settings settings;
    private double lastRate;

    private Lane(Target target, H2Load generator, Settings settings) {
      this.target = target;
      this.generator = generator;
      this.settings = settings;
    }

    /** Loads the server in pieces until the time is over; learns its rate. */
    private void warmUp(Shape shape) throws VoidRunException, InterruptedException {
      long requests = FIRST_REQUESTS;
      double seconds = 0;
      do {
        H2Load.Outcome outcome = load(shape, requests, 0);
        seconds += outcome.seconds();
        lastRate = outcome.rate();
        requests = (long) Math.max(FIRST_REQUESTS, lastRate);
      } while (seconds < settings.warmUp().toMillis() / 1e3);
    }

    private Sample measure(Shape shape) throws VoidRunException, InterruptedException {
      double rate =
          settings.requestsPerSecond() == 0 ? lastRate : (double) settings.requestsPerSecond();
      long requests = Math.max(1, Math.round(rate * settings.run().toMillis() / 1e3));
      ProcessUsage before = target.process().usage();
      H2Load.Outcome outcome = load(shape, requests, settings.requestsPerSecond());
      ProcessUsage after = target.process().usage();
      lastRate = outcome.rate();
      return sample(outcome, before, after);
    }

    private H2Load.Outcome load(Shape shape, long requests, long requestsPerSecond)
        throws VoidRunException, InterruptedException {
      long before = workload.effects(target);
      Duration patience = settings.run().multipliedBy(4).plusSeconds(30);
      H2Load.Outcome outcome = generator.run(shape, requests, requestsPerSecond, patience);
      long advanced = workload.effects(target) - before;
      if (outcome.succeeded() != outcome.requested()
          || advanced != outcome.succeeded() * workload.effectsPerRequest()) {
        throw new VoidRunException(
            String.format(
                "%s %s on %s: %d requests, %d answered, %d took effect",
                name(), shape, target.label(), outcome.requested(), outcome.succeeded(), advanced));
      }
      return outcome;
    }

    private Sample sample(H2Load.Outcome outcome, ProcessUsage before, ProcessUsage after) {
      Map<Metric, Double> values = new EnumMap<>(Metric.class);
      values.put(Metric.RATE, outcome.rate() * workload.operationsPerRequest());
      values.put(Metric.LATENCY_MEAN, outcome.meanMicros());
      values.put(
          Metric.CPU_PER_MILLION,
          (after.cpuSeconds() - before.cpuSeconds())
              * 1e6
              / (outcome.succeeded() * workload.operationsPerRequest()));
      values.put(Metric.RESIDENT, after.residentBytes() / BYTES_PER_MEBIBYTE);
      values.put(Metric.ANONYMOUS, after.anonymousBytes() / BYTES_PER_MEBIBYTE);
      if (!outcome.log().isEmpty()) {
        values.put(Metric.LATENCY_P50, outcome.log().quantile(0.5));
        values.put(Metric.LATENCY_P99, outcome.log().quantile(0.99));
        values.put(Metric.LATENCY_P999, outcome.log().quantile(0.999));
        values.put(Metric.LATENCY_MAX, outcome.log().quantile(1));
      }
      return new Sample(values);
    }

    @Override
    public void close() {
      target.close();
    }
  }
}
