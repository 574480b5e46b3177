package dev.kvorum.simulator.world;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.watch.WatchEffect;
import dev.kvorum.storage.watch.WatchRequest;
import dev.kvorum.verticles.coordination.QueueCalls;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What a member asks of itself for a client. It takes part in the history and in the watches that
 * oracles judge, as if somebody had asked from outside.
 */
final class InnerCalls implements QueueCalls {
  /** What the calls need of their member. */
  interface Shell {
    /** Takes a request to the front door; {@link #answered} gets its answer. */
    Request ask(Command command);

    void later(long nanos, Runnable action);

    /** A number below zero that no other line has. */
    long newLine();

    void watch(long line, WatchRequest request);

    void stopWatching(long line);

    void heard(long line, WatchMessage message);
  }

  private static final long TIMEOUT_NANOS = 7_000_000_000L;

  private final Shell shell;

  /** By request; never iterated. */
  private final Map<Long, Consumer<Result>> calls = new HashMap<>();

  /** By line, which are below zero here; never iterated. */
  private final Map<Long, Watched> watches = new HashMap<>();

  InnerCalls(Shell shell) {
    this.shell = shell;
  }

  @Override
  public void call(Command command, Consumer<Result> answer) {
    shell.later(
        1,
        () -> {
          var request = shell.ask(command);
          calls.put(request.id(), answer);
          shell.later(
              TIMEOUT_NANOS, () -> answered(request.id(), new Result.Failed(Failure.TIMEOUT)));
        });
  }

  /** Whether the request is one of these, and is answered now. */
  boolean answered(long request, Result result) {
    var answer = calls.remove(request);
    if (answer == null) {
      return false;
    }
    shell.later(1, () -> answer.accept(result));
    return true;
  }

  @Override
  public Watching watch(
      Bytes key, Bytes rangeEnd, long from, Watched watched, Consumer<Failure> onFailure) {
    var line = shell.newLine();
    watches.put(line, watched);
    shell.watch(
        line, new WatchRequest.Create(key, rangeEnd, from, false, false, false, false, 0, false));
    return () -> {
      watches.remove(line);
      shell.stopWatching(line);
    };
  }

  /** The watches say something. */
  void told(long line, WatchEffect.Send send) {
    if (!watches.containsKey(line)) {
      return;
    }
    var message = WatchMessage.decode(send);
    shell.heard(line, message);
    if (message.canceled()) {
      tell(line, Watched::lost);
    }
    for (var change : message.changes()) {
      var kv = KeyValueCodec.decodeStored(change.kv());
      tell(
          line,
          watched -> {
            if (change.deleted()) {
              watched.deleted(kv.modRevision());
            } else {
              watched.put(kv);
            }
          });
    }
  }

  private void tell(long line, Consumer<Watched> what) {
    var watched = watches.get(line);
    if (watched != null) {
      what.accept(watched);
    }
  }
}
