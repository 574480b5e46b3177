package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.index.IndexEntry;
import dev.kvorum.storage.index.IndexView;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Command.Compare;
import dev.kvorum.storage.model.Command.TxnOp;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.KeyValueCodec;
import java.util.ArrayDeque;
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

  /** A transaction whose path is looked for, and how far that has come. */
  private static final class Frame {
    private final Command.Txn txn;
    private final List<Path> nested = new ArrayList<>(0);
    private boolean succeeded = true;
    private int comparesDone;
    private int opsDone;

    Frame(Command.Txn txn) {
      this.txn = txn;
    }

    boolean isDecided() {
      return !succeeded || comparesDone == txn.compares().size();
    }

    List<TxnOp> ops() {
      return succeeded ? txn.success() : txn.failure();
    }
  }

  private final IndexView index;
  private final long revision;
  private final long compactRevision;

  /** Transactions whose path is looked for, the innermost first. */
  private final ArrayDeque<Frame> frames = new ArrayDeque<>(1);

  /** The rest of a comparison's interval, while it is under way. */
  private @Nullable KeyRange left;

  private boolean anyCompared;

  TxnEvaluation(IndexView index, long revision, long compactRevision) {
    this.index = index;
    this.revision = revision;
    this.compactRevision = compactRevision;
  }

  /** The path of a transaction whose records are all there. */
  Path path(Command.Txn txn, Records records) {
    return InvariantViolation.present(
        path(txn, Allowance.unlimited(records)), "nothing holds up an unlimited evaluation");
  }

  /**
   * The path; null when the allowance ends before it is found. Called again it goes on; the state
   * must not have changed meanwhile.
   */
  @Nullable Path path(Command.Txn txn, Allowance allowance) {
    if (frames.isEmpty()) {
      frames.push(new Frame(txn));
    }
    while (true) {
      var frame = frames.element();
      if (!frame.isDecided()) {
        var holds = holds(frame.txn.compares().get(frame.comparesDone), allowance);
        if (holds == null) {
          return null;
        }
        frame.comparesDone++;
        frame.succeeded = holds;
      } else if (frame.opsDone < frame.ops().size()) {
        if (frame.ops().get(frame.opsDone++) instanceof Command.Txn inner) {
          frames.push(new Frame(inner));
        }
      } else {
        frames.pop();
        var path = new Path(frame.succeeded, frame.ops(), frame.nested);
        var outer = frames.peek();
        if (outer == null) {
          return path;
        }
        outer.nested.add(path);
      }
    }
  }

  /**
   * Whether every key of the interval satisfies; an empty interval stands for a missing key. Null
   * when that is not known yet.
   */
  private @Nullable Boolean holds(Compare compare, Allowance allowance) {
    if (left == null) {
      left = KeyRange.of(compare.key(), compare.rangeEnd());
      anyCompared = false;
    }
    var entries = new ArrayList<IndexEntry>(1);
    var cut = new boolean[1];
    index.scan(
        left,
        revision,
        entry -> {
          cut[0] = allowance.isUsedUp();
          if (!cut[0]) {
            entries.add(entry);
            allowance.useKey(readsRecords(compare) ? entry.recordSize() : 0);
          }
          return !cut[0];
        });
    var all = true;
    for (var entry : entries) {
      var record = readsRecords(compare) ? allowance.find(entry.revision()) : Bytes.EMPTY;
      all &= record == null || holds(compare, entry, record);
    }
    if (!allowance.missing().isEmpty()) {
      return null;
    }
    anyCompared |= !entries.isEmpty();
    if (all && cut[0]) {
      left = entries.isEmpty() ? left : left.behind(entries.getLast().key());
      return null;
    }
    left = null;
    return anyCompared ? Boolean.valueOf(all) : Boolean.valueOf(holdsForMissingKey(compare));
  }

  private static boolean holds(Compare compare, IndexEntry entry, Bytes record) {
    return switch (compare.target()) {
      case Compare.VERSION -> holds(compare, Long.compare(entry.version(), compare.operand()));
      case Compare.CREATE ->
          holds(compare, Long.compare(entry.createRevision(), compare.operand()));
      case Compare.MOD -> holds(compare, Long.compare(entry.modRevision(), compare.operand()));
      case Compare.VALUE -> {
        var kv = KeyValueCodec.decodeStored(record);
        yield holds(compare, kv.value().compareTo(compare.value()));
      }
      case Compare.LEASE -> {
        var kv = KeyValueCodec.decodeStored(record);
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
