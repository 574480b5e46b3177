package dev.kvorum.storage.state;

import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.lease.LeaseChange;
import dev.kvorum.storage.lease.LeaseRecord;
import dev.kvorum.storage.lease.LeaseTable;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.JoinedList;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.mvcc.MvccStore;
import dev.kvorum.storage.mvcc.Records;
import dev.kvorum.storage.mvcc.Write;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The end of several leases that have many keys together, in slices: of one lease after the other
 * the keys are deleted and detached in their order, in one revision a lease (contract S10.3).
 */
final class LongRevocation implements LongCommand {
  /**
   * The lease that is going. Its keys are detached a slice before they are deleted; nobody sees the
   * store before all are.
   */
  private record Going(long id, MvccStore.Execution deletion) {}

  private final LeaseTable leases;
  private final MvccStore kv;
  private final Iterator<Long> ids;
  private final Supplier<Result> result;
  private final List<WriteBatch.Change> records = new ArrayList<>();
  private final List<LeaseChange> changes = new ArrayList<>();
  private @Nullable Going going;

  /**
   * @param ids of the leases; those that do not exist are passed over
   * @param result is asked when all is done
   */
  LongRevocation(LeaseTable leases, MvccStore kv, List<Long> ids, Supplier<Result> result) {
    this.leases = leases;
    this.kv = kv;
    this.ids = ids.iterator();
    this.result = result;
  }

  @Override
  public Part step(Records reads, int maxKeys, long maxBytes) {
    var writes = new JoinedList<Write>();
    var events = new JoinedList<Event>();
    // A lease costs something even if it has no key.
    for (var left = maxKeys; left > 0; left--) {
      if (going == null) {
        var id = next();
        if (id == null) {
          return new Part(
              writes,
              events,
              List.of(),
              new Outcome(result.get(), List.of(), List.of(), records, changes, false));
        }
        going = new Going(id, kv.beginDelete(keys -> leases.takeKeys(id, keys)));
      }
      left -= step(going, left, maxBytes, writes, events);
    }
    return new Part(writes, events, List.of(), null);
  }

  private @Nullable Long next() {
    while (ids.hasNext()) {
      var id = ids.next();
      if (leases.contains(id)) {
        return id;
      }
    }
    return null;
  }

  /** Goes on with one lease and returns how many keys that took. */
  private int step(
      Going current,
      int maxKeys,
      long maxBytes,
      JoinedList<Write> writes,
      JoinedList<Event> events) {
    var slice = current.deletion.step(Records.NONE, maxKeys, maxBytes);
    writes.join(slice.writes());
    events.join(slice.events());
    if (slice.result() != null) {
      leases.remove(current.id);
      records.add(new WriteBatch.Change(Bucket.LEASE, LeaseRecord.key(current.id), null));
      changes.add(new LeaseChange.Revoked(current.id, true));
      going = null;
    }
    return slice.writes().size();
  }
}
