package dev.kvorum.loadtest.workload;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.loadtest.crowd.Crowd;
import dev.kvorum.loadtest.report.Report;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * What large requests and answers do to one server, the first of the two: one list over everything,
 * ten at a time, a thousand large puts at a time, and a thousand clients that ask for everything
 * and read nothing. Beside each a client puts small values one after another, and must go on.
 *
 * <p>There is no ratio to print: etcd builds each answer in memory and would need more of it than
 * the machine has.
 */
final class CrowdBenchmark implements Benchmark {
  private static final int LISTS = 10;
  private static final int LARGE_PUTS = 1_000;
  private static final int STOPPED_READERS = 1_000;
  private static final int LARGE_PUT_BYTES = 3 << 19;
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @Override
  public String name() {
    return "crowd";
  }

  @Override
  public void run(Contest contest, Settings settings, Consumer<Report> reports)
      throws VoidRunException, InterruptedException {
    try (Target target = contest.start(contest.first())) {
      Fill.fill(contest.vertx(), target, settings);
      Crowd crowd = new Crowd(contest.vertx(), target.process(), Fill.all().build(), PATIENCE);
      System.out.println("one list:        " + crowd.lists(1));
      System.out.println("again:           " + crowd.lists(1));
      System.out.println(LISTS + " lists:        " + crowd.lists(LISTS));
      PutRequest large =
          PutRequest.newBuilder()
              .setKey(ByteString.copyFromUtf8("large"))
              .setValue(Keys.value(LARGE_PUT_BYTES - 1024))
              .build();
      System.out.println(LARGE_PUTS + " large puts: " + crowd.puts(LARGE_PUTS, large));
      System.out.println(STOPPED_READERS + " stopped:    " + crowd.stoppedReaders(STOPPED_READERS));
    }
  }
}
