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
    whole(range.serializable(), Read.of(range), answer);
  }

  /** Answers a read-only transaction (contract S6.7). */
  void read(Command.Txn txn, boolean serializable, Consumer<Result> answer) {
    whole(
        serializable, new Read(view -> ReadWeight.keys(view, txn), view -> view.plan(txn)), answer);
  }

  private void whole(boolean serializable, Read read, Consumer<Result> answer) {
    allowed(
        serializable,
        failure -> {
          if (failure == null) {
            run(read, () -> runApart(read, answer), answer);
          } else {
            answer.accept(new Result.Failed(failure));
          }
        });
  }

  /** Answers a range in one message of any size. */
  void range(Command.Range range, CallContext call, Service.RangeSink sink) {
    var read = Read.of(range);
    Consumer<Result> answer = result -> answer(sink, result);
    Runnable whenLong =
        LongRange.isPossible(range)
            ? () -> inPieces(() -> longReads.unary(range, call, sink))
            : () -> runApart(read, answer);
    allowedUntil(call, range.serializable(), sink, () -> run(read, whenLong, answer));
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
        sink,
        () -> inPieces(() -> longReads.stream(range, call, sink)));
  }

  private void inPieces(Runnable begin) {
    node.metrics().mvcc().executed(1, 0, 0, 0);
    begin.run();
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
  private void allowedUntil(
      CallContext call, boolean serializable, Service.RangeSink sink, Runnable action) {
    DeadlineAnswer.<@Nullable Failure>within(
        context,
        call,
        Failure.DEADLINE_EXCEEDED,
        failure -> {
          if (failure == null) {
            action.run();
          } else {
            sink.failed(failure);
          }
        },
        first -> allowed(serializable, first::accept));
  }

  /**
   * What is asked.
   *
   * @param keys how many keys it looks at, as {@link ReadWeight} estimates
   * @param plan looks at them
   */
  private record Read(ToLongFunction<StoreView> keys, Function<StoreView, ReadPlan> plan) {
    static Read of(Command.Range range) {
      return new Read(view -> ReadWeight.keys(view, range), view -> view.plan(range));
    }
  }

  /**
   * Answers at once if everything is in memory, and a moment later if not.
   *
   * @param whenLong is done instead when that is more than a loop should do or hold
   */
  private void run(Read read, Runnable whenLong, Consumer<Result> answer) {
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

  /** The first look at a read: the answer, unless it is long or a record is not in memory. */
  private record Look(boolean isLong, @Nullable Result result) {
    static final Look LONG = new Look(true, null);
  }

  private Look look(Read read) {
    try (var held = node.hold()) {
      var view = held.state().kv();
      if (read.keys().applyAsLong(view) > SHORT_KEYS) {
        return Look.LONG;
      }
      var plan = read.plan().apply(view);
      var needs = plan.needs();
      if (bytes(needs) > SHORT_BYTES) {
        return Look.LONG;
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
  private void gatherPinned(Read read, Consumer<Result> answer) {
    var pinned = node.pin();
    var plan = read.plan().apply(pinned.state().kv());
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
  private void runApart(Read read, Consumer<Result> answer) {
    var pinned = node.pin();
    node.reader()
        .runOfRange(
            () -> {
              var plan = read.plan().apply(pinned.state().kv());
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
