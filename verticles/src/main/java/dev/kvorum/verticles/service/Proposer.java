package dev.kvorum.verticles.service;

import dev.kvorum.raft.verticle.RaftBus;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Envelope;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.mvcc.RequestCheck;
import dev.kvorum.verticles.bus.StoreBus;
import dev.kvorum.verticles.metrics.ServerMetrics.Operation;
import dev.kvorum.verticles.service.Ledger.Account;
import dev.kvorum.verticles.stage.RequestId;
import io.vertx.core.Context;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Collects the proposals of one loop and remembers who waits for them.
 *
 * <p>All proposals of one turn of the loop leave as one message. Every request has a deadline, so
 * that a lost message costs a timeout and never a hanging client; only a request whose work the
 * store has begun waits as long as that takes.
 */
final class Proposer {
  /** What a request takes beside its bytes: its envelope, its entry, and who waits for it. */
  private static final int REQUEST_OVERHEAD_BYTES = 256;

  private final NodeContext node;
  private final Context context;
  private final int loop;
  private final PendingRequests pending = new PendingRequests(0);
  private final LargeTurns largeTurns = new LargeTurns();

  /** Requests that took effect and whose work goes on, by number; they have no deadline. */
  private final Map<Long, Consumer<Result>> inProgress = new HashMap<>();

  private List<Bytes> batch = new ArrayList<>();
  private long batchFirst;
  private boolean timerArmed;
  private boolean stopped;

  Proposer(NodeContext node, Context context, int loop) {
    this.node = node;
    this.context = context;
    this.loop = loop;
    var bus = context.owner().eventBus();
    bus.<StoreBus.Answers>localConsumer(
        StoreBus.answers(loop), message -> answered(message.body()));
    bus.<StoreBus.InProgress>localConsumer(
        StoreBus.inProgress(loop), message -> inProgress(message.body().requestId()));
    bus.<RaftBus.Refused>localConsumer(RaftBus.refused(loop), message -> refused(message.body()));
  }

  void propose(Command command, Bytes body, Consumer<Result> answer) {
    if (stopped) {
      answer.accept(new Result.Failed(Failure.STOPPED));
      return;
    }
    var refusal = refusal(command, body);
    if (refusal != null) {
      answer.accept(new Result.Failed(refusal));
      return;
    }
    var cost = body.size() + REQUEST_OVERHEAD_BYTES;
    if (isAlarm(command)) {
      node.ledger().add(Account.REQUESTS, cost);
    } else if (!node.ledger().tryReserve(Account.REQUESTS, cost)) {
      answer.accept(new Result.Failed(Failure.TOO_MANY_REQUESTS));
      return;
    }
    var began = System.nanoTime();
    var deadlineNanos = began + node.limits().requestTimeoutNanos();
    node.pendingProposals().increment();
    Consumer<Result> settle =
        result -> {
          node.ledger().release(Account.REQUESTS, cost);
          settled(command, result, System.nanoTime() - began);
          answer.accept(result);
        };
    if (cost < Ledger.LARGE_BYTES) {
      submit(command, body, deadlineNanos, settle);
    } else {
      largeTurns.enter(
          cost,
          () ->
              begin(
                  command,
                  body,
                  deadlineNanos,
                  result -> {
                    settle.accept(result);
                    largeTurns.end(cost);
                  }));
    }
  }

  /** The turn of a large request has come, perhaps too late. */
  private void begin(Command command, Bytes body, long deadlineNanos, Consumer<Result> settle) {
    if (stopped) {
      settle.accept(new Result.Failed(Failure.STOPPED));
    } else if (deadlineNanos - System.nanoTime() <= 0) {
      settle.accept(new Result.Failed(Failure.TIMEOUT));
    } else {
      submit(command, body, deadlineNanos, settle);
    }
  }

