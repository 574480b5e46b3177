package dev.kvorum.storage.state;

import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.lease.LeaseChange;
import dev.kvorum.storage.lease.LeaseRecord;
import dev.kvorum.storage.lease.LeaseTable;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.JoinedList;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.mvcc.MvccStore;
import dev.kvorum.storage.mvcc.PackedDeletes;
import dev.kvorum.storage.mvcc.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** The lease commands of the state machine: leases and keys change together (contract S10). */
final class Leases {
  private final LeaseTable leases;
  private final MvccStore kv;

  Leases(LeaseTable leases, MvccStore kv) {
    this.leases = leases;
    this.kv = kv;
  }

  /** Attaches and detaches keys as a command's events say. */
  void follow(List<Event> events) {
    if (events instanceof JoinedList<Event> joined) {
      joined.parts().forEach(this::follow);
    } else if (events instanceof PackedDeletes.Events deletes) {
      if (leases.hasKeys()) {
        deletes.forEachKey(leases::detach);
      }
    } else {
      for (var event : events) {
        leases.attach(event.key(), event.lease());
      }
    }
  }

  /**
   * Grants a lease.
   *
   * @param index of the entry
   */
  Outcome grant(Command.LeaseGrant grant, long index, boolean overQuota) {
    if (leases.contains(grant.id())) {
      return Outcome.refused(Failure.LEASE_EXISTS);
    }
    // Only a client can ask for an id again, and only then it matters when a lease was granted.
    var grantIndex = grant.clientChoseId() ? index : 0;
    leases.add(new LeaseRecord(grant.id(), grant.ttlSeconds(), 0, grantIndex));
    return new Outcome(
        new Result.LeaseGrant(kv.revision(), grant.id(), grant.ttlSeconds()),
        List.of(),
        List.of(),
        List.of(record(grant.id())),
        List.of(new LeaseChange.Granted(grant.id(), grant.ttlSeconds(), index)),
        overQuota);
  }

  private WriteBatch.Change record(long id) {
    return new WriteBatch.Change(Bucket.LEASE, LeaseRecord.key(id), leases.record(id).encode());
  }

  Outcome revoke(Command.LeaseRevoke revoke) {
    if (!leases.contains(revoke.id())) {
      return Outcome.refused(Failure.LEASE_NOT_FOUND);
    }
    var end = new End();
    end.add(new LeaseChange.Revoked(revoke.id(), false));
    return end.outcome(new Result.LeaseRevoke(kv.revision()));
  }

  /**
   * Revokes leases that ran out, each with its keys in a revision of its own. Leases that are gone
   * already are passed over, and so are those that came anew since.
   *
   * @param term of the entry
   */
  Outcome expire(Command.LeaseExpire expire, long term) {
    if (isOfAnotherTerm(expire, term)) {
      return Outcome.refused(Failure.NOT_LEADER);
    }
    var end = new End();
    expiring(expire).forEach(id -> end.add(new LeaseChange.Revoked(id, true)));
    return end.outcome(new Result.Done(kv.revision()));
  }

  /** What {@link #revoke} does, for a lease with very many keys. */
  LongCommand longRevoke(Command.LeaseRevoke revoke) {
    return leases.contains(revoke.id())
        ? new LargeLeaseEnd(
            leases,
            kv,
            new LeaseChange.Revoked(revoke.id(), false),
            () -> new Result.LeaseRevoke(kv.revision()))
        : refused(Failure.LEASE_NOT_FOUND);
  }

  /**
   * What {@link #expire} does, for very many keys. A lease that has them stands alone; several
   * leases that have them only together are an entry of an older release, or were given keys after
   * their leader had counted.
   */
  LongCommand longExpire(Command.LeaseExpire expire, long term) {
    if (isOfAnotherTerm(expire, term)) {
      return refused(Failure.NOT_LEADER);
    }
    Supplier<Result> result = () -> new Result.Done(kv.revision());
    var ids = expiring(expire);
    return ids.size() == 1
        ? new LargeLeaseEnd(leases, kv, new LeaseChange.Revoked(ids.getFirst(), true), result)
        : new LongRevocation(leases, kv, ids, result);
  }

