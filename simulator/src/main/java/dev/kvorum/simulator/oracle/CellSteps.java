package dev.kvorum.simulator.oracle;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Command.Compare;
import dev.kvorum.storage.model.Command.TxnOp;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.model.Result;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one request about one key makes of its {@link Cell}, given the answer. An answer that does
 * not fit the cell leads nowhere. Revisions are taken as the clients were told them, and compared
 * only with each other.
 */
final class CellSteps {
  private CellSteps() {}

  /**
   * The states that the request may lead to.
   *
   * @param result what the client was told, or null if nobody knows
   */
  static List<Cell> after(Cell before, Command command, @Nullable Result result) {
    return switch (command) {
      case Command.Put put -> put(before, put, result);
      case Command.DeleteRange delete -> delete(before, delete, result);
      case Command.Range _ -> get(before, result);
      case Command.Txn txn -> txn(before, txn, result);
      case Command.Compact _,
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

  private static List<Cell> put(Cell before, Command.Put put, @Nullable Result result) {
    if (result == null) {
      return List.of(before.put(put.value(), Cell.UNKNOWN));
    }
    var fits =
        result instanceof Result.Put answer
            && answer.revision() > before.modRevision()
            && (answer.prevKv() == null
                ? !put.prevKv() || !before.exists()
                : shows(answer.prevKv(), before));
    return fits ? List.of(before.put(put.value(), ((Result.Put) result).revision())) : List.of();
  }

  private static List<Cell> delete(
      Cell before, Command.DeleteRange delete, @Nullable Result result) {
    if (result == null) {
      return List.of(Cell.ABSENT);
    }
    var fits =
        result instanceof Result.DeleteRange answer
            && answer.deleted() == (before.exists() ? 1 : 0)
            && answer.prevKvs().size() == (delete.prevKv() && before.exists() ? 1 : 0)
            && answer.prevKvs().stream().allMatch(kv -> shows(kv, before));
    return fits ? List.of(Cell.ABSENT) : List.of();
  }

  private static List<Cell> get(Cell before, @Nullable Result result) {
    if (result == null) {
      return List.of(before);
    }
    if (!(result instanceof Result.Range answer)
        || answer.count() != (before.exists() ? 1 : 0)
        || answer.kvs().size() != answer.count()) {
      return List.of();
    }
    if (answer.kvs().isEmpty()) {
      return List.of(before);
    }
    var kv = answer.kvs().getFirst();
    return shows(kv, before)
        ? List.of(before.withModRevision(KeyValueCodec.decodeStored(kv).modRevision()))
        : List.of();
  }

  /** Whether this is the key-value of that state. */
  private static boolean shows(Bytes record, Cell cell) {
    var kv = KeyValueCodec.decodeStored(record);
    return cell.value() != null
        && kv.value().equals(cell.value())
        && kv.version() == cell.version()
        && (cell.modRevision() == Cell.UNKNOWN || kv.modRevision() == cell.modRevision());
  }

  private static List<Cell> txn(Cell before, Command.Txn txn, @Nullable Result result) {
    if (result != null && !(result instanceof Result.Txn)) {
      return List.of();
    }
    var found = new ArrayList<Cell>();
    var answer = (Result.Txn) result;
    var met = ifMet(before, txn.compares());
    if (met != null && (answer == null || answer.succeeded())) {
      found.addAll(branch(met, txn.success(), answer));
    }
    if (mayFail(before, txn.compares()) && (answer == null || !answer.succeeded())) {
      found.addAll(branch(before, txn.failure(), answer));
    }
    return found;
  }

  private static List<Cell> branch(Cell before, List<TxnOp> ops, Result.@Nullable Txn answer) {
    if (answer != null && answer.responses().size() != ops.size()) {
      return List.of();
    }
    var states = List.of(before);
    for (var i = 0; i < ops.size(); i++) {
      var op = (Command) ops.get(i);
      var response = answer == null ? null : answer.responses().get(i);
      states = states.stream().flatMap(state -> after(state, op, response).stream()).toList();
    }
    return states;
  }

  /** The state, with what the conditions tell of it, if they can all hold; else null. */
  private static @Nullable Cell ifMet(Cell before, List<Compare> compares) {
    var cell = before;
    for (var compare : compares) {
      if (cell.modRevision() == Cell.UNKNOWN) {
        if (compare.operand() == 0) {
          return null;
        }
        cell = cell.withModRevision(compare.operand());
      } else if (cell.modRevision() != compare.operand()) {
        return null;
      }
    }
    return cell;
  }

  private static boolean mayFail(Cell before, List<Compare> compares) {
    for (var compare : compares) {
      if (before.modRevision() == Cell.UNKNOWN || before.modRevision() != compare.operand()) {
        return true;
      }
    }
    return false;
  }
}
