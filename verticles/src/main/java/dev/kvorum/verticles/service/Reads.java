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
          } else if (isHeavy(range)) {
            runApart(view -> view.plan(range), answer);
          } else {
            run(view -> view.plan(range), Planned.of(newest().plan(range)), answer);
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
          } else if (ReadWeight.keys(newest(), txn) > SHORT_KEYS) {
            runApart(view -> view.plan(txn), answer);
          } else {
            run(view -> view.plan(txn), Planned.of(newest().plan(txn)), answer);
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
    if (!isHeavy(range)) {
      var planned = Planned.of(newest().plan(range));
      if (planned.bytes() <= SHORT_BYTES || !LongRange.isPossible(range)) {
        run(view -> view.plan(range), planned, answer);
        return;
      }
    } else if (!LongRange.isPossible(range)) {
      runApart(view -> view.plan(range), answer);
      return;
    }
    node.metrics().mvcc().executed(1, 0, 0, 0);
    longReads.unary(range, call, sink);
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
        waiter::accept,
        first -> allowed(serializable, first::accept));
  }

  private boolean isHeavy(Command.Range range) {
    return ReadWeight.keys(newest(), range) > SHORT_KEYS;
  }

  private StoreView newest() {
    return node.applied().kv();
  }

  /** A read that is planned, and what it needs, which is found once. */
  private record Planned(ReadPlan plan, List<Need> needs, long bytes) {
    static Planned of(ReadPlan plan) {
      var needs = plan.needs();
      var bytes = 0L;
      for (var need : needs) {
        bytes += need.recordSize();
      }
      return new Planned(plan, needs, bytes);
    }
  }

  private void run(
      Function<StoreView, ReadPlan> read, Planned planned, Consumer<Result> answer) {
    var bytes = planned.bytes();
    if (bytes <= SHORT_BYTES) {
      gather(read, planned, answer);
    } else if (node.ledger().tryReserve(Account.ANSWERS, bytes)) {
      gather(
          read,
          planned,
          result -> {
            node.ledger().release(Account.ANSWERS, bytes);
            answer.accept(result);
          });
    } else {
      answer.accept(TOO_MANY);
    }
  }

  private void gather(
      Function<StoreView, ReadPlan> read, Planned planned, Consumer<Result> answer) {
    var records = GatheredRecords.gather(planned.needs(), node.memory());
    if (records.missing().isEmpty()) {
      node.metrics().mvcc().executed(1, 0, 0, 0);
      answer.accept(planned.plan().finish(records));
    } else {
      gatherPinned(read, answer);
    }
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
              pinned.close();
              records.complete(fetched);
              node.metrics().mvcc().executed(1, 0, 0, 0);
              answer.accept(plan.finish(records));
            });
  }

  /** Makes the whole answer on a thread that may block; few at a time, as there are few threads. */
  private void runApart(Function<StoreView, ReadPlan> read, Consumer<Result> answer) {
    var pinned = node.pin();
    node.reader()
        .runOfRange(
            () -> {
              var planned = Planned.of(read.apply(pinned.state().kv()));
              var bytes = planned.bytes() + planned.needs().size() * KEY_BYTES;
              var reserved = node.ledger().tryReserve(Account.ANSWERS, bytes);
              var result = reserved ? runNow(planned) : TOO_MANY;
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

  private Result runNow(Planned planned) {
    var records = GatheredRecords.gather(planned.needs(), node.memory());
    records.complete(node.reader().readNow(records.missing()));
    return planned.plan().finish(records);
  }
}
