package dev.kvorum.simulator.oracle;

import dev.kvorum.simulator.client.History;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Command.Compare;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What happened to one key. A history is linearizable if and only if the part of it about each key
 * is (Herlihy and Wing 1990, locality), and the parts are much easier to search.
 *
 * @param key the key
 * @param calls in the order in which they began
 */
record KeyHistory(Bytes key, List<Call> calls) {
  /**
   * A request and its answer.
   *
   * @param operation its number in the history
   * @param began when, in events of the history
   * @param ended when, {@link Integer#MAX_VALUE} if it may take effect at any time or never
   * @param result null if nobody knows what became of it
   */
  record Call(int operation, Command command, int began, int ended, @Nullable Result result) {
    boolean isKnown() {
      return result != null;
    }
  }

  /**
   * Takes a history apart. Reads that promise nothing about the present are left out, compactions
   * because they change nothing of it, and what certainly did not happen.
   *
   * @throws IllegalArgumentException if a write is about more than one key
   */
  static List<KeyHistory> split(History history) {
    var splitter = new Splitter(history);
    history.replay(splitter);
    return splitter.finish();
  }

  private static final class Splitter implements History.Reader {
    private final History history;
    private final int[] began;
    private final int[] ended;
    private int event;

    Splitter(History history) {
      this.history = history;
      began = new int[history.operationCount()];
      ended = new int[history.operationCount()];
    }

    @Override
    public void invoked(int operation) {
      began[operation] = event++;
    }

    @Override
    public void completed(int operation) {
      ended[operation] = event++;
    }

    @Override
    public void committed(int operation, Command command) {
      // This check asks the clients alone.
    }

    List<KeyHistory> finish() {
      NavigableMap<Bytes, List<Call>> callsByKey = new TreeMap<>();
      for (var operation = 0; operation < began.length; operation++) {
        var call = call(operation);
        if (call != null) {
          callsByKey.computeIfAbsent(keyOf(call.command), _ -> new ArrayList<>()).add(call);
        }
      }
      return callsByKey.entrySet().stream()
          .map(entry -> new KeyHistory(entry.getKey(), entry.getValue()))
          .toList();
    }

    private @Nullable Call call(int operation) {
      var command = history.command(operation);
      var known = history.isDecided(operation);
      var result = known ? history.result(operation) : null;
      var isRead = Requests.isRead(command);
      if (command instanceof Command.Compact
          || command instanceof Command.PublishMember
          || (isRead && (!known || isOfThePast(command)))) {
        return null;
      }
      if (result instanceof Result.Failed failed
          && failed.failure().kind() == Failure.Kind.NOT_NOW) {
        return null;
      }
      return new Call(
          operation,
          command,
          began[operation],
          known ? ended[operation] : Integer.MAX_VALUE,
          result);
    }

    private static boolean isOfThePast(Command read) {
      return Requests.isSerializable(read)
          || (read instanceof Command.Range range && range.revision() > 0);
    }
  }

  /** The only key that a request is about. */
  private static Bytes keyOf(Command command) {
    return switch (command) {
      case Command.Put put -> put.key();
      case Command.Range range when range.rangeEnd().isEmpty() -> range.key();
      case Command.DeleteRange delete when delete.rangeEnd().isEmpty() -> delete.key();
      case Command.Txn txn -> keyOf(txn);
      case Command.Range _,
          Command.DeleteRange _,
          Command.Compact _,
          Command.Alarm _,
          Command.PublishMember _,
          Command.SetClusterVersion _,
          Command.LeaseGrant _,
          Command.LeaseRevoke _,
          Command.LeaseExpire _,
          Command.LeaseCheckpoint _ ->
          throw new IllegalArgumentException("not about one key: " + command);
    };
  }

  private static Bytes keyOf(Command.Txn txn) {
    var keys = new ArrayList<Bytes>();
    for (var compare : txn.compares()) {
      if (compare.target() != Compare.MOD
          || compare.result() != Compare.EQUAL
          || !compare.rangeEnd().isEmpty()) {
        throw new IllegalArgumentException("a condition that is not followed here: " + compare);
      }
      keys.add(compare.key());
    }
    txn.success().forEach(op -> keys.add(keyOf((Command) op)));
    txn.failure().forEach(op -> keys.add(keyOf((Command) op)));
    if (keys.stream().distinct().count() != 1) {
      throw new IllegalArgumentException("not about one key: " + txn);
    }
    return keys.getFirst();
  }
}
