package dev.kvorum.grpc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.LeaseAsk;
import dev.kvorum.storage.model.Member;
import dev.kvorum.storage.model.Result;
import dev.kvorum.verticles.service.CallContext;
import dev.kvorum.verticles.service.Ledger;
import dev.kvorum.verticles.service.Maintenance;
import dev.kvorum.verticles.service.Service;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A service that keeps every call and answers it by a script: in a later task of the loop, as the
 * log does, or when the test says so.
 */
final class FakeService implements Service, Maintenance {
  /** What a call came with. */
  record Call(Command command, Bytes body, CallContext context, Consumer<Result> answer) {}

  /** Every call in order. */
  final BlockingQueue<Call> calls = new LinkedBlockingQueue<>();

  /** What a call is answered with. */
  volatile Script script = Script.of(new Result.Put(7, null));

  /** What a streamed range does with its sink. */
  volatile Consumer<RangeSink> stream = sink -> sink.failed(Failure.COMPACTED);

  /** What a unary range does with its sink; null for an answer by the script. */
  volatile @Nullable Consumer<RangeSink> range;

  volatile Ledger ledger = Ledger.forHeap(1 << 30);

  /** Every question about leases in order. */
  final BlockingQueue<LeaseAsk> asks = new LinkedBlockingQueue<>();

  /** What a question about leases is answered with. */
  volatile BiConsumer<LeaseAsk, Consumer<Result>> leases =
      (ask, answer) -> answer.accept(new Result.Failed(Failure.STOPPED));

  /** What a watch begins with. */
  volatile Function<WatchSink, WatchOpening> watches = sink -> new WatchRefused(Failure.STOPPED);

  volatile Members members =
      new Members(
          List.of(
              new Member(
                  0x8e9e05c52164694dL,
                  "default",
                  List.of("http://localhost:2380"),
                  List.of("http://localhost:2379"),
                  false)),
          null);
  volatile HashKv hashKv = new HashKv(9, 0xfedcba98, 3, 9, null);
  volatile long leader = 0x8e9e05c52164694dL;

  /** What a look for the leader finds. */
  volatile BooleanSupplier leaderLook = () -> leader != 0;

  final AtomicInteger defragmentations = new AtomicInteger();

  /** How to answer. */
  @FunctionalInterface
  interface Script {
    void run(Call call);

    /** Never by itself. */
    Script HOLD = call -> {};

    /** Like this, in a later task of the loop. */
    static Script of(Result result) {
      return call -> Vertx.currentContext().runOnContext(ignored -> call.answer().accept(result));
    }
  }

  @Override
  public void call(Command command, Bytes body, CallContext context, Consumer<Result> answer) {
    var call = new Call(command, body, context, answer);
    // A test that waits for the call may give the next one another script.
    var scripted = script;
    calls.add(call);
    scripted.run(call);
  }

  @Override
  public void range(Command.Range asked, CallContext context, RangeSink sink) {
    var scripted = range;
    if (scripted != null) {
      calls.add(new Call(asked, Bytes.EMPTY, context, ignored -> {}));
      Vertx.currentContext().runOnContext(ignored -> scripted.accept(sink));
      return;
    }
    call(
        asked,
        Bytes.EMPTY,
        context,
        result -> {
          if (result instanceof Result.Failed(var failure)) {
            sink.failed(failure);
          } else {
            sink.answer((Result.Range) result);
          }
        });
  }

  @Override
  public Ledger ledger() {
    return ledger;
  }

  @Override
  public void stream(Command.Range range, CallContext context, RangeSink sink) {
    calls.add(new Call(range, Bytes.EMPTY, context, ignored -> {}));
    Vertx.currentContext().runOnContext(ignored -> stream.accept(sink));
  }

  @Override
  public void lease(LeaseAsk ask, CallContext call, Consumer<Result> answer) {
    asks.add(ask);
    leases.accept(ask, answer);
  }

  @Override
  public WatchOpening watch(CallContext call, WatchSink sink) {
    return watches.apply(sink);
  }

  @Override
  public Maintenance maintenance() {
    return this;
  }

  @Override
  public Identity identity() {
    return new Identity(0xcdf818194e3a8c32L, 0x8e9e05c52164694dL);
  }

  @Override
  public long raftTerm() {
    return 2;
  }

  @Override
  public boolean hasLeader() {
    return leaderLook.getAsBoolean();
  }

  @Override
  public long revision() {
    return 7;
  }

  @Override
  public void status(Consumer<Status> answer) {
    answer.accept(
        new Status(
            9,
            "3.7.1",
            20480,
            16384,
            2147483648L,
            leader,
            11,
            10,
            2,
            List.of("trouble"),
            true,
            "3.7.0"));
  }

  @Override
  public void hashKv(long revision, Consumer<HashKv> answer) {
    answer.accept(hashKv);
  }

  @Override
  public void hash(Consumer<Hash> answer) {
    answer.accept(new Hash(9, 0x89abcdef));
  }

  @Override
  public void defragment(Runnable answer) {
    defragmentations.incrementAndGet();
    answer.run();
  }

  @Override
  public void members(boolean linearizable, CallContext call, Consumer<Members> answer) {
    answer.accept(members);
  }
}
