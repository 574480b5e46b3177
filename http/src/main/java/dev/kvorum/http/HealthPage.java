package dev.kvorum.http;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Result;
import dev.kvorum.verticles.metrics.HttpMetrics;
import dev.kvorum.verticles.service.CallContext;
import dev.kvorum.verticles.service.ErrorTable;
import dev.kvorum.verticles.service.Service;
import io.vertx.core.http.HttpServerRequest;
import java.util.HashSet;
import java.util.Set;

/**
 * {@code /health}: alarms, then the leader, then a real read; the first that is wrong is the
 * reason. Two query parameters relax it: {@code exclude=<alarm>}, as often as wanted, and {@code
 * serializable=true}, with which this member answers for itself alone.
 */
final class HealthPage {
  private static final int HEALTHY = 200;
  private static final int UNHEALTHY = 503;

  private final Service service;
  private final NodeView node;
  private final HttpMetrics metrics;
  private final long timeoutNanos;

  HealthPage(Service service, NodeView node, HttpMetrics metrics, HttpSettings settings) {
    this.service = service;
    this.node = node;
    this.metrics = metrics;
    this.timeoutNanos = settings.healthTimeout().toNanos();
  }

  void handle(HttpServerRequest request) {
    if (!Answers.allowsGetOnly(request)) {
      return;
    }
    var parameters = Query.of(request);
    var serializable = "true".equals(parameters.first("serializable"));
    var excluded = new HashSet<>(parameters.all("exclude"));
    var reason = alarm(excluded);
    if (reason.isEmpty() && !serializable && node.leader() == 0) {
      reason = "RAFT NO LEADER";
    }
    if (!reason.isEmpty()) {
      answer(request, reason);
      return;
    }
    service.call(
        oneKey(serializable),
        Bytes.EMPTY,
        new CallContext(System.nanoTime() + timeoutNanos, false),
        result -> answer(request, readError(result)));
  }

  /** The first active alarm that is not excluded, or nothing. */
  private String alarm(Set<String> excluded) {
    for (var active : node.alarms()) {
      var name =
          switch (active.alarm()) {
            case Command.Alarm.NOSPACE -> "NOSPACE";
            case Command.Alarm.CORRUPT -> "CORRUPT";
            default -> "UNKNOWN";
          };
      if (!excluded.contains(name)) {
        return "ALARM " + name;
      }
    }
    return "";
  }

  /** Any key will do: what counts is that the read comes back. */
  private static Command.Range oneKey(boolean serializable) {
    return new Command.Range(
        Bytes.utf8("health"),
        Bytes.EMPTY,
        1,
        0,
        Command.SORT_NONE,
        Command.TARGET_KEY,
        serializable,
        true,
        false,
        0,
        0,
        0,
        0);
  }

  private static String readError(Result result) {
    return result instanceof Result.Failed failed
        ? "RANGE ERROR:" + ErrorTable.of(failed.failure()).text()
        : "";
  }

  private void answer(HttpServerRequest request, String reason) {
    var healthy = reason.isEmpty();
    metrics.health(healthy);
    // Reasons are our own texts, without a character that JSON would want escaped.
    var body = "{\"health\":\"" + healthy + "\",\"reason\":\"" + reason + "\"}";
    if (healthy) {
      Answers.send(request, HEALTHY, Answers.TEXT, body);
    } else {
      Answers.refuse(request, UNHEALTHY, body);
    }
  }
}
