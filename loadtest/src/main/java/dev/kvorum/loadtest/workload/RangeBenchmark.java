package dev.kvorum.loadtest.workload;

import dev.kvorum.api.etcdserverpb.RangeRequest;
import dev.kvorum.loadtest.report.Comparison;
import dev.kvorum.loadtest.report.Metric;
import dev.kvorum.loadtest.report.Report;
import dev.kvorum.loadtest.report.Sample;
import dev.kvorum.loadtest.server.ProcessUsage;
import dev.kvorum.loadtest.wire.Methods;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Ranges over many keys, on both servers in turns. h2load takes the answers and throws them away,
 * so that the client costs little beside the server.
 *
 * <p>A run is void unless every request was answered with about as many bytes as the values have.
 */
final class RangeBenchmark implements Benchmark {
  private static final int WINDOW_BITS = 30;
  private static final int PAGE_KEYS = 500;
  private static final double MEBIBYTE = 1 << 20;

  /** All keys with their values, one client. */
  static final Benchmark LIST =
      new RangeBenchmark(
          "list",
          new Shape(1, 1),
          List.of(
              new Variant("all keys", settings -> Fill.all(), settings -> settings.fillKeys())));

  /** What a client asks that does not want everything. */
  static final Benchmark PAGES =
      new RangeBenchmark(
          "pages",
          new Shape(4, 1),
          List.of(
              new Variant("count only", _ -> Fill.all().setCountOnly(true), _ -> 0),
              new Variant("first 500", _ -> Fill.all().setLimit(PAGE_KEYS), _ -> PAGE_KEYS),
              new Variant(
                  "500 from the middle",
                  settings -> Fill.from(settings.fillKeys() / 2).setLimit(PAGE_KEYS),
                  _ -> PAGE_KEYS)));

  private final String name;
  private final Shape shape;
  private final List<Variant> variants;

  /** One request and how many values its answer has. */
  private record Variant(
      String name,
      Function<Settings, RangeRequest.Builder> request,
      Function<Settings, Integer> values) {}

  private RangeBenchmark(String name, Shape shape, List<Variant> variants) {
    this.name = name;
    this.shape = shape;
    this.variants = variants;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void run(Contest contest, Settings settings, Consumer<Report> reports)
      throws VoidRunException, InterruptedException {
    try (Target first = filled(contest, contest.first(), settings);
        Target second = filled(contest, contest.second(), settings)) {
      for (Variant variant : variants) {
        Lane firstLane = new Lane(contest, first, variant, settings);
        Lane secondLane = new Lane(contest, second, variant, settings);
        firstLane.warmUp();
        secondLane.warmUp();
        List<Sample> firstSamples = new ArrayList<>();
        List<Sample> secondSamples = new ArrayList<>();
        for (int pair = 0; pair < settings.pairs(); pair++) {
          firstSamples.add(firstLane.measure());
          secondSamples.add(secondLane.measure());
        }
        reports.accept(
            new Report(
                name,
                variant.name
                    + " of "
                    + settings.fillKeys()
                    + " x "
                    + settings.fillValueBytes()
                    + (settings.fillShuffled() ? " B shuffled, " : " B, ")
                    + shape,
                first.label(),
                second.label(),
                Comparison.of(firstSamples, secondSamples)));
      }
    }
  }

  private static Target filled(Contest contest, Contest.Entrant entrant, Settings settings)
      throws VoidRunException, InterruptedException {
    Target target = contest.start(entrant);
    try {
      Fill.fill(contest.vertx(), target, settings);
      return target;
    } catch (VoidRunException | InterruptedException | RuntimeException failure) {
      target.close();
      throw failure;
    }
  }

  /** One server, one request, and the rate that it showed last. */
  private final class Lane {
    private final Target target;
    private final H2Load generator;
    private final Settings settings;
    private final long leastBytes;
    private double rate;

    private Lane(Contest contest, Target target, Variant variant, Settings settings) {
      this.target = target;
      this.settings = settings;
      leastBytes = (long) variant.values.apply(settings) * settings.fillValueBytes();
      generator =
          new H2Load(
                  contest.scratch(),
                  target.process().plan().clientPort(),
                  Methods.RANGE.name(),
                  List.of(variant.request.apply(settings).build()),
                  1)
              .withWindow(WINDOW_BITS);
    }

    /** Begins with one request a connection: nobody knows yet how long it takes. */
    private void warmUp() throws VoidRunException, InterruptedException {
      double seconds = 0;
      long requests = 1;
      do {
        H2Load.Outcome outcome = load(requests);
        seconds += outcome.seconds();
        rate = outcome.rate();
        requests = Math.max(1, Math.min(2 * outcome.succeeded(), Math.round(rate)));
      } while (seconds < settings.warmUp().toMillis() / 1e3);
    }

    private Sample measure() throws VoidRunException, InterruptedException {
      ProcessUsage.forgetPeak(target.process().pid());
      ProcessUsage before = target.process().usage();
      H2Load.Outcome outcome = load(Math.round(rate * settings.run().toMillis() / 1e3));
      ProcessUsage after = target.process().usage();
      rate = outcome.rate();
      double cpuSeconds = after.cpuSeconds() - before.cpuSeconds();
      Map<Metric, Double> values = new EnumMap<>(Metric.class);
      values.put(Metric.RATE, rate);
      values.put(Metric.THROUGHPUT, outcome.receivedBytes() / 1e6 / outcome.seconds());
      values.put(Metric.LATENCY_MEAN, outcome.meanMicros());
      values.put(Metric.CPU_PER_GIGABYTE, cpuSeconds * 1e9 / outcome.receivedBytes());
      values.put(
          Metric.PEAK_GROWTH, (after.peakResidentBytes() - before.residentBytes()) / MEBIBYTE);
      values.put(Metric.RESIDENT, after.residentBytes() / MEBIBYTE);
      values.put(Metric.ANONYMOUS, after.anonymousBytes() / MEBIBYTE);
      return new Sample(values);
    }

    private H2Load.Outcome load(long requests) throws VoidRunException, InterruptedException {
      Duration patience = settings.run().multipliedBy(6).plusSeconds(60);
      H2Load.Outcome outcome =
          generator.run(shape, Math.max(shape.connections(), requests), 0, patience);
      if (outcome.succeeded() != outcome.requested()
          || outcome.receivedBytes() < leastBytes * outcome.succeeded()) {
        throw new VoidRunException(
            String.format(
                "%s on %s: %d requests, %d answered, %d bytes",
                name,
                target.label(),
                outcome.requested(),
                outcome.succeeded(),
                outcome.receivedBytes()));
      }
      return outcome;
    }
  }
}
