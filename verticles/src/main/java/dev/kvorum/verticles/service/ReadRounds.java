package dev.kvorum.verticles.service;

import dev.kvorum.raft.verticle.RaftBus;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.verticles.bus.StoreBus;
import io.vertx.core.Context;
import java.util.concurrent.TimeUnit;

/**
 * Makes reads linearizable (contract S2.8): a read may run on this member's applied state once a
 * quorum has confirmed the leader after the read arrived, and the leader's commit index of that
 * moment is applied here.
 *
 * <p>All reads that wait share a round. Those that arrive while one is under way share the next,
 * because the running one may have been confirmed before they came (contract S21.7). A lone voter
 * needs no round: whatever was acknowledged, it has applied and published itself.
 */
final class ReadRounds {
  private final NodeContext node;
  private final Context context;
  private final int loop;
  private final WaitingReads waiting = new WaitingReads();
  private long round;

  /** A round is under way, or its start is the next task but few. */
  private boolean running;

  private boolean timerArmed;
  private boolean stopped;

  ReadRounds(NodeContext node, Context context, int loop) {
    this.node = node;
    this.context = context;
    this.loop = loop;
    var bus = context.owner().eventBus();
    bus.<StoreBus.ReadsReady>localConsumer(
        StoreBus.reads(loop), message -> confirmed(message.body().round()));
  }

  /** Calls the waiter when a read that arrives now may run, at once if possible. */
  void await(WaitingReads.Waiter waiter) {
    if (stopped) {
      waiter.accept(Failure.STOPPED);
      return;
    }
    if (node.raft().readsNeedNoRound()) {
      waiter.accept(null);
      return;
    }
    waiting.add(waiter, System.nanoTime() + node.limits().requestTimeoutNanos());
    armTimer();
    if (!running) {
      startLater();
    }
  }

  /** In a later task, so that everything that this turn decodes shares the round. */
  private void startLater() {
    running = waiting.isGathering();
    if (running) {
      context.runOnContext(_ -> start());
    }
  }

  private void start() {
    if (!waiting.isGathering()) {
      // They have given up, or the member stops.
      running = false;
      return;
    }
    waiting.startRound();
    context.owner().eventBus().send(RaftBus.READ, new RaftBus.ReadRound(loop, ++round));
  }

  private void confirmed(long which) {
    if (which != round || !waiting.isConfirming()) {
      return;
    }
    var ready = waiting.takeConfirmed();
    startLater();
    ready.forEach(waiter -> waiter.accept(null));
  }

  /** One timer for all: the oldest read is always the next to give up. */
  private void armTimer() {
    if (timerArmed || waiting.isEmpty()) {
      return;
    }
    timerArmed = true;
    var wait = waiting.nextDeadlineNanos() - System.nanoTime();
    var millis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(wait) + 1);
    context.owner().setTimer(millis, _ -> expire());
  }

  private void expire() {
    timerArmed = false;
    var wasConfirming = waiting.isConfirming();
    var expired = waiting.takeExpired(System.nanoTime());
    if (wasConfirming && !waiting.isConfirming()) {
      // Nobody wants that round any more; those who came after it get one of their own.
      startLater();
    }
    armTimer();
    expired.forEach(waiter -> waiter.accept(Failure.TIMEOUT));
  }

  /** Answers everything that waits; nothing is accepted any more. */
  void stop() {
    stopped = true;
    waiting.takeAll().forEach(waiter -> waiter.accept(Failure.STOPPED));
  }
}
