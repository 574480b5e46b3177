package dev.kvorum.grpc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.LeaseAsk;
import dev.kvorum.storage.model.Result;
import dev.kvorum.verticles.service.CallContext;
import dev.kvorum.verticles.service.Ledger;
import dev.kvorum.verticles.service.Maintenance;
import dev.kvorum.verticles.service.Service;
import io.vertx.core.Context;
import java.util.ArrayDeque;
import java.util.function.Consumer;

/** Answers every call in a later task of the loop, as a log would: batch by batch. */
final class LateService implements Service {
  private static final Ledger LEDGER = Ledger.forHeap(1 << 30);

  private final Context loop;
  private final ArrayDeque<Consumer<Result>> waiting = new ArrayDeque<>();
  private long revision = 1;

  LateService(Context loop) {
    this.loop = loop;
  }

  @Override
  public void call(Command command, Bytes body, CallContext call, Consumer<Result> answer) {
    if (waiting.isEmpty()) {
      loop.runOnContext(ignored -> answerAll());
    }
    waiting.add(answer);
  }

  private void answerAll() {
    for (var left = waiting.size(); left > 0; left--) {
      waiting.remove().accept(new Result.Put(++revision, null));
    }
  }

  @Override
  public void range(Command.Range range, CallContext call, RangeSink sink) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Ledger ledger() {
    return LEDGER;
  }

  @Override
  public void stream(Command.Range range, CallContext call, RangeSink sink) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void lease(LeaseAsk ask, CallContext call, Consumer<Result> answer) {
    throw new UnsupportedOperationException();
  }

  @Override
  public WatchOpening watch(CallContext call, WatchSink sink) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Maintenance maintenance() {
    throw new UnsupportedOperationException();
  }

  @Override
  public Identity identity() {
    return new Identity(0xcdf818194e3a8c32L, 0x8e9e05c52164694dL);
  }

  @Override
  public boolean hasLeader() {
    return true;
  }

  @Override
  public long raftTerm() {
    return 2;
  }

  @Override
  public long revision() {
    return revision;
  }
}