  private void submit(Command command, Bytes body, long deadlineNanos, Consumer<Result> settle) {
    if (batch.isEmpty()) {
      batchFirst = pending.next();
      context.runOnContext(_ -> flush());
    }
    var number = pending.add(settle, deadlineNanos);
    var requestId = RequestId.of(node.life(), loop, number);
    batch.add(new Envelope(Envelope.Kind.of(command), requestId, "", 0, body).encode());
    armTimer();
  }

  private void settled(Command command, Result result, long tookNanos) {
    node.pendingProposals().decrement();
    var success = !(result instanceof Result.Failed);
    node.metrics().server().requested(Operation.of(command), success, tookNanos);
    if (result instanceof Result.Failed failed
        && failed.failure().kind() != Failure.Kind.REJECTED) {
      node.metrics().server().proposalFailed();
    }
  }

  private @Nullable Failure refusal(Command command, Bytes body) {
    var backlog = node.raft().committed() - node.applied().appliedIndex();
    var isTailFull = node.ledger().isOver(Account.TAIL);
    if (!isAlarm(command) && node.writer().isBehindFullDisk(isTailFull)) {
      return Failure.NO_SPACE;
    }
    if (backlog > ServiceLimits.MAX_BACKLOG || (isTailFull && !isAlarm(command))) {
      return Failure.TOO_MANY_REQUESTS;
    }
    return RequestCheck.isTooLarge(body.size(), node.limits().maxRequestBytes())
        ? Failure.REQUEST_TOO_LARGE
        : null;
  }

  /** Alarms are how an operator sees and ends a trouble, and they take no room. */
  private static boolean isAlarm(Command command) {
    return command instanceof Command.Alarm;
  }

  private void flush() {
    var proposals = new RaftBus.Proposals(loop, RequestId.of(node.life(), loop, batchFirst), batch);
    batch = new ArrayList<>();
    context.owner().eventBus().send(RaftBus.PROPOSE, proposals);
  }

  private void answered(StoreBus.Answers answers) {
    for (var answer : answers.answers()) {
      settle(answer.requestId(), answer.result());
    }
  }

  private void refused(RaftBus.Refused refused) {
    var result = new Result.Failed(refused.failure());
    for (var i = 0; i < refused.count(); i++) {
      settle(refused.firstRequestId() + i, result);
    }
  }

  private void inProgress(long requestId) {
    var number = RequestId.count(requestId, pending.next());
    var waiting = pending.take(number);
    if (waiting != null) {
      inProgress.put(number, waiting);
    }
  }

  private void settle(long requestId, Result result) {
    var number = RequestId.count(requestId, pending.next());
    var pendingAnswer = pending.take(number);
    var waiting = pendingAnswer != null ? pendingAnswer : inProgress.remove(number);
    // None waits when the request timed out before; then the client already knows nothing.
    if (waiting != null) {
      waiting.accept(result);
    }
  }

  /**
   * One timer for all: deadlines grow with the numbers, so the oldest is always the next. A large
   * request, which got its number in its turn, may hear of its end a little late.
   */
  private void armTimer() {
    if (timerArmed || pending.isEmpty()) {
      return;
    }
    timerArmed = true;
    var wait = pending.oldestDeadlineNanos() - System.nanoTime();
    var millis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(wait) + 1);
    context.owner().setTimer(millis, _ -> expire());
  }

  private void expire() {
    timerArmed = false;
    var now = System.nanoTime();
    var result = new Result.Failed(Failure.TIMEOUT);
    while (!pending.isEmpty() && pending.oldestDeadlineNanos() - now <= 0) {
      var waiting = pending.take(pending.oldest());
      if (waiting != null) {
        waiting.accept(result);
      }
    }
    armTimer();
  }

  /** Answers everything that still waits: whether it happened is unknown. */
  void stop() {
    stopped = true;
    var result = new Result.Failed(Failure.STOPPED);
    while (!pending.isEmpty()) {
      var waiting = pending.take(pending.oldest());
      if (waiting != null) {
        waiting.accept(result);
      }
    }
    var working = List.copyOf(inProgress.values());
    inProgress.clear();
    working.forEach(waiting -> waiting.accept(result));
  }
}