  /** Those of the leases that exist and are meant: not granted anew since they were seen to end. */
  private List<Long> expiring(Command.LeaseExpire expire) {
    return expire.ids().stream()
        .filter(id -> leases.contains(id) && isMeant(id, expire.grantedBefore()))
        .toList();
  }

  private boolean isMeant(long id, long grantedBefore) {
    return grantedBefore == 0 || leases.record(id).grantIndex() < grantedBefore;
  }

  /** A leader of before saw the leases run out; its successor has given them their time again. */
  private static boolean isOfAnotherTerm(Command.LeaseExpire expire, long term) {
    return expire.term() != term;
  }

  /** A leader of before saw so much remain; its successor may have renewed the leases. */
  private static boolean isOutdated(Command.LeaseCheckpoint checkpoint, long term) {
    return checkpoint.term() != 0 && checkpoint.term() != term;
  }

  static LongCommand refused(Failure failure) {
    return (_, _, _) -> new Part(List.of(), List.of(), List.of(), Outcome.refused(failure));
  }

  /** How many keys go with the lease. */
  long attachedKeys(Command.LeaseRevoke revoke) {
    return leases.attachedCount(revoke.id());
  }

  /** How many keys go with the leases that end. */
  long attachedKeys(Command.LeaseExpire expire) {
    var keys = 0L;
    for (var id : expiring(expire)) {
      keys += leases.attachedCount(id);
    }
    return keys;
  }

  /** Whether one of the keys that go with the lease has no tombstone yet. */
  boolean hasHiddenKey(Command.LeaseRevoke revoke) {
    return hasHiddenKey(revoke.id());
  }

  /** The same for the leases that end. */
  boolean hasHiddenKey(Command.LeaseExpire expire) {
    return expiring(expire).stream().anyMatch(this::hasHiddenKey);
  }

  /**
   * Whether one of the leases has a key without a tombstone or is long work to end, or whether they
   * have too many keys for a look at each.
   *
   * @param turnKeys a lease with more keys is long work
   * @param maxKeys how many keys are looked at
   */
  boolean mayHaveToWait(List<Long> ids, int turnKeys, int maxKeys) {
    var keys = 0L;
    for (long id : ids) {
      var count = leases.attachedCount(id);
      keys += count;
      if (count > turnKeys || keys > maxKeys) {
        return true;
      }
    }
    return ids.stream().anyMatch(this::hasHiddenKey);
  }

  private boolean hasHiddenKey(long id) {
    return leases.attachedKeys(id).stream().anyMatch(kv::isHidden);
  }

  /**
   * Notes what remains of leases; those that are gone, or came anew since, are passed over.
   *
   * @param term of the entry
   */
  Outcome checkpoint(Command.LeaseCheckpoint checkpoint, long term) {
    if (isOutdated(checkpoint, term)) {
      return Outcome.refused(Failure.NOT_LEADER);
    }
    var records = new ArrayList<WriteBatch.Change>();
    var changes = new ArrayList<LeaseChange>();
    for (var lease : checkpoint.leases()) {
      if (leases.contains(lease.id()) && isMeant(lease.id(), checkpoint.grantedBefore())) {
        leases.checkpoint(lease.id(), lease.seconds());
        records.add(record(lease.id()));
        changes.add(new LeaseChange.Checkpointed(lease.id(), lease.seconds()));
      }
    }
    return new Outcome(
        new Result.Done(kv.revision()), List.of(), List.of(), records, changes, false);
  }

  /** What the end of some leases changes. */
  private final class End {
    private final List<Write> writes = new ArrayList<>();
    private final List<Event> events = new ArrayList<>();
    private final List<WriteBatch.Change> records = new ArrayList<>();
    private final List<LeaseChange> changes = new ArrayList<>();

    void add(LeaseChange.Revoked change) {
      var id = change.id();
      var applied = kv.deleteAttached(leases.takeKeys(id, Integer.MAX_VALUE));
      leases.remove(id);
      writes.addAll(applied.writes());
      events.addAll(applied.events());
      records.add(new WriteBatch.Change(Bucket.LEASE, LeaseRecord.key(id), null));
      changes.add(change);
    }

    Outcome outcome(Result result) {
      return new Outcome(result, writes, events, records, changes, false);
    }
  }
}
