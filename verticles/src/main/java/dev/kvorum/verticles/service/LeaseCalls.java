package dev.kvorum.verticles.service;

import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.LeaseAsk;
import dev.kvorum.storage.model.Result;
import dev.kvorum.verticles.bus.LeaseBus;
import io.vertx.core.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * What one loop's clients ask of the lease verticle. As with proposals, the questions of one turn
 * leave as one message, and each has a deadline.
 */
final class LeaseCalls {
  private final NodeContext node;
  private final Context context;
  private final int loop;
  private final PendingRequests pending = new PendingRequests(0);
  private List<LeaseAsk> batch = new ArrayList<>();
  private long batchFirst;
  private boolean timerArmed;
  private boolean stopped;

  LeaseCalls(NodeContext node, Context context, int loop) {
    this.node = node;
    this.context = context;
    this.loop = loop;
    context
        .owner()
        .eventBus()
        .<LeaseBus.Answers>localConsumer(
            LeaseBus.answers(loop), message -> answered(message.body()));
  }

  void ask(LeaseAsk ask, Consumer<Result> answer) {
    if (stopped) {
      answer.accept(new Result.Failed(Failure.STOPPED));
      return;
    }
    if (batch.isEmpty()) {
      batchFirst = pending.next();
      context.runOnContext(_ -> flush());
    }
    pending.add(answer, System.nanoTime() + node.limits().requestTimeoutNanos());
    batch.add(ask);
    armTimer();
  }

  private void flush() {
    var asks = new LeaseBus.Asks(loop, batchFirst, batch);
    batch = new ArrayList<>();
    context.owner().eventBus().send(LeaseBus.ASK, asks);
  }

  private void answered(LeaseBus.Answers answers) {
    for (var answer : answers.answers()) {
      var waiting = pending.take(answer.requestId());
      if (waiting != null) {
        waiting.accept(answer.result());
      }
    }
  }

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
    while (!pending.isEmpty() && pending.oldestDeadlineNanos() - now <= 0) {
      answerOldest(Failure.TIMEOUT);
    }
    armTimer();
  }

  private void answerOldest(Failure failure) {
    var waiting = pending.take(pending.oldest());
    if (waiting != null) {
      waiting.accept(new Result.Failed(failure));
    }
  }

  /** Answers everything that still waits; nothing is accepted any more. */
  void stop() {
    stopped = true;
    while (!pending.isEmpty()) {
      answerOldest(Failure.STOPPED);
    }
  }
}
