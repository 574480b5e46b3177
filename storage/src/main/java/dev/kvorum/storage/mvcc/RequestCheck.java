package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Command.TxnOp;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.ProtoWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What can be said about a request without any state, before it is logged (contract S2.6, S3.1,
 * S4.1, S5, S6.1, S6.4), and what it costs (S17.3).
 */
public final class RequestCheck {
  /** A put's cost beyond its key and its value (contract S17.3). */
  private static final long PUT_OVERHEAD_BYTES = 256;

  private static final long LEASE_COST_BYTES = 64;

  /**
   * What etcd's own log entry holds beside the request: a tag of one byte, and a header of 14 with
   * a request id of 10. Clients see the limit at that size, so it is counted although our entries
   * are framed in another way.
   */
  private static final long ENTRY_OVERHEAD_BYTES = 15;

  private RequestCheck() {}

  /**
   * Why the request is refused, or null.
   *
   * @param maxTxnOps the member's limit for operations of a transaction
   */
  public static @Nullable Failure check(Command command, int maxTxnOps) {
    return switch (command) {
      case Command.Range range -> checkRange(range);
      case Command.Put put -> checkPut(put);
      case Command.DeleteRange delete -> checkDeleteRange(delete);
      case Command.Txn txn -> checkTxn(txn, maxTxnOps);
      case Command.LeaseGrant grant ->
          grant.ttlSeconds() > Command.LeaseGrant.MAX_TTL_SECONDS
              ? Failure.LEASE_TTL_TOO_LARGE
              : null;
      case Command.Compact _,
          Command.Alarm _,
          Command.PublishMember _,
          Command.SetClusterVersion _,
          Command.LeaseRevoke _,
          Command.LeaseExpire _,
          Command.LeaseCheckpoint _ ->
          null;
    };
  }

  /**
   * Whether a request that goes through the log is beyond the member's limit (contract S21.1).
   *
   * @param requestSize size of the request message in bytes
   */
  public static boolean isTooLarge(int requestSize, long maxRequestBytes) {
    return requestSize + ProtoWriter.varintSize(requestSize) + ENTRY_OVERHEAD_BYTES
        > maxRequestBytes;
  }

  /** Why the range cannot be streamed, or null (contract S3.1). */
  public static @Nullable Failure checkStream(Command.Range range) {
    var failure = checkRange(range);
    if (failure != null) {
      return failure;
    }
    // NONE is the default order whatever the target, and a stream knows no other.
    var isDefaultOrder =
        range.sortOrder() == Command.SORT_NONE
            || (range.sortOrder() == Command.SORT_ASCEND
                && range.sortTarget() == Command.TARGET_KEY);
    if (!isDefaultOrder) {
      return Failure.STREAM_CUSTOM_SORT;
    }
    var isFiltered =
        range.minModRevision() != 0
            || range.maxModRevision() != 0
            || range.minCreateRevision() != 0
            || range.maxCreateRevision() != 0;
    return isFiltered ? Failure.STREAM_REVISION_FILTER : null;
  }

  private static @Nullable Failure checkRange(Command.Range range) {
    if (range.key().isEmpty()) {
      return Failure.EMPTY_KEY;
    }
    var isKnownOrder =
        range.sortOrder() >= Command.SORT_NONE && range.sortOrder() <= Command.SORT_DESCEND;
    var isKnownTarget =
        range.sortTarget() >= Command.TARGET_KEY && range.sortTarget() <= Command.TARGET_VALUE;
    return isKnownOrder && isKnownTarget ? null : Failure.INVALID_SORT_OPTION;
  }

  private static @Nullable Failure checkPut(Command.Put put) {
    if (put.key().isEmpty()) {
      return Failure.EMPTY_KEY;
    }
    if (put.ignoreValue() && !put.value().isEmpty()) {
      return Failure.VALUE_PROVIDED;
    }
    return put.ignoreLease() && put.lease() != 0 ? Failure.LEASE_PROVIDED : null;
  }

