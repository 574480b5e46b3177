package dev.kvorum.http;

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
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A node that answers ranges as it is told to, and remembers them. */
final class FakeNode implements Service, NodeView {
  record Call(Command.Range range, CallContext context) {}

  final List<Call> calls = new CopyOnWriteArrayList<>();
  volatile List<Result.AlarmMember> alarms = List.of();
  volatile long leader = 1;
  volatile String clusterVersion = "3.7.0";
  volatile @Nullable Failure failure;

  @Override
  public void call(Command command, Bytes body, CallContext context, Consumer<Result> answer) {
    calls.add(new Call((Command.Range) command, context));
    var refused = failure;
    answer.accept(
        refused == null ? new Result.Range(7, List.of(), false, 0) : new Result.Failed(refused));
  }

  @Override
  public List<Result.AlarmMember> alarms() {
    return alarms;
  }

  @Override
  public long leader() {
    return leader;
  }

  @Override
  public String clusterVersion() {
    return clusterVersion;
  }

  @Override
  public Identity identity() {
    return new Identity(0xcdf818194e3a8c32L, 0x8e9e05c52164694dL);
  }

  @Override
  public boolean hasLeader() {
    return leader != 0;
  }

  @Override
  public long raftTerm() {
    return 2;
  }

  @Override
  public long revision() {
    return 7;
  }

  @Override
  public void range(Command.Range range, CallContext call, RangeSink sink) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Ledger ledger() {
    return Ledger.forHeap(1 << 30);
  }

  @Override
  public void stream(Command.Range range, CallContext context, RangeSink sink) {
    throw new UnsupportedOperationException("stream");
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
    throw new UnsupportedOperationException("maintenance");
  }

  @Override
  public List<Member> members() {
    return List.of(
        new Member(
            identity().memberId(),
            "default",
            List.of("http://localhost:2380"),
            List.of("http://localhost:2379"),
            false),
        new Member(1, "", List.of("http://localhost:3380"), List.of(), true));
  }

  @Override
  public long clusterId() {
    return identity().clusterId();
  }
}
