package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Command.TxnOp;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.KeyRange;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The checks of contract S2.6, S4.1, S6.1 and S6.4 by lists and double loops. */
final class NaiveRules {
  private static final Bytes ZERO = Bytes.hex("00");

  private NaiveRules() {}

  static @Nullable Failure check(Command command, int maxTxnOps) {
    if (command instanceof Command.Txn txn) {
      var failure = checkOp(txn, maxTxnOps);
      if (failure != null) {
        return failure;
      }
      var isFree =
          isFree(txn.success(), new ArrayList<>(), new ArrayList<>())
              && isFree(txn.failure(), new ArrayList<>(), new ArrayList<>());
      return isFree ? null : Failure.DUPLICATE_KEY;
    }
    return command instanceof TxnOp op ? checkOp(op, maxTxnOps) : null;
  }

  private static @Nullable Failure checkOp(TxnOp op, int budget) {
    return switch (op) {
      case Command.Range range when range.key().isEmpty() -> Failure.EMPTY_KEY;
      case Command.Range range when !List.of(0, 1, 2).contains(range.sortOrder()) ->
          Failure.INVALID_SORT_OPTION;
      case Command.Range range when !List.of(0, 1, 2, 3, 4).contains(range.sortTarget()) ->
          Failure.INVALID_SORT_OPTION;
      case Command.Put put when put.key().isEmpty() -> Failure.EMPTY_KEY;
      case Command.Put put when put.ignoreValue() && !put.value().isEmpty() ->
          Failure.VALUE_PROVIDED;
      case Command.Put put when put.ignoreLease() && put.lease() != 0 -> Failure.LEASE_PROVIDED;
      case Command.DeleteRange delete when delete.key().isEmpty() -> Failure.EMPTY_KEY;
      case Command.MissingOp _ -> Failure.KEY_NOT_FOUND;
      case Command.Txn txn -> checkTxn(txn, budget);
      case Command.Range _, Command.Put _, Command.DeleteRange _ -> null;
    };
  }

  private static @Nullable Failure checkTxn(Command.Txn txn, int budget) {
    var lengths = List.of(txn.compares().size(), txn.success().size(), txn.failure().size());
    var most = lengths.stream().mapToInt(length -> length).max().orElseThrow();
    if (most > budget) {
      return Failure.TOO_MANY_OPS;
    }
    if (txn.compares().stream().anyMatch(compare -> compare.key().isEmpty())) {
      return Failure.EMPTY_KEY;
    }
    var ops = new ArrayList<>(txn.success());
    ops.addAll(txn.failure());
    for (var op : ops) {
      var failure = checkOp(op, budget - most);
      if (failure != null) {
        return failure;
      }
    }
    return null;
  }

  /** Fills in what the branch puts and deletes, and tells whether it keeps the duplicate rule. */
  private static boolean isFree(
      List<TxnOp> ops, List<Bytes> puts, List<Command.DeleteRange> deletes) {
    for (var op : ops) {
      if (op instanceof Command.DeleteRange delete) {
        deletes.add(delete);
      }
    }
    for (var op : ops) {
      if (op instanceof Command.Txn nested) {
        var thenPuts = new ArrayList<Bytes>();
        var elsePuts = new ArrayList<Bytes>();
        var nestedDeletes = new ArrayList<Command.DeleteRange>();
        if (!isFree(nested.success(), thenPuts, nestedDeletes)) {
          return false;
        }
        var elseDeletes = new ArrayList<Command.DeleteRange>();
        if (!isFree(nested.failure(), elsePuts, elseDeletes)) {
          return false;
        }
        nestedDeletes.addAll(elseDeletes);
        var both = new ArrayList<>(thenPuts);
        both.addAll(elsePuts);
        for (var put : both) {
          if (puts.contains(put) || isCovered(put, deletes)) {
            return false;
          }
        }
        puts.addAll(both);
        deletes.addAll(nestedDeletes);
      }
    }
    for (var op : ops) {
      if (op instanceof Command.Put put) {
        if (puts.contains(put.key()) || isCovered(put.key(), deletes)) {
          return false;
        }
        puts.add(put.key());
      }
    }
    return true;
  }

  private static boolean isCovered(Bytes key, List<Command.DeleteRange> deletes) {
    return deletes.stream()
        .anyMatch(
            delete ->
                !delete.rangeEnd().equals(ZERO)
                    && KeyRange.of(delete.key(), delete.rangeEnd()).contains(key));
  }
}
