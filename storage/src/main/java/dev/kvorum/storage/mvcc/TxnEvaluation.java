package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.index.IndexEntry;
import dev.kvorum.storage.index.IndexView;
import dev.kvorum.storage.model.Command.Compare;
import dev.kvorum.storage.model.Command.TxnOp;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.KeyValueCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The first two steps of a transaction (contract S6.2, S6.3), both on the state before it: all
 * comparisons of all levels fix the path, and then every operation on the path is checked. What
 * passes here cannot fail in the third step, the execution, so a transaction never has to be
 * undone.
 */
final class TxnEvaluation {
  /**
   * The branch that a transaction takes.
   *
   * @param nested the paths of the transactions among {@code ops}, in their order
   */
  record Path(boolean succeeded, List<TxnOp> ops, List<Path> nested) {}

  private final IndexView index;
  private final long revision;
  private final long compactRevision;
  private final Records records;

  TxnEvaluation(IndexView index, long revision, long compactRevision, Records records) {
    this.index = index;
    this.revision = revision;
    this.compactRevision = compactRevision;
    this.records = records;
  }

  Path path(Command.Txn txn) {
    var succeeded = txn.compares().stream().allMatch(this::holds);
    var ops = succeeded ? txn.success() : txn.failure();
    var nested = new ArrayList<Path>();
    for (var op : ops) {
      if (op instanceof Command.Txn inner) {
        nested.add(path(inner));
      }
    }
    return new Path(succeeded, ops, nested);
  }

  /** Whether every key of the interval satisfies; an empty interval stands for a missing key. */
  private boolean holds(Compare compare) {
    var keys = KeyRange.of(compare.key(), compare.rangeEnd());
    var seen =
        new Object() {
          boolean any;
          boolean all = true;
        };
    index.scan(
        keys,
        revision,
        entry -> {
          seen.any = true;
          seen.all = holds(compare, entry);
          return seen.all;
        });
    return seen.any ? seen.all : holdsForMissingKey(compare);
  }

  private boolean holds(Compare compare, IndexEntry entry) {
    return switch (compare.target()) {
      case Compare.VERSION -> holds(compare, Long.compare(entry.version(), compare.operand()));
      case Compare.CREATE ->
          holds(compare, Long.compare(entry.createRevision(), compare.operand()));
      case Compare.MOD -> holds(compare, Long.compare(entry.modRevision(), compare.operand()));
      case Compare.VALUE -> {
        var kv = KeyValueCodec.decodeStored(records.get(entry.revision()));
        yield holds(compare, kv.value().compareTo(compare.value()));
      }
      case Compare.LEASE -> {
        var kv = KeyValueCodec.decodeStored(records.get(entry.revision()));
        yield holds(compare, Long.compare(kv.lease(), compare.operand()));
      }
      // A target that we do not know compares nothing with nothing.
      default -> holds(compare, 0);
    };
  }

  /** A missing key is all zeros, but its value compares with nothing: contract S6.2, Trap. */
  private static boolean holdsForMissingKey(Compare compare) {
    return switch (compare.target()) {
      case Compare.VERSION, Compare.CREATE, Compare.MOD, Compare.LEASE ->
          holds(compare, Long.compare(0, compare.operand()));
      case Compare.VALUE -> false;
      default -> holds(compare, 0);
    };
  }

  private static boolean holds(Compare compare, int order) {
    return switch (compare.result()) {
      case Compare.EQUAL -> order == 0;
      case Compare.GREATER -> order > 0;
      case Compare.LESS -> order < 0;
      case Compare.NOT_EQUAL -> order != 0;
      // A result that we do not know asks for nothing.
      default -> true;
    };
  }

  /** Whether a record's contents decide this comparison. */
  static boolean readsRecords(Compare compare) {
    return compare.target() == Compare.VALUE || compare.target() == Compare.LEASE;
  }

  /** The first reason why an operation of the path is impossible, or null. */
  @Nullable Failure check(Path path, LongPredicate leaseExists) {
    var nested = path.nested().iterator();
    for (var op : path.ops()) {
      var failure =
          switch (op) {
            case Command.Range range -> checkRange(range);
            case Command.Put put -> checkPut(put, leaseExists);
            case Command.DeleteRange _ -> null;
            case Command.Txn _ -> check(nested.next(), leaseExists);
            case Command.MissingOp _ -> Failure.KEY_NOT_FOUND;
          };
      if (failure != null) {
        return failure;
      }
    }
    return null;
  }

  /** Here a negative revision is compared with the compact revision too: contract S6.3. */
  private @Nullable Failure checkRange(Command.Range range) {
    if (range.revision() == 0) {
      return null;
    }
    if (range.revision() > revision) {
      return Failure.FUTURE_REVISION;
    }
    return range.revision() < compactRevision ? Failure.COMPACTED : null;
  }

  private @Nullable Failure checkPut(Command.Put put, LongPredicate leaseExists) {
    return checkPut(put, leaseExists, index, revision);
  }

  /** Contract S4.1: the lease comes first, then the record that {@code ignore_*} builds on. */
  static @Nullable Failure checkPut(
      Command.Put put, LongPredicate leaseExists, IndexView index, long revision) {
    if (put.lease() != 0 && !leaseExists.test(put.lease())) {
      return Failure.LEASE_NOT_FOUND;
    }
    return keepsSomething(put) && index.find(put.key(), revision) == null
        ? Failure.KEY_NOT_FOUND
        : null;
  }

  static boolean keepsSomething(Command.Put put) {
    return put.ignoreValue() || put.ignoreLease();
  }
}
