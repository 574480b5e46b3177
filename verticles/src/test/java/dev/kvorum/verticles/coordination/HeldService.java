package dev.kvorum.verticles.coordination;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.KeyValue;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.model.LeaseAsk;
import dev.kvorum.storage.model.ProtoWriter;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.watch.WatchRequest;
import dev.kvorum.verticles.service.CallContext;
import dev.kvorum.verticles.service.Ledger;
import dev.kvorum.verticles.service.Maintenance;
import dev.kvorum.verticles.service.Service;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A service that answers calls with what the test says and when it says so, and whose watches see
 * what the test shows them. Nothing else is asked of it.
 */
final class HeldService implements Service {
  private static final int CANCELED = 4;
  private static final int EVENTS = 11;

  private record Held(Command command, Consumer<Result> answer) {}

  private final ArrayDeque<Held> held = new ArrayDeque<>();
  private final List<Watch> watches = new ArrayList<>();

  /** A watch that is open. */
  private final class Watch implements WatchStream {
    private final WatchSink sink;
    private WatchRequest.@Nullable Create request;

    Watch(WatchSink sink) {
      this.sink = sink;
    }

    @Override
    public void request(WatchRequest asked) {
      request = (WatchRequest.Create) asked;
    }

    @Override
    public void close() {
      watches.remove(this);
    }
  }

  @Override
  public void call(Command command, Bytes body, CallContext call, Consumer<Result> answer) {
    held.addLast(new Held(command, answer));
  }

  @Override
  public WatchOpening watch(CallContext call, WatchSink sink) {
    var watch = new Watch(sink);
    watches.add(watch);
    return watch;
  }

  /** The one that waits for an answer. */
  Command asked() {
    assertThat(held).hasSize(1);
    return held.getFirst().command;
  }

  void answer(Result result) {
    held.removeFirst().answer.accept(result);
  }

  boolean isQuiet() {
    return held.isEmpty();
  }

  boolean isWatching() {
    return !watches.isEmpty();
  }

  /** What the one watch that is open wants to see: keys, and from which revision on. */
  String watched() {
    assertThat(watches).hasSize(1);
    var request = Objects.requireNonNull(watches.getFirst().request);
    return "%s to '%s' from %d"
        .formatted(request.key(), request.rangeEnd(), request.startRevision());
  }

  /** One message with all of these changes, made by {@link #put} and {@link #delete}. */
  void show(KeyValue... changes) {
    var message = new ProtoWriter(64);
    for (var change : changes) {
      var kv = KeyValueCodec.encode(change);
      var deleted = change.version() == 0;
      var size = ProtoWriter.bytesMemberSize(2, kv.size()) + (deleted ? 2 : 0);
      message.header(EVENTS, size).varintField(1, deleted ? 1 : 0).bytesMember(2, kv);
    }
    watches.getFirst().sink.send(Bytes.EMPTY, 0, message.toBytes());
  }

  /** A compaction has overtaken the watch. */
  void end() {
    var canceled = new ProtoWriter(2).boolField(CANCELED, true).toBytes();
    watches.getFirst().sink.send(canceled, 0, Bytes.EMPTY);
  }

  static KeyValue put(String key, long created, long modified, String value) {
    return new KeyValue(Bytes.utf8(key), created, modified, 1, Bytes.utf8(value), 7);
  }

  static KeyValue delete(String key, long revision) {
    return new KeyValue(Bytes.utf8(key), 0, revision, 0, Bytes.EMPTY, 0);
  }

  @Override
  public void range(Command.Range range, CallContext call, RangeSink sink) {
    throw new AssertionError("not asked");
  }

  @Override
  public void stream(Command.Range range, CallContext call, RangeSink sink) {
    throw new AssertionError("not asked");
  }

  @Override
  public void lease(LeaseAsk ask, CallContext call, Consumer<Result> answer) {
    throw new AssertionError("not asked");
  }

  @Override
  public Ledger ledger() {
    throw new AssertionError("not asked");
  }

  @Override
  public Maintenance maintenance() {
    throw new AssertionError("not asked");
  }

  @Override
  public Identity identity() {
    throw new AssertionError("not asked");
  }

  @Override
  public long raftTerm() {
    throw new AssertionError("not asked");
  }

  @Override
  public boolean hasLeader() {
    throw new AssertionError("not asked");
  }

  @Override
  public long revision() {
    throw new AssertionError("not asked");
  }
}