  private static @Nullable Failure checkDeleteRange(Command.DeleteRange delete) {
    return delete.key().isEmpty() ? Failure.EMPTY_KEY : null;
  }

  private static @Nullable Failure checkTxn(Command.Txn txn, int maxTxnOps) {
    var failure = checkShape(txn, maxTxnOps);
    if (failure != null) {
      return failure;
    }
    return DuplicateKeys.isFree(txn) ? null : Failure.DUPLICATE_KEY;
  }

  /** Budget, keys and each operation's own rules, through all levels (contract S6.1). */
  private static @Nullable Failure checkShape(Command.Txn txn, int budget) {
    var ops = Math.max(txn.compares().size(), Math.max(txn.success().size(), txn.failure().size()));
    if (ops > budget) {
      return Failure.TOO_MANY_OPS;
    }
    for (var compare : txn.compares()) {
      if (compare.key().isEmpty()) {
        return Failure.EMPTY_KEY;
      }
    }
    var failure = checkOps(txn.success(), budget - ops);
    return failure != null ? failure : checkOps(txn.failure(), budget - ops);
  }

  private static @Nullable Failure checkOps(List<TxnOp> ops, int budget) {
    for (var op : ops) {
      var failure =
          switch (op) {
            case Command.Range range -> checkRange(range);
            case Command.Put put -> checkPut(put);
            case Command.DeleteRange delete -> checkDeleteRange(delete);
            case Command.Txn nested -> checkShape(nested, budget);
            case Command.MissingOp _ -> Failure.KEY_NOT_FOUND;
          };
      if (failure != null) {
        return failure;
      }
    }
    return null;
  }

  /**
   * Whether the transaction is answered without the log (contract S6.7): every operation of both
   * branches is a range. One nested transaction, whatever is in it, makes it a write.
   */
  public static boolean isReadOnly(Command.Txn txn) {
    return txn.success().stream().allMatch(Command.Range.class::isInstance)
        && txn.failure().stream().allMatch(Command.Range.class::isInstance);
  }

  /**
   * Whether a read-only transaction may be answered from local state: all its ranges are
   * serializable. So it is without any operation at all (contract S6.7, Trap).
   */
  public static boolean isSerializable(Command.Txn txn) {
    return txn.success().stream().allMatch(RequestCheck::isSerializableRange)
        && txn.failure().stream().allMatch(RequestCheck::isSerializableRange);
  }

  private static boolean isSerializableRange(TxnOp op) {
    return op instanceof Command.Range range && range.serializable();
  }

  /** Bytes that the request counts against the quota (contract S17.3, S6.10); 0 is always free. */
  public static long cost(Command command) {
    return switch (command) {
      case Command.Put put -> costOfPut(put);
      case Command.Txn txn -> costOfTxn(txn);
      case Command.LeaseGrant _ -> LEASE_COST_BYTES;
      case Command.Range _,
          Command.DeleteRange _,
          Command.Compact _,
          Command.Alarm _,
          Command.PublishMember _,
          Command.SetClusterVersion _,
          Command.LeaseRevoke _,
          Command.LeaseExpire _,
          Command.LeaseCheckpoint _ ->
          0;
    };
  }

  private static long costOfPut(Command.Put put) {
    return PUT_OVERHEAD_BYTES + put.key().size() + put.value().size();
  }

  private static long costOfTxn(Command.Txn txn) {
    return Math.max(costOfOps(txn.success()), costOfOps(txn.failure()));
  }

  private static long costOfOps(List<TxnOp> ops) {
    var cost = 0L;
    for (var op : ops) {
      cost +=
          switch (op) {
            case Command.Put put -> costOfPut(put);
            case Command.Txn nested -> costOfTxn(nested);
            case Command.Range _, Command.DeleteRange _, Command.MissingOp _ -> 0;
          };
    }
    return cost;
  }
}
