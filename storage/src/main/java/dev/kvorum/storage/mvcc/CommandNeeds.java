package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.index.IndexView;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Command.Compare;
import dev.kvorum.storage.model.Command.TxnOp;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.Revision;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Collects the records whose contents a command may read, from the state before it. The set may be
 * too large, because the path of a transaction is not known yet and both branches are counted, but
 * never too small.
 *
 * <p>The delicate case is a range with a limit behind writes of its own transaction. Say the keys
 * are a, b, c and the transaction deletes a and then reads two keys from a on: it answers b and c,
 * and the first two of the state before would have been a and b. A delete or a put takes at most as
 * many keys out of the selection as it touches, and so many later ones move in; so the selection is
 * made with that many spare keys. A key that the transaction puts needs no record, because the
 * transaction made it.
 */
final class CommandNeeds {
  private final IndexView index;
  private final long revision;
  private final long compactRevision;
  private final Map<Revision, Need> needs = new LinkedHashMap<>();

  CommandNeeds(IndexView index, long revision, long compactRevision) {
    this.index = index;
    this.revision = revision;
    this.compactRevision = compactRevision;
  }

  static List<Need> of(Command command, IndexView index, long revision, long compactRevision) {
    return switch (command) {
      // Most commands by far are plain puts, which need nothing.
      case Command.Put put when !WriteTxn.readsPrevious(put) -> List.of();
      case Command.Put put ->
          new CommandNeeds(index, revision, compactRevision).addPut(put).toList();
      case Command.DeleteRange delete when !delete.prevKv() -> List.of();
      case Command.DeleteRange delete ->
          new CommandNeeds(index, revision, compactRevision).addDeleteRange(delete).toList();
      case Command.Txn txn ->
          new CommandNeeds(index, revision, compactRevision)
              .addTxn(txn, touchedKeys(index, revision, txn))
              .toList();
      case Command.Range _,
          Command.Compact _,
          Command.Alarm _,
          Command.PublishMember _,
          Command.SetClusterVersion _,
          Command.LeaseGrant _,
          Command.LeaseRevoke _,
          Command.LeaseExpire _,
          Command.LeaseCheckpoint _ ->
          List.of();
    };
  }

  /** An upper bound of the present keys that the operations of both branches touch. */
  private static long touchedKeys(IndexView index, long revision, Command.Txn txn) {
    return touchedKeys(index, revision, txn.success())
        + touchedKeys(index, revision, txn.failure());
  }

  private static long touchedKeys(IndexView index, long revision, List<TxnOp> ops) {
    var touched = 0L;
    for (var op : ops) {
      touched +=
          switch (op) {
            case Command.Put _ -> 1;
            case Command.DeleteRange delete ->
                index.count(KeyRange.of(delete.key(), delete.rangeEnd()), revision);
            case Command.Txn nested -> touchedKeys(index, revision, nested);
            case Command.Range _, Command.MissingOp _ -> 0;
          };
    }
    return touched;
  }

  CommandNeeds addTxn(Command.Txn txn, long spare) {
    for (var compare : txn.compares()) {
      addCompare(compare);
    }
    addOps(txn.success(), spare);
    addOps(txn.failure(), spare);
    return this;
  }

  private void addOps(List<TxnOp> ops, long spare) {
    for (var op : ops) {
      switch (op) {
        case Command.Range range -> addRange(range, spare);
        case Command.Put put -> addPut(put);
        case Command.DeleteRange delete -> addDeleteRange(delete);
        case Command.Txn nested -> addTxn(nested, spare);
        case Command.MissingOp _ -> {}
      }
    }
  }

  private void addCompare(Compare compare) {
    if (TxnEvaluation.readsRecords(compare)) {
      addAll(KeyRange.of(compare.key(), compare.rangeEnd()));
    }
  }

  private void addRange(Command.Range range, long spare) {
    // A revision that is out of range is refused before anything is read. The index may still know
    // records below the compact revision that the backend has lost already.
    var isCompacted = range.revision() != 0 && range.revision() < compactRevision;
    if (range.revision() <= revision && !isCompacted) {
      var isPast = range.revision() > 0;
      var at = isPast ? range.revision() : revision;
      RangeSelection.select(index, range, at, isPast ? 0 : spare).needs().forEach(this::add);
    }
  }

  private CommandNeeds addPut(Command.Put put) {
    if (WriteTxn.readsPrevious(put)) {
      var previous = index.find(put.key(), revision);
      if (previous != null) {
        add(Need.of(previous));
      }
    }
    return this;
  }

  private CommandNeeds addDeleteRange(Command.DeleteRange delete) {
    if (delete.prevKv()) {
      addAll(KeyRange.of(delete.key(), delete.rangeEnd()));
    }
    return this;
  }

  private void addAll(KeyRange keys) {
    index.scan(
        keys,
        revision,
        entry -> {
          add(Need.of(entry));
          return true;
        });
  }

  private void add(Need need) {
    needs.putIfAbsent(need.revision(), need);
  }

  List<Need> toList() {
    return new ArrayList<>(needs.values());
  }
}
