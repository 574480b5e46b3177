package dev.kvorum.verticles.store;

import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.CommandText;
import dev.kvorum.storage.model.Result;
import dev.kvorum.verticles.metrics.ServerMetrics;
import dev.kvorum.verticles.metrics.ServerMetrics.Operation;
import dev.kvorum.verticles.service.ErrorTable;
import dev.kvorum.verticles.stage.ApplyWatch;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Measures each apply, the fetch of its records included, and warns of slow ones (contract S21.8).
 * Used on the store's loop.
 */
public final class TimedApplies implements ApplyWatch {
  private static final Logger LOGGER = LoggerFactory.getLogger(TimedApplies.class);

  private final ServerMetrics metrics;
  private final Duration expected;
  private final LongSupplier nanoTime;
  private long beganNanos;

  /**
   * @param expected an apply that takes longer is logged
   */
  public TimedApplies(ServerMetrics metrics, Duration expected) {
    this(metrics, expected, System::nanoTime);
  }

  TimedApplies(ServerMetrics metrics, Duration expected, LongSupplier nanoTime) {
    this.metrics = metrics;
    this.expected = expected;
    this.nanoTime = nanoTime;
  }

  @Override
  public void begins() {
    beganNanos = nanoTime.getAsLong();
  }

  @Override
  public void applied(Command command, Result result) {
    var tookNanos = nanoTime.getAsLong() - beganNanos;
    metrics.applied(Operation.of(command), !(result instanceof Result.Failed), tookNanos);
    if (tookNanos > expected.toNanos()) {
      metrics.slowApply();
      warn(command, result, Duration.ofNanos(tookNanos));
    }
  }

  private void warn(Command command, Result result, Duration took) {
    var line =
        LOGGER
            .atWarn()
            .addKeyValue("took", took)
            .addKeyValue("expected-duration", expected)
            .addKeyValue("prefix", "")
            .addKeyValue("request", CommandText.withKind(command))
            .addKeyValue("response", response(result));
    if (result instanceof Result.Failed(var failure)) {
      line = line.addKeyValue("error", ErrorTable.of(failure).text());
    }
    line.log("apply request took too long");
  }

  /** What came of it, in a few words: an answer may be as long as the store is large. */
  private static String response(Result result) {
    return switch (result) {
      case Result.Put put -> "revision:" + put.revision();
      case Result.DeleteRange delete ->
          "revision:" + delete.revision() + " deleted:" + delete.deleted();
      case Result.Txn txn ->
          "revision:"
              + txn.revision()
              + " succeeded:"
              + txn.succeeded()
              + " responses:"
              + txn.responses().size();
      case Result.Range range -> "range_response_count:" + range.count();
      case Result.Compact compact -> "revision:" + compact.revision();
      case Result.Alarm alarm -> "alarms:" + alarm.alarms().size();
      case Result.Done done -> "revision:" + done.revision();
      case Result.LeaseGrant grant -> "ID:" + grant.id() + " TTL:" + grant.ttlSeconds();
      case Result.LeaseRevoke revoke -> "revision:" + revoke.revision();
      // These are answered by whoever keeps the leases' time and never applied.
      case Result.LeaseKeepAlive _, Result.LeaseTimeToLive _, Result.LeaseLeases _ -> "";
      case Result.Failed _ -> "";
    };
  }
}
