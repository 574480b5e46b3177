package dev.kvorum.verticles.service;

import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.mvcc.LongRange;
import dev.kvorum.storage.mvcc.Need;
import dev.kvorum.storage.mvcc.ReadPlan;
import dev.kvorum.storage.mvcc.StoreView;
import dev.kvorum.verticles.service.Ledger.Account;
import io.vertx.core.Context;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Runs reads on the loop that received them, against the published state. The index answers at
 * once; records come from memory, and what memory lacks is fetched on the read pool while the loop
 * goes on.
 *
 * <p>That is for reads of few keys and bytes. A range of many goes to {@link LongReads}. What
 * cannot be made in pieces, a transaction or a range in an order that is not the index's, is made
 * as a whole on a thread that may take its time, and with as much memory reserved as it takes.
 */
final class Reads {
  /** What a loop does in one go, well below a millisecond. */
  private static final long SHORT_KEYS = 512;

  private static final long SHORT_BYTES = 256 << 10;

  /** What a key of a plan takes beside its record. */
  private static final long KEY_BYTES = 192;

  private static final Result TOO_MANY = new Result.Failed(Failure.TOO_MANY_REQUESTS);

  private final NodeContext node;
  private final Context context;
  private final ReadRounds rounds;
  private final LongReads longReads;

  Reads(NodeContext node, Context context, ReadRounds rounds, LongReads longReads) {
    this.node = node;
    this.context = context;
    this.rounds = rounds;
    this.longReads = longReads;
  }

  /** Answers a range as a whole (contract S2). */
  void read(Command.Range range, Consumer<Result> answer) {
    allowed(
        range.serializable(),
        failure -> {
          if (failure != null) {
            answer.accept(new Result.Failed(failure));
          } else if (isHeavy(view -> ReadWeight.keys(view, range))) {
            runApart(view -> view.plan(range), answer);
          } else {
            run(view -> view.plan(range), () -> runApart(view -> view.plan(range), answer), answer);
          }
        });
  }

  /** Answers a read-only transaction (contract S6.7). */
  void read(Command.Txn txn, boolean serializable, Consumer<Result> answer) {
    allowed(
        serializable,
        failure -> {
          if (failure != null) {
            answer.accept(new Result.Failed(failure));
          } else if (isHeavy(view -> ReadWeight.keys(view, txn))) {
            runApart(view -> view.plan(txn), answer);
          } else {
            run(view -> view.plan(txn), () -> runApart(view -> view.plan(txn), answer), answer);
          }
        });
  }

  /** Answers a range in one message of any size. */
  void range(Command.Range range, CallContext call, Service.RangeSink sink) {
    allowedUntil(
        call,
        range.serializable(),
        failure -> {
          if (failure == null) {
            range(range, call, sink, result -> answer(sink, result));
          } else {
            sink.failed(failure);
          }
        });
  }

  private void range(
      Command.Range range, CallContext call, Service.RangeSink sink, Consumer<Result> answer) {
    Runnable whole = () -> runApart(view -> view.plan(range), answer);
    Runnable inPieces =
        () -> {
          node.metrics().mvcc().executed(1, 0, 0, 0);
          longReads.unary(range, call, sink);
        };
    var whenLong = LongRange.isPossible(range) ? inPieces : whole;
    if (isHeavy(view -> ReadWeight.keys(view, range))) {
      whenLong.run();
    } else {
      run(view -> view.plan(range), whenLong, answer);
    }
  }

  private static void answer(Service.RangeSink sink, Result result) {
    if (result instanceof Result.Failed(var failure)) {
      sink.failed(failure);
    } else {
      sink.answer((Result.Range) result);
    }
  }

  /** Answers a range in several messages (contract S3). */
  void stream(Command.Range range, CallContext call, Service.RangeSink sink) {
    allowedUntil(
        call,
        range.serializable(),
        failure -> {
          if (failure == null) {
            node.metrics().mvcc().executed(1, 0, 0, 0);
            longReads.stream(range, call, sink);
          } else {
            sink.failed(failure);
          }
        });
  }

