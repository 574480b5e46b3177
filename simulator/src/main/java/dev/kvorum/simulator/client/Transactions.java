package dev.kvorum.simulator.client;

import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Command.Compare;
import dev.kvorum.storage.model.Command.TxnOp;
import dev.kvorum.storage.mvcc.RequestCheck;
import java.util.ArrayList;
import java.util.List;

/** Transactions of all kinds. None breaks a rule that is checked before the log. */
final class Transactions {
  private static final int MAX_TXN_OPS = 128;
  private static final int MAX_DEPTH = 3;
  private static final int TRIES = 8;

  private final SimRandom random;
  private final KeySpace keys;
  private final Memory memory;
  private final Bytes value;

  /**
   * @param value what puts write
   */
  Transactions(SimRandom random, KeySpace keys, Memory memory, Bytes value) {
    this.random = random;
    this.keys = keys;
    this.memory = memory;
    this.value = value;
  }

  /** Writes if the key is as it was seen, and else does what {@code otherwise} says. */
  static Command.Txn guarded(Bytes key, long modRevision, TxnOp then, List<TxnOp> otherwise) {
    var unchanged =
        new Compare(Compare.EQUAL, Compare.MOD, key, Bytes.EMPTY, modRevision, Bytes.EMPTY);
    return new Command.Txn(List.of(unchanged), List.of(then), otherwise);
  }

  /** Several operations, some with a condition before them. */
  Command.Txn multi() {
    return checked(MAX_DEPTH);
  }

  Command.Txn nested() {
    return checked(1);
  }

  /** Where a draw names a key twice, draws again; after some tries, a put alone. */
  private Command.Txn checked(int depth) {
    for (var i = 0; i < TRIES; i++) {
      var txn = txn(depth);
      if (RequestCheck.check(txn, MAX_TXN_OPS) == null && !RequestCheck.isReadOnly(txn)) {
        return txn;
      }
    }
    return new Command.Txn(List.of(), List.of(put()), List.of());
  }

  private Command.Txn txn(int depth) {
    var compares = new ArrayList<Compare>();
    for (var i = random.below(3); i > 0; i--) {
      compares.add(compare());
    }
    return new Command.Txn(compares, ops(depth), ops(depth));
  }

  private List<TxnOp> ops(int depth) {
    var ops = new ArrayList<TxnOp>();
    for (var i = random.below(4); i > 0; i--) {
      ops.add(
          switch (random.below(10)) {
            case 0, 1, 2, 3 -> put();
            case 4, 5 -> delete();
            case 6, 7 -> Ranges.odd(random, keys, memory.revision());
            default ->
                depth >= MAX_DEPTH ? Ranges.get(Ranges.from(random, keys), false) : txn(depth + 1);
          });
    }
    return ops;
  }

  private Command.Put put() {
    var keepsValue = random.below(12) == 0;
    return new Command.Put(
        Ranges.from(random, keys),
        keepsValue ? Bytes.EMPTY : value,
        0,
        random.below(3) == 0,
        keepsValue,
        random.below(12) == 0);
  }

  private Command.DeleteRange delete() {
    return new Command.DeleteRange(
        Ranges.from(random, keys), Ranges.to(random, keys), random.below(3) == 0);
  }

  private Compare compare() {
    var number = random.below(keys.count());
    var target = random.below(5);
    var seen = memory.modRevision(number);
    var operand =
        switch (random.below(3)) {
          case 0 -> seen;
          case 1 -> random.below(memory.revision() + 1);
          default -> random.below(3L);
        };
    return new Compare(
        random.below(4),
        target,
        keys.key(number),
        random.below(5) == 0 ? Ranges.to(random, keys) : Bytes.EMPTY,
        target == Compare.VALUE ? 0 : operand,
        target == Compare.VALUE ? value : Bytes.EMPTY);
  }

  /** Reads of one state, some of an older one. */
  Command.Txn reads() {
    var serializable = random.below(3) == 0;
    var compares = random.below(2) == 0 ? List.of(compare()) : List.<Compare>of();
    return new Command.Txn(compares, ranges(serializable), ranges(serializable));
  }

  private List<TxnOp> ranges(boolean serializable) {
    var ops = new ArrayList<TxnOp>();
    for (var i = 1 + random.below(3); i > 0; i--) {
      ops.add(
          random.below(3) == 0
              ? Ranges.odd(random, keys, memory.revision())
              : Ranges.get(Ranges.from(random, keys), serializable));
    }
    return ops;
  }
}
