package dev.kvorum.verticles.service;

import dev.kvorum.raft.verticle.RaftBus;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.verticles.bus.StoreBus;
import io.vertx.core.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

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
  /** Runs when the read may; is given the reason instead when it may not. */
  interface Waiter extends Consumer<@Nullable Failure> {}

  private final NodeContext node;
  private final Context context;
  private final int loop;
  private List<Waiter> gathering = new ArrayList<>();
  private List<Waiter> confirming = List.of();
  private long round;
  private boolean running;
  private boolean stopped;

  ReadRounds(NodeContext node, Context context, int loop) {
    this.node = node;
    this.context = context;
    this.loop = loop;
    var bus = context.owner().eventBus();
    bus.<StoreBus.ReadsReady>localConsumer(
        StoreBus.reads(loop), message -> ended(message.body().round(), null));
  }

  /** Calls the waiter when a read that arrives now may run, at once if possible. */
  void await(Waiter waiter) {
    if (stopped) {
      waiter.accept(Failure.STOPPED);
      return;
    }
    if (node.raft().readsNeedNoRound()) {
      waiter.accept(null);
      return;
    }
    gathering.add(waiter);
    if (!running) {
      running = true;
      // In a later task, so that everything that this turn decodes shares the round.
      context.runOnContext(_ -> start());
    }
  }

  private void start() {
    if (stopped) {
      return;
    }
    confirming = gathering;
    gathering = new ArrayList<>();
    var mine = ++round;
    context.owner().eventBus().send(RaftBus.READ, new RaftBus.ReadRound(loop, mine));
    var millis = TimeUnit.NANOSECONDS.toMillis(node.limits().requestTimeoutNanos());
    context.owner().setTimer(millis, _ -> ended(mine, Failure.TIMEOUT));
  }

  /** Answers everything that waits; nothing is accepted any more. */
  void stop() {
    stopped = true;
    running = false;
    var waiters = new ArrayList<>(confirming);
    waiters.addAll(gathering);
    confirming = List.of();
    gathering = new ArrayList<>();
    waiters.forEach(waiter -> waiter.accept(Failure.STOPPED));
  }

  private void ended(long which, @Nullable Failure failure) {
    if (which != round || !running) {
      return;
    }
    var waiters = confirming;
    confirming = List.of();
    running = !gathering.isEmpty();
    if (running) {
      context.runOnContext(_ -> start());
    }
    waiters.forEach(waiter -> waiter.accept(failure));
  }
}
