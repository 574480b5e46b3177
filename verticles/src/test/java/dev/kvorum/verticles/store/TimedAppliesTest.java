package dev.kvorum.verticles.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.Result;
import dev.kvorum.verticles.metrics.NodeMetrics;
import dev.kvorum.verticles.metrics.NodeState;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Contract S21.8 on a clock of the test's own; an integration test reads a real line. */
class TimedAppliesTest {
  private static final Command PUT =
      new Command.Put(Bytes.utf8("a"), Bytes.utf8("1"), 0, false, false, false);

  private long nanos = 1;
  private final NodeMetrics metrics =
      new NodeMetrics(
          new NodeMetrics.NodeLabels(5, "3.7.1", "java25", 0), () -> NodeState.UNKNOWN, false);
  private final TimedApplies applies =
      new TimedApplies(metrics.server(), Duration.ofMillis(100), () -> nanos);

  @Test
  void anApplyIsSlowWhenItTakesLongerThanExpected() {
    apply(100_000_000, new Result.Put(2, null));
    assertThat(metrics.scrape()).contains("\netcd_server_slow_apply_total 0\n");
    apply(100_000_001, new Result.Put(3, null));
    apply(200_000_000, new Result.Failed(Failure.LEASE_NOT_FOUND));
    assertThat(metrics.scrape()).contains("\netcd_server_slow_apply_total 2\n");
  }

  @Test
  void everyApplyIsCountedByItsOperationAndOutcome() {
    apply(1, new Result.Put(2, null));
    apply(1, new Result.Put(3, null));
    apply(1, new Result.Failed(Failure.LEASE_NOT_FOUND));
    assertThat(metrics.scrape())
        .containsPattern("apply_duration_seconds_count\\{.*op=\"Put\".*success=\"true\".*} 2\n")
        .containsPattern("apply_duration_seconds_count\\{.*op=\"Put\".*success=\"false\".*} 1\n");
  }

  private void apply(long tookNanos, Result result) {
    applies.begins();
    nanos += tookNanos;
    applies.applied(PUT, result);
  }
}
