package dev.kvorum.loadtest.workload;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.api.etcdserverpb.RangeRequest;
import dev.kvorum.loadtest.report.Comparison;
import dev.kvorum.loadtest.report.Metric;
import dev.kvorum.loadtest.report.Report;
import dev.kvorum.loadtest.report.Sample;
import dev.kvorum.loadtest.server.ProcessUsage;
import dev.kvorum.loadtest.wire.Method;
import dev.kvorum.loadtest.wire.Methods;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/**
 * What ten times as many keys cost: puts and linearizable reads of random keys on a server with
 * very many keys and on one with a tenth of them, in turns.
 *
 * <p>Both are the first entrant. A run is void unless every call had an answer, and unless the
 * store's revision advanced by exactly the puts.
 */
final class ScaleBenchmark implements Benchmark {
  private static final int TIMES = 10;
  private static final Shape SHAPE = new Shape(16, 64);
  private static final long SEED = 7;

  @Override
  public String name() {
    return "scale";
  }

  @Override
  public void run(Contest contest, Settings settings, Consumer<Report> reports)
      throws VoidRunException, InterruptedException {
    int many = settings.fillKeys();
    int few = Math.max(1, many / TIMES);
    try (Target large = contest.start(contest.first());
        Target small = contest.start(contest.first())) {
      ManyKeys.load(large, many, settings.valueBytes(), 1);
      ManyKeys.load(small, few, settings.valueBytes(), 1);
      ByteString value = Keys.value(settings.valueBytes());
      compare(
          new Lane("put", Methods.PUT, key -> put(key, value), 1, settings),
          large,
          many,
          small,
          few,
          reports);
      compare(
          new Lane("get", Methods.RANGE, ScaleBenchmark::get, 0, settings),
          large,
          many,
          small,
          few,
          reports);
    }
  }

  private static Message put(int key, ByteString value) {
    return PutRequest.newBuilder().setKey(ManyKeys.key(key)).setValue(value).build();
  }

  private static Message get(int key) {
    return RangeRequest.newBuilder().setKey(ManyKeys.key(key)).build();
  }

  private void compare(
      Lane lane, Target large, int many, Target small, int few, Consumer<Report> reports)
      throws VoidRunException, InterruptedException {
    List<Sample> ofLarge = new ArrayList<>();
    List<Sample> ofSmall = new ArrayList<>();
    for (int pair = 0; pair < lane.settings.pairs(); pair++) {
      ofLarge.add(lane.measure(large, many));
      ofSmall.add(lane.measure(small, few));
    }
    reports.accept(
        new Report(
            name(),
            lane.name + " of a random key, " + SHAPE,
            many + " keys",
            few + " keys",
            Comparison.of(ofLarge, ofSmall)));
  }

  /** One kind of call. */
  private record Lane(
      String name,
      Method<?, ?> method,
      IntFunction<Message> request,
      int effects,
      Settings settings) {

    Sample measure(Target target, int keys) throws VoidRunException, InterruptedException {
      Random random = new Random(SEED);
      long revision = target.revision();
      int port = target.process().plan().clientPort();
      try (ClosedLoop loop =
          new ClosedLoop(
              port,
              method.name(),
              SHAPE,
              () -> request.apply(random.nextInt(keys)).toByteString())) {
        ClosedLoop.Outcome _ = loop.run(settings.warmUp());
        ProcessUsage before = target.process().usage();
        ClosedLoop.Outcome measured = loop.run(settings.run());
        ProcessUsage after = target.process().usage();
        ClosedLoop.Outcome all = loop.finish();
        long effect = target.revision() - revision;
        if (all.messages() != all.ended() || effect != effects * all.ended()) {
          throw new VoidRunException(
              all.ended() + " calls, " + all.messages() + " answers, " + effect + " took effect");
        }
        return new Sample(
            Map.of(
                Metric.RATE,
                measured.rate(),
                Metric.CPU_PER_MILLION,
                (after.cpuSeconds() - before.cpuSeconds()) * 1e6 / measured.ended()));
      }
    }
  }
}
