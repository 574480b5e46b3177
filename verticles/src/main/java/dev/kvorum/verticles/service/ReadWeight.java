package dev.kvorum.verticles.service;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.mvcc.StoreView;
import java.util.List;

/**
 * How many keys a read will look at, from counts alone: an estimate that takes no walk, to decide
 * where the read is run.
 */
final class ReadWeight {
  /** Of a read whose keys cannot be counted without a walk, because it sees the past. */
  static final long UNKNOWN = 1L << 40;

  private ReadWeight() {}

  static long keys(StoreView view, Command.Range range) {
    if (range.rangeEnd().isEmpty()) {
      return 1;
    }
    if (range.revision() > 0 && range.revision() < view.revision()) {
      return UNKNOWN;
    }
    if (range.countOnly()) {
      return 1;
    }
    var count = count(view, range.key(), range.rangeEnd());
    return range.limit() > 0 && stopsEarly(range) ? Math.min(range.limit(), count) : count;
  }

  static long keys(StoreView view, Command.Txn txn) {
    var keys = keys(view, txn.success()) + keys(view, txn.failure());
    for (var compare : txn.compares()) {
      keys += compare.rangeEnd().isEmpty() ? 1 : count(view, compare.key(), compare.rangeEnd());
    }
    return keys;
  }

  private static long keys(StoreView view, List<Command.TxnOp> ops) {
    var keys = 0L;
    for (var op : ops) {
      keys +=
          switch (op) {
            case Command.Range range -> keys(view, range);
            case Command.Txn nested -> keys(view, nested);
            case Command.DeleteRange delete -> count(view, delete.key(), delete.rangeEnd());
            case Command.Put _ -> 1;
            case Command.MissingOp _ -> 0;
          };
    }
    return keys;
  }

  private static long count(StoreView view, Bytes key, Bytes rangeEnd) {
    return rangeEnd.isEmpty() ? 1 : view.index().count(KeyRange.of(key, rangeEnd), view.revision());
  }

  /** Whether the limit bounds what is looked at: not with a filter, nor with an order to find. */
  private static boolean stopsEarly(Command.Range range) {
    return range.sortOrder() == Command.SORT_NONE
        || (range.sortOrder() == Command.SORT_ASCEND && range.sortTarget() == Command.TARGET_KEY);
  }
}
