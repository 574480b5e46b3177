package dev.kvorum.verticles.coordination;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.KeyValue;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.model.Result;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A member that does what a queue asks when the test says so, and answers what the test says. */
final class HeldCalls implements QueueCalls {
  private record Held(Command command, Consumer<Result> answer) {}

  private final ArrayDeque<Held> held = new ArrayDeque<>();
  private final List<Watched> watches = new ArrayList<>();
  private @Nullable Failure refusesWatches;

  @Override
  public void call(Command command, Consumer<Result> answer) {
    held.addLast(new Held(command, answer));
  }

  @Override
  public Watching watch(
      Bytes key, Bytes rangeEnd, long fromRevision, Watched watched, Consumer<Failure> onFailure) {
    if (refusesWatches != null) {
      onFailure.accept(refusesWatches);
      return () -> {};
    }
    watches.add(watched);
    return () -> watches.remove(watched);
  }

  void refuseWatches(Failure failure) {
    refusesWatches = failure;
  }

  /** The one that waits for an answer. */
  Command asked() {
    assertThat(held).hasSize(1);
    return held.getFirst().command;
  }

  /** Answers what waits longest. */
  void answer(Result result) {
    held.removeFirst().answer.accept(result);
  }

  void fail(Failure failure) {
    answer(new Result.Failed(failure));
  }

  boolean isQuiet() {
    return held.isEmpty();
  }

  /** The one watch that is there. */
  Watched watched() {
    assertThat(watches).hasSize(1);
    return watches.getFirst();
  }

  boolean isWatching() {
    return !watches.isEmpty();
  }

  /** What a range finds. */
  static Result.Range found(long revision, KeyValue... kvs) {
    var stored = List.of(kvs).stream().map(KeyValueCodec::encode).toList();
    return new Result.Range(revision, stored, false, kvs.length);
  }

  static KeyValue kv(String key, long createRevision, String value) {
    return new KeyValue(Bytes.utf8(key), createRevision, createRevision, 1, Bytes.utf8(value), 0);
  }
}
