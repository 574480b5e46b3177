package dev.kvorum.verticles.service;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.CommandCodec;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.LeaseAsk;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.mvcc.RequestCheck;
import io.vertx.core.Context;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The service on one event loop: checks a request, then reads here or proposes to Raft. Built on
 * the loop's context and used on it alone.
 */
public final class FrontEnd implements Service {
  private static final Result EXPIRED = new Result.Failed(Failure.DEADLINE_EXCEEDED);

  private final NodeContext node;
  private final Context context;
  private final Proposer proposer;
  private final ReadRounds rounds;
  private final Reads reads;
  private final LongReads longReads;
  private final LeaseCalls leases;
  private final WatchCalls watches;
  private final Maintenance maintenance;
  private boolean raisingNoSpace;

  /**
   * @param context the loop's context; this constructor must run on it
   * @param loop the loop's number, below {@link dev.kvorum.verticles.stage.RequestId#MAX_LOOPS} and
   *     used by no other front end
   */
  public FrontEnd(NodeContext node, Context context, int loop) {
    this.node = node;
    this.context = context;
    proposer = new Proposer(node, context, loop);
    rounds = new ReadRounds(node, context, loop);
    longReads = new LongReads(node, context);
    reads = new Reads(node, context, rounds, longReads);
    leases = new LeaseCalls(node, context, loop);
    watches = new WatchCalls(node, context, loop);
    maintenance = new MemberMaintenance(node, context, rounds);
  }

  @Override
  public void call(Command command, Bytes body, CallContext call, Consumer<Result> answer) {
    var failure = refusal(command, call);
    if (failure != null) {
      answer.accept(new Result.Failed(failure));
      return;
    }
    DeadlineAnswer.within(context, call, EXPIRED, answer, first -> run(command, body, first));
  }

  private void run(Command command, Bytes body, Consumer<Result> answer) {
    switch (command) {
      case Command.Range range -> reads.read(range, answer);
      case Command.Txn txn when RequestCheck.isReadOnly(txn) ->
          reads.read(txn, RequestCheck.isSerializable(txn), answer);
      case Command.LeaseGrant grant -> grant(grant, answer);
      case Command.Txn _,
          Command.Put _,
          Command.DeleteRange _,
          Command.Compact _,
          Command.Alarm _,
          Command.PublishMember _,
          Command.SetClusterVersion _,
          Command.LeaseRevoke _,
          Command.LeaseExpire _,
          Command.LeaseCheckpoint _ ->
          proposer.propose(command, body, answer);
    }
  }

  /**
   * Completes the request before it is logged, because every member must do the same with it: the
   * time is raised to the minimum and an id is chosen where none is given (contract S10.1).
   */
  private void grant(Command.LeaseGrant wanted, Consumer<Result> answer) {
    var ttlSeconds = Math.max(wanted.ttlSeconds(), node.limits().minLeaseTtlSeconds());
    if (wanted.id() != 0) {
      propose(new Command.LeaseGrant(wanted.id(), ttlSeconds, true), answer);
      return;
    }
    var id = ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
    propose(
        new Command.LeaseGrant(id, ttlSeconds),
        result -> {
          if (result.equals(new Result.Failed(Failure.LEASE_EXISTS))) {
            grant(wanted, answer);
          } else {
            answer.accept(result);
          }
        });
  }

  @Override
  public void lease(LeaseAsk ask, CallContext call, Consumer<Result> answer) {
    if (call.requireLeader() && node.raft().leader() == 0) {
      answer.accept(new Result.Failed(Failure.NO_LEADER));
    } else {
      leases.ask(
          ask,
          result -> {
            if (result instanceof Result.LeaseKeepAlive kept && kept.ttlSeconds() > 0) {
              node.metrics().lease().renewed();
            }
            answer.accept(result);
          });
    }
  }

  @Override
  public WatchOpening watch(CallContext call, WatchSink sink) {
    return call.requireLeader() && node.raft().leader() == 0
        ? new WatchRefused(Failure.NO_LEADER)
        : watches.open(sink);
  }

  /**
   * Tells when a read that begins now would be linearizable, without reading anything: this member
   * knows then what the newest leader had committed.
   */
  public void confirmRead(Consumer<@Nullable Failure> answer) {
    rounds.await(answer::accept);
  }

  private @Nullable Failure refusal(Command command, CallContext call) {
    if (call.requireLeader() && node.raft().leader() == 0) {
      return Failure.NO_LEADER;
    }
    // The quota comes before everything else (contract S4.1).
    var cost = RequestCheck.cost(command);
    if (cost > 0 && node.applied().allocatedBytes() + cost >= node.limits().effectiveQuotaBytes()) {
      raiseNoSpace();
      return Failure.NO_SPACE;
    }
    return RequestCheck.check(command, node.limits().maxTxnOps());
  }

  /** Raises this member's alarm, unless that is already done or under way. */
  public void raiseNoSpace() {
    var memberId = node.identity().memberId();
    var raised =
        node.applied().alarms().contains(new Result.AlarmMember(memberId, Command.Alarm.NOSPACE));
    if (raised || raisingNoSpace) {
      return;
    }
    raisingNoSpace = true;
    var alarm = new Command.Alarm(Command.Alarm.ACTIVATE, memberId, Command.Alarm.NOSPACE);
    propose(alarm, _ -> raisingNoSpace = false);
  }

  /** Proposes a command of the server's own. */
  public void propose(Command command, Consumer<Result> answer) {
    proposer.propose(command, CommandCodec.encode(command), answer);
  }

  @Override
  public void range(Command.Range range, CallContext call, RangeSink sink) {
    var failure = refusal(range, call);
    if (failure == null) {
      reads.range(range, call, sink);
    } else {
      sink.failed(failure);
    }
  }

  @Override
  public void stream(Command.Range range, CallContext call, RangeSink sink) {
    var failure = refusal(range, call);
    if (failure == null) {
      failure = RequestCheck.checkStream(range);
    }
    if (failure == null) {
      reads.stream(range, call, sink);
    } else {
      sink.failed(failure);
    }
  }

  @Override
  public Ledger ledger() {
    return node.ledger();
  }

  @Override
  public Maintenance maintenance() {
    return maintenance;
  }

  @Override
  public Identity identity() {
    return node.identity();
  }

  @Override
  public long raftTerm() {
    return node.raft().term();
  }

  @Override
  public boolean hasLeader() {
    return node.raft().leader() != 0;
  }

  @Override
  public long revision() {
    return node.applied().kv().revision();
  }

  /** Answers everything that still waits; nothing is accepted any more. */
  public void stop() {
    proposer.stop();
    rounds.stop();
    longReads.stop();
    leases.stop();
    watches.stop();
  }
}
