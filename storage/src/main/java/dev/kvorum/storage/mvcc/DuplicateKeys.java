package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Command.TxnOp;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The duplicate-key rule of transactions (contract S6.4): in one branch no two puts of a key, and
 * no put of a key that a delete of the branch covers. The two branches are apart.
 *
 * <p>Three oddities are etcd's and must be kept:
 *
 * <ul>
 *   <li>A range end of one zero byte is taken literally. As an interval it is empty, so such a
 *       delete conflicts with nothing, although it deletes everything from its key on.
 *   <li>A nested transaction's puts are compared with the deletes of this level and of earlier
 *       nested transactions, not of later ones. So put first and delete in a later sibling passes,
 *       and the other way round is refused.
 *   <li>Both branches of one nested transaction may put the same key, since only one of them runs.
 * </ul>
 */
final class DuplicateKeys {
  /** What one branch puts and deletes, nested transactions included. */
  private final Set<Bytes> puts = new TreeSet<>();

  private final Deletes deletes = new Deletes();

  private DuplicateKeys() {}

  /** Whether both branches keep the rule. */
  static boolean isFree(Command.Txn txn) {
    return new DuplicateKeys().addBranch(txn.success())
        && new DuplicateKeys().addBranch(txn.failure());
  }

  /** Adds one branch; returns false for a duplicate. */
  private boolean addBranch(List<TxnOp> ops) {
    for (var op : ops) {
      if (op instanceof Command.DeleteRange delete) {
        deletes.add(delete);
      }
    }
    for (var op : ops) {
      if (op instanceof Command.Txn nested && !addNested(nested)) {
        return false;
      }
    }
    for (var op : ops) {
      if (op instanceof Command.Put put && !addPut(put.key())) {
        return false;
      }
    }
    return true;
  }

  private boolean addPut(Bytes key) {
    return !deletes.cover(key) && puts.add(key);
  }

  private boolean addNested(Command.Txn nested) {
    var success = new DuplicateKeys();
    var failure = new DuplicateKeys();
    if (!success.addBranch(nested.success()) || !failure.addBranch(nested.failure())) {
      return false;
    }
    if (!success.puts.stream().allMatch(this::addPut)) {
      return false;
    }
    for (var key : failure.puts) {
      var isPutByOther = !puts.add(key) && !success.puts.contains(key);
      if (isPutByOther || deletes.cover(key)) {
        return false;
      }
    }
    deletes.addAll(success.deletes);
    deletes.addAll(failure.deletes);
    return true;
  }

  /** The keys that some deletes cover: disjoint intervals, by their first key. */
  private static final class Deletes {
    private final NavigableMap<Bytes, Bytes> ends = new TreeMap<>();

    void add(Command.DeleteRange delete) {
      var end = delete.rangeEnd().isEmpty() ? successor(delete.key()) : delete.rangeEnd();
      if (delete.key().compareTo(end) < 0) {
        add(delete.key(), end);
      }
    }

    private void add(Bytes from, Bytes to) {
      var begin = from;
      var end = to;
      for (var other = ends.floorEntry(end);
          other != null && other.getValue().compareTo(begin) >= 0;
          other = ends.floorEntry(end)) {
        begin = min(begin, other.getKey());
        end = max(end, other.getValue());
        ends.remove(other.getKey());
      }
      ends.put(begin, end);
    }

    void addAll(Deletes others) {
      others.ends.forEach(this::add);
    }

    boolean cover(Bytes key) {
      Map.Entry<Bytes, Bytes> before = ends.floorEntry(key);
      return before != null && key.compareTo(before.getValue()) < 0;
    }

    private static Bytes successor(Bytes key) {
      var successor = new byte[key.size() + 1];
      key.copyTo(successor, 0);
      return Bytes.wrap(successor);
    }

    private static Bytes min(Bytes left, Bytes right) {
      return left.compareTo(right) <= 0 ? left : right;
    }

    private static Bytes max(Bytes left, Bytes right) {
      return left.compareTo(right) >= 0 ? left : right;
    }
  }
}