  /** Runs the waiter when a read may see this member's state. */
  private void allowed(boolean serializable, WaitingReads.Waiter waiter) {
    if (serializable) {
      waiter.accept(null);
    } else {
      rounds.await(waiter);
    }
  }

  /** The same within the call's deadline; for calls that do not end with their answer's begin. */
  private void allowedUntil(CallContext call, boolean serializable, WaitingReads.Waiter waiter) {
    DeadlineAnswer.<@Nullable Failure>within(
        context,
        call,
        Failure.DEADLINE_EXCEEDED,
        waiter,
        first -> allowed(serializable, first::accept));
  }

  private boolean isHeavy(ToLongFunction<StoreView> keys) {
    try (var held = node.hold()) {
      return keys.applyAsLong(held.state().kv()) > SHORT_KEYS;
    }
  }

  /**
   * Answers at once if everything is in memory, and a moment later if not.
   *
   * @param whenLong is done instead when the records are more than a loop should hold
   */
  private void run(Function<StoreView, ReadPlan> read, Runnable whenLong, Consumer<Result> answer) {
    var look = look(read);
    if (look.isLong()) {
      whenLong.run();
    } else if (look.result() != null) {
      node.metrics().mvcc().executed(1, 0, 0, 0);
      answer.accept(look.result());
    } else {
      gatherPinned(read, answer);
    }
  }

  /** The first look at a read: the answer, unless a record is not in memory or they are long. */
  private record Look(boolean isLong, @Nullable Result result) {}

  private Look look(Function<StoreView, ReadPlan> read) {
    try (var held = node.hold()) {
      var plan = read.apply(held.state().kv());
      var needs = plan.needs();
      if (bytes(needs) > SHORT_BYTES) {
        return new Look(true, null);
      }
      var records = GatheredRecords.gather(needs, node.memory());
      return new Look(false, records.missing().isEmpty() ? plan.finish(records) : null);
    }
  }

  private static long bytes(List<Need> needs) {
    var bytes = 0L;
    for (var need : needs) {
      bytes += need.recordSize();
    }
    return bytes;
  }

  /** Once more, now under a pin: between the first look and the pin a record may have gone. */
  private void gatherPinned(Function<StoreView, ReadPlan> read, Consumer<Result> answer) {
    var pinned = node.pin();
    var plan = read.apply(pinned.state().kv());
    var records = GatheredRecords.gather(plan.needs(), node.memory());
    node.reader()
        .fetch(
            records.missing(),
            action -> context.runOnContext(_ -> action.run()),
            fetched -> {
              records.complete(fetched);
              var result = plan.finish(records);
              pinned.close();
              node.metrics().mvcc().executed(1, 0, 0, 0);
              answer.accept(result);
            });
  }

  /** Makes the whole answer on a thread that may block; few at a time, as there are few threads. */
  private void runApart(Function<StoreView, ReadPlan> read, Consumer<Result> answer) {
    var pinned = node.pin();
    node.reader()
        .runOfRange(
            () -> {
              var plan = read.apply(pinned.state().kv());
              var needs = plan.needs();
              var bytes = bytes(needs) + needs.size() * KEY_BYTES;
              var reserved = node.ledger().tryReserve(Account.ANSWERS, bytes);
              var result = reserved ? runNow(plan, needs) : TOO_MANY;
              pinned.close();
              context.runOnContext(
                  _ -> {
                    if (reserved) {
                      node.ledger().release(Account.ANSWERS, bytes);
                      node.metrics().mvcc().executed(1, 0, 0, 0);
                    }
                    answer.accept(result);
                  });
            });
  }

  private Result runNow(ReadPlan plan, List<Need> needs) {
    var records = GatheredRecords.gather(needs, node.memory());
    records.complete(node.reader().readNow(records.missing()));
    return plan.finish(records);
  }
}
