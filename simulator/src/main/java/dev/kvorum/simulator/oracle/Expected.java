package dev.kvorum.simulator.oracle;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.KeyValue;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.model.Result;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the contract lets a command be answered with. */
sealed interface Expected {
  /** Whether the contract allows this answer. */
  boolean admits(Result actual);

  record Failed(Failure failure) implements Expected {
    @Override
    public boolean admits(Result actual) {
      return actual instanceof Result.Failed failed && failed.failure() == failure;
    }
  }

  record Put(long revision, @Nullable Bytes prevKv) implements Expected {
    @Override
    public boolean admits(Result actual) {
      return actual.equals(new Result.Put(revision, prevKv));
    }
  }

  record DeleteRange(long revision, long deleted, List<Bytes> prevKvs) implements Expected {
    @Override
    public boolean admits(Result actual) {
      return actual.equals(new Result.DeleteRange(revision, deleted, prevKvs));
    }
  }

  record LeaseGrant(long revision, long id, long ttlSeconds) implements Expected {
    @Override
    public boolean admits(Result actual) {
      return actual.equals(new Result.LeaseGrant(revision, id, ttlSeconds));
    }
  }

  record LeaseRevoke(long revision) implements Expected {
    @Override
    public boolean admits(Result actual) {
      return actual.equals(new Result.LeaseRevoke(revision));
    }
  }

  record Compact(long revision) implements Expected {
    @Override
    public boolean admits(Result actual) {
      return actual.equals(new Result.Compact(revision));
    }
  }

  record Txn(long revision, boolean succeeded, List<Expected> responses) implements Expected {
    @Override
    public boolean admits(Result actual) {
      if (!(actual instanceof Result.Txn txn)
          || txn.revision() != revision
          || txn.succeeded() != succeeded
          || txn.responses().size() != responses.size()) {
        return false;
      }
      for (var i = 0; i < responses.size(); i++) {
        if (!responses.get(i).admits(txn.responses().get(i))) {
          return false;
        }
      }
      return true;
    }
  }

  /** The answer to a command of the server's own, which no client sees. */
  record Unseen() implements Expected {
    @Override
    public boolean admits(Result actual) {
      return true;
    }
  }

  /**
   * A range. The order among equals of a sort is left open by the contract (S2.6), and so is then
   * which of them a limit cuts off.
   *
   * @param revision the present revision
   * @param request what was asked
   * @param shown what matches, in the order of the request, before the limit
   * @param order the order of the request, null for that of the keys
   * @param count keys in the interval
   */
  record Range(
      long revision,
      Command.Range request,
      List<Version> shown,
      @Nullable Comparator<KeyValue> order,
      long count)
      implements Expected {
    @Override
    public boolean admits(Result actual) {
      if (!(actual instanceof Result.Range range)) {
        return false;
      }
      var size = request.countOnly() ? 0 : Math.min(limit(), shown.size());
      var more = !request.countOnly() && shown.size() > size;
      return range.revision() == revision
          && range.count() == count
          && range.more() == more
          && range.kvs().size() == size
          && admits(range.kvs());
    }

    private long limit() {
      return request.limit() > 0 ? request.limit() : Long.MAX_VALUE;
    }

    private boolean admits(List<Bytes> kvs) {
      for (var i = 0; i < kvs.size(); i++) {
        if (!kvs.get(i).equals(encoded(shown.get(i))) && !isEqualInOrder(kvs, i)) {
          return false;
        }
      }
      return order == null || new HashSet<>(kvs).size() == kvs.size();
    }

    /** Whether another key that sorts like the expected one stands here. */
    private boolean isEqualInOrder(List<Bytes> kvs, int at) {
      if (order == null) {
        return false;
      }
      for (var version : shown) {
        if (order.compare(version.live(), shown.get(at).live()) == 0
            && encoded(version).equals(kvs.get(at))) {
          return true;
        }
      }
      return false;
    }

    /** What the answer holds of a key: with {@code keys_only} neither value nor lease (S2.7). */
    private Bytes encoded(Version version) {
      if (!request.keysOnly()) {
        return version.record();
      }
      var kv = version.live();
      var lease = request.sortTarget() == Command.TARGET_VALUE ? kv.lease() : 0;
      return KeyValueCodec.encode(
          kv.key(), kv.createRevision(), kv.modRevision(), kv.version(), Bytes.EMPTY, lease);
    }

    @Override
    public String toString() {
      var text = new StringBuilder("Range[revision=").append(revision).append(", count=");
      text.append(count).append(", limit=").append(limit()).append(", kvs=");
      shown.forEach(version -> text.append(version.kv()).append(' '));
      return text.append(']').toString();
    }
  }
}
