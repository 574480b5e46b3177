package dev.kvorum.verticles.lease;

import dev.kvorum.raft.stage.RaftStatus;
import dev.kvorum.raft.verticle.NodeGuard;
import dev.kvorum.storage.lease.LeaseClock;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Result;
import dev.kvorum.verticles.bus.LeaseBus;
import dev.kvorum.verticles.service.FrontEnd;
import dev.kvorum.verticles.service.NodeContext;
import dev.kvorum.verticles.stage.Answer;
import dev.kvorum.verticles.stage.LeadershipClaim;
import dev.kvorum.verticles.stage.LeaseEffect;
import dev.kvorum.verticles.stage.LeaseStage;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The leases' loop: elapsed time, one timer, and a front end of its own for what the stage
 * proposes. The wall clock is not looked at.
 */
public final class LeaseVerticle extends VerticleBase {
  private static final Logger LOGGER = LoggerFactory.getLogger(LeaseVerticle.class);

  /** Leases that run out within so long of each other are revoked together. */
  private static final long GATHER_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** Times are counted from here, so that the longest TTL can be added to them. */
  private static final long BEGAN_NANOS = System.nanoTime();

  private final NodeContext node;
  private final LeaseStage stage;
  private final int loop;
  private final NodeGuard guard;
  private @Nullable FrontEnd frontEnd;
  private volatile long seenTerm;
  private volatile boolean seenLeading;
  private long armedFor = LeaseClock.NEVER;
  private @Nullable Long timer;

  /**
   * @param loop the number of this verticle's front end, which no other has
   */
  public LeaseVerticle(NodeContext node, LeaseStage stage, int loop, NodeGuard guard) {
    this.node = node;
    this.stage = stage;
    this.loop = loop;
    this.guard = guard;
  }

  /** The time scale of the stage. */
  public static long nowNanos() {
    return System.nanoTime() - BEGAN_NANOS;
  }

  @Override
  public Future<?> start() {
    frontEnd = new FrontEnd(node, context, loop);
    var bus = vertx.eventBus();
    bus.<LeaseBus.Changed>localConsumer(
        LeaseBus.CHANGED,
        message -> step(moment -> stage.changed(message.body().changes(), moment)));
    bus.<LeaseBus.Asks>localConsumer(
        LeaseBus.ASK, message -> step(moment -> stage.asked(questions(message.body()), moment)));
    statusChanged();
    return Future.succeededFuture();
  }

  private static List<LeaseStage.Asked> questions(LeaseBus.Asks asks) {
    var questions = new ArrayList<LeaseStage.Asked>(asks.asks().size());
    for (var ask : asks.asks()) {
      questions.add(new LeaseStage.Asked(asks.loop(), asks.firstNumber() + questions.size(), ask));
    }
    return questions;
  }

  /** Hears of every change of Raft's status; any thread may call, one at a time. */
  public void raftChanged(RaftStatus status) {
    if (status.term() == seenTerm && status.leading() == seenLeading) {
      return;
    }
    seenTerm = status.term();
    seenLeading = status.leading();
    var loopContext = context;
    if (loopContext != null) {
      loopContext.runOnContext(_ -> statusChanged());
    }
  }

  private void statusChanged() {
    var status = node.raft();
    if (!status.leading()) {
      step(_ -> stage.follow());
      return;
    }
    var asked = nowNanos();
    confirm(
        term -> {
          if (term != 0) {
            step(moment -> stage.lead(term, asked, moment));
          } else {
            vertx.setTimer(TimeUnit.NANOSECONDS.toMillis(GATHER_NANOS), _ -> statusChanged());
          }
        });
  }

  /** Whether this member leads for sure, as of now or later: gives the term, or 0. */
  private void confirm(LongConsumer answer) {
    var claim = LeadershipClaim.of(node.raft());
    frontEnd()
        .confirmRead(failure -> answer.accept(claim.confirmedTerm(failure == null, node.raft())));
  }

