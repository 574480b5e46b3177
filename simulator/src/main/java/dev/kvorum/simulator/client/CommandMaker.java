package dev.kvorum.simulator.client;

import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Command.TxnOp;
import java.util.List;

/** Makes the request of an action, from random numbers and from what the client remembers. */
final class CommandMaker {
  private static final int LARGE_BYTES = 4096;
  private static final int PAGE_KEYS = 3;

  /** How far behind the present a compaction stays at most. */
  private static final int KEPT_REVISIONS = 60;

  private final KeySpace keys;

  CommandMaker(KeySpace keys) {
    this.keys = keys;
  }

  /**
   * @param id goes into the values, so that every write is told from every other
   */
  Command make(Action action, SimRandom random, Memory memory, long id) {
    var number = random.below(keys.count());
    var key = keys.key(number);
    var value = Bytes.utf8("v" + id);
    var transactions = new Transactions(random, keys, memory, value);
    var seen = memory.modRevision(number);
    return switch (action) {
      case GET -> Ranges.get(key, false);
      case STALE_GET -> Ranges.get(key, true);
      case LIST -> Ranges.list(keys.directory(number), keys.directoryEnd(number), false);
      case STALE_LIST -> Ranges.list(keys.directory(number), keys.directoryEnd(number), true);
      case OLD_RANGE ->
          Ranges.page(key, Ranges.to(random, keys), 0, Ranges.past(random, memory.revision()));
      case ODD_RANGE -> Ranges.odd(random, keys, memory.revision());
      case COUNT ->
          Ranges.count(keys.directory(number), keys.directoryEnd(number), random.below(2) == 0);
      case PUT -> put(key, value, false);
      case PUT_WITH_PREVIOUS -> put(key, value, true);
      case TOUCH -> touch(random, key, value);
      case LARGE_PUT -> put(key, large(value, random.below(LARGE_BYTES)), false);
      case DELETE -> new Command.DeleteRange(key, Bytes.EMPTY, random.below(2) == 0);
      case DELETE_RANGE ->
          new Command.DeleteRange(key, Ranges.to(random, keys), random.below(2) == 0);
      case MULTI_TXN -> transactions.multi();
      case NESTED_TXN -> transactions.nested();
      case READ_TXN -> transactions.reads();
      case COMPARE_AND_PUT ->
          Transactions.guarded(key, seen, put(key, value, false), List.<TxnOp>of());
      case CREATE -> Transactions.guarded(key, 0, put(key, value, false), readBack(key));
      case UPDATE -> Transactions.guarded(key, seen, put(key, value, false), readBack(key));
      case GUARDED_DELETE ->
          Transactions.guarded(
              key, seen, new Command.DeleteRange(key, Bytes.EMPTY, false), readBack(key));
      case PAGE -> {
        var next = memory.takeNextPage();
        yield next != null
            ? next
            : Ranges.page(keys.directory(number), keys.directoryEnd(number), PAGE_KEYS, 0);
      }
      case COMPACT ->
          new Command.Compact(
              Math.max(1, memory.revision() - random.below(KEPT_REVISIONS)), random.below(4) == 0);
    };
  }

  private static Command.Put put(Bytes key, Bytes value, boolean prevKv) {
    return new Command.Put(key, value, 0, prevKv, false, false);
  }

  private static Command.Put touch(SimRandom random, Bytes key, Bytes value) {
    return random.below(2) == 0
        ? new Command.Put(key, Bytes.EMPTY, 0, true, true, false)
        : new Command.Put(key, value, 0, true, false, true);
  }

  private static List<TxnOp> readBack(Bytes key) {
    return List.of(Ranges.get(key, false));
  }

  private static Bytes large(Bytes value, int padding) {
    var bytes = new byte[value.size() + padding];
    value.copyTo(bytes, 0);
    return Bytes.wrap(bytes);
  }
}