  private FrontEnd frontEnd() {
    if (frontEnd == null) {
      throw new IllegalStateException("not started");
    }
    return frontEnd;
  }

  private void step(Function<LeaseStage.Moment, List<LeaseEffect>> input) {
    guard.run(
        () -> {
          var moment = new LeaseStage.Moment(nowNanos(), node.applied().kv().revision());
          perform(input.apply(moment));
          arm();
        });
  }

  private void perform(List<LeaseEffect> effects) {
    var replies = new LinkedHashMap<Integer, List<Answer>>();
    for (var effect : effects) {
      switch (effect) {
        case LeaseEffect.Reply reply ->
            replies
                .computeIfAbsent(reply.loop(), _ -> new ArrayList<>())
                .add(new Answer(reply.number(), reply.result()));
        case LeaseEffect.ReplyWithKeys reply -> replyWithKeys(reply);
        case LeaseEffect.ConfirmLeadership _ ->
            confirm(term -> step(moment -> stage.confirmed(term, moment)));
        case LeaseEffect.CountKeys wanted -> count(wanted.ids());
        case LeaseEffect.CountExpired(var count) -> node.metrics().lease().expired(count);
        case LeaseEffect.Propose propose -> propose(propose.command());
      }
    }
    send(replies);
  }

  private void send(Map<Integer, List<Answer>> replies) {
    replies.forEach(
        (front, answers) ->
            vertx.eventBus().send(LeaseBus.answers(front), new LeaseBus.Answers(answers)));
  }

  private void replyWithKeys(LeaseEffect.ReplyWithKeys reply) {
    var result = reply.result();
    vertx
        .eventBus()
        .<LeaseBus.Keys>request(
            LeaseBus.FIND_KEYS, new LeaseBus.FindKeys(List.of(result.id()), false))
        .onSuccess(
            found -> {
              var keys = found.body().keys().getFirst();
              var complete =
                  new Result.LeaseTimeToLive(
                      node.applied().kv().revision(),
                      result.id(),
                      result.ttlSeconds(),
                      result.grantedSeconds(),
                      keys);
              send(Map.of(reply.loop(), List.of(new Answer(reply.number(), complete))));
            });
  }

  private void count(List<Long> ids) {
    vertx
        .eventBus()
        .<LeaseBus.Keys>request(LeaseBus.FIND_KEYS, new LeaseBus.FindKeys(ids, true))
        .onComplete(
            found -> {
              var counts =
                  found.succeeded()
                      ? found.result().body().counts().stream().mapToInt(each -> each).toArray()
                      : new int[ids.size()];
              step(moment -> stage.counted(ids, counts, moment));
            });
  }

  private void propose(Command command) {
    frontEnd()
        .propose(
            command,
            result -> {
              var tookEffect = !(result instanceof Result.Failed);
              if (!tookEffect) {
                LOGGER.atWarn().addKeyValue("error", result).log(failed(command));
              }
              step(moment -> stage.proposed(command, tookEffect, moment));
            });
  }

  private static String failed(Command command) {
    return command instanceof Command.LeaseCheckpoint
        ? "failed to checkpoint leases"
        : "failed to revoke leases";
  }

  /** Sets the timer for the next wake; a timer that fires for nothing does no harm. */
  private void arm() {
    var wake = stage.nextWakeNanos();
    if (wake >= armedFor) {
      return;
    }
    if (timer != null) {
      vertx.cancelTimer(timer);
    }
    armedFor = wake;
    var gather = stage.isRunning() ? 0 : GATHER_NANOS;
    var wait = Math.max(0, wake - nowNanos()) + gather;
    timer =
        vertx.setTimer(
            TimeUnit.NANOSECONDS.toMillis(wait) + 1,
            _ -> {
              timer = null;
              armedFor = LeaseClock.NEVER;
              step(stage::wake);
            });
  }

  @Override
  public Future<?> stop() {
    if (frontEnd != null) {
      frontEnd.stop();
    }
    return Future.succeededFuture();
  }
}
