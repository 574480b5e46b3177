package dev.kvorum.simulator.oracle;

import dev.kvorum.simulator.world.WrongException;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Command.TxnOp;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.KeyValue;
import dev.kvorum.storage.model.KeyValueCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The store's contract (S1 to S7) written down naively: for every key the list of all its changes,
 * and nothing is ever forgotten, so that every past state can be read. It shares no code with the
 * store that it judges, and has no index, no memory limits and no jobs in the background.
 */
final class NaiveModel {
  private final NavigableMap<Bytes, List<Version>> keys = new TreeMap<>();

  /** All changes in the order in which they were made. */
  private final List<Version> changesInOrder = new ArrayList<>();

  private final Set<Long> membersWithoutSpace = new TreeSet<>();

  /** Where in the log each lease was granted that lives. */
  private final TreeMap<Long, Long> leases = new TreeMap<>();

  private final Set<Long> corruptMembers = new TreeSet<>();
  private long revision = 1;
  private long compactRevision = -1;

  /** At which revisions the store was ever compacted; never iterated. */
  private final Set<Long> compactRevisions = new TreeSet<>();

  /** How many changes the command under way has made. */
  private long changes;

  long revision() {
    return revision;
  }

  long compactRevision() {
    return compactRevision;
  }

  Moment now() {
    return new Moment(revision, compactRevision);
  }

  // Reading.

  /** The last change of a key at or before a main revision; null if it does not live then. */
  @Nullable Version find(Bytes key, long at) {
    var versions = keys.get(key);
    return versions == null ? null : newest(versions, at);
  }

  private static @Nullable Version newest(List<Version> versions, long at) {
    for (var i = versions.size() - 1; i >= 0; i--) {
      var version = versions.get(i);
      if (version.main() <= at) {
        return version.kv() == null ? null : version;
      }
    }
    return null;
  }

  /** What lives in the interval at a main revision, in key order. */
  List<Version> live(Bytes key, Bytes rangeEnd, long at) {
    var found = new ArrayList<Version>();
    if (rangeEnd.isEmpty()) {
      var version = find(key, at);
      if (version != null) {
        found.add(version);
      }
      return found;
    }
    var interval = KeyRange.of(key, rangeEnd);
    if (interval.isEmpty()) {
      return found;
    }
    var inside =
        interval.to() == null
            ? keys.tailMap(interval.from(), true)
            : keys.subMap(interval.from(), true, interval.to(), false);
    for (var versions : inside.values()) {
      var version = newest(versions, at);
      if (version != null) {
        found.add(version);
      }
    }
    return found;
  }

  /** Every change of every key, by key. */
  void forEach(Consumer<Version> action) {
    keys.values().forEach(versions -> versions.forEach(action));
  }

  /** How many changes there were so far. */
  int changeCount() {
    return changesInOrder.size();
  }

  /** The change at that place, counted from 0. */
  Version change(int place) {
    return changesInOrder.get(place);
  }

  /**
   * Whether a compaction at the very revision of the change may have taken it: the key changed once
   * more in that revision, and only its newest record is kept (contract S7.2).
   */
  boolean isOvertakenInCompactRevision(int place) {
    var change = change(place);
    if (!compactRevisions.contains(change.main())) {
      return false;
    }
    for (var later = place + 1;
        later < changeCount() && change(later).main() == change.main();
        later++) {
      if (change(later).key().equals(change.key())) {
        return true;
      }
    }
    return false;
  }

  /** The place of the first change of that revision or a later one. */
  int firstChangeFrom(long main) {
    var low = 0;
    var high = changesInOrder.size();
    while (low < high) {
      var middle = (low + high) >>> 1;
      if (changesInOrder.get(middle).main() < main) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** A range by a reader who sees that moment (contract S2.2). */
  Expected range(Command.Range range, Moment moment) {
    if (range.revision() > moment.revision()) {
      return new Expected.Failed(Failure.FUTURE_REVISION);
    }
    if (range.revision() > 0 && range.revision() < moment.compactRevision()) {
      return new Expected.Failed(Failure.COMPACTED);
    }
    return NaiveRange.select(this, range, moment.revision());
  }

  /** A transaction of ranges by a reader who sees that moment (contract S6.7). */
  Expected readOnlyTxn(Command.Txn txn, Moment moment) {
    var failure = refusal(txn, moment);
    if (failure != null) {
      return new Expected.Failed(failure);
    }
    var succeeded = holds(txn, moment.revision());
    var responses = new ArrayList<Expected>();
    for (var op : succeeded ? txn.success() : txn.failure()) {
      responses.add(NaiveRange.select(this, (Command.Range) op, moment.revision()));
    }
    return new Expected.Txn(moment.revision(), succeeded, responses);
  }

  // Writing.

  /** Executes the next command of the log, where the index and the term of it do not matter. */
  Expected write(Command command) {
    return write(command, 0, 0);
  }

  /**
   * Executes the next command of the log.
   *
   * @param index of its entry
   * @param term of its entry
   */
  Expected write(Command command, long index, long term) {
    changes = 0;
    var refusal = alarmRefusal(command);
    if (refusal != null) {
      return new Expected.Failed(refusal);
    }
    var expected =
        switch (command) {
          case Command.Put put -> {
            var failure = refusal(put);
            yield failure == null ? put(put) : new Expected.Failed(failure);
          }
          case Command.DeleteRange delete -> deleteRange(delete);
          case Command.Txn txn -> {
            var failure = refusal(txn, now());
            yield failure == null ? txn(txn) : new Expected.Failed(failure);
          }
          case Command.Compact compact -> compact(compact);
          case Command.Alarm alarm -> alarm(alarm);
          case Command.LeaseGrant grant -> grant(grant, index);
          case Command.LeaseRevoke revoke -> revoke(revoke);
          case Command.LeaseExpire expire -> expire(expire, term);
          case Command.PublishMember _, Command.SetClusterVersion _, Command.LeaseCheckpoint _ ->
              new Expected.Unseen();
          case Command.Range _ -> throw new WrongException("a range is in the log", "" + command);
        };
    revision = present();
    return expected;
  }

  /** The revision as the command under way sees it: one more once it has changed something. */
  private long present() {
    return changes == 0 ? revision : revision + 1;
  }

  private @Nullable Failure refusal(Command.Put put) {
    if (put.lease() != 0 && !leases.containsKey(put.lease())) {
      return Failure.LEASE_NOT_FOUND;
    }
    return (put.ignoreValue() || put.ignoreLease()) && find(put.key(), revision) == null
        ? Failure.KEY_NOT_FOUND
        : null;
  }

  private Expected.Put put(Command.Put put) {
    var main = revision + 1;
    var previous = find(put.key(), main);
    var old = previous == null ? null : previous.live();
    var oldValue = old == null ? Bytes.EMPTY : old.value();
    var oldLease = old == null ? 0 : old.lease();
    var kv =
        new KeyValue(
            put.key(),
            old == null ? main : old.createRevision(),
            main,
            old == null ? 1 : old.version() + 1,
            put.ignoreValue() ? oldValue : put.value(),
            put.ignoreLease() ? oldLease : put.lease());
    add(Version.put(main, changes, kv));
    return new Expected.Put(main, put.prevKv() && old != null ? KeyValueCodec.encode(old) : null);
  }

  private Expected.DeleteRange deleteRange(Command.DeleteRange delete) {
    var main = revision + 1;
    var doomed = live(delete.key(), delete.rangeEnd(), main);
    for (var version : doomed) {
      add(Version.delete(main, changes, version.key()));
    }
    var prevKvs =
        delete.prevKv() ? doomed.stream().map(Version::record).toList() : List.<Bytes>of();
    return new Expected.DeleteRange(present(), doomed.size(), prevKvs);
  }

  private void add(Version version) {
    keys.computeIfAbsent(version.key(), _ -> new ArrayList<>()).add(version);
    changesInOrder.add(version);
    changes++;
  }

  // Leases (S10): a key hangs on the lease that its last put names.

  /** Whether the lease was granted and is not revoked. */
  boolean isLive(long lease) {
    return leases.containsKey(lease);
  }

  private Expected grant(Command.LeaseGrant grant, long index) {
    if (leases.putIfAbsent(grant.id(), index) != null) {
      return new Expected.Failed(Failure.LEASE_EXISTS);
    }
    return new Expected.LeaseGrant(revision, grant.id(), grant.ttlSeconds());
  }

  private Expected revoke(Command.LeaseRevoke revoke) {
    if (!leases.containsKey(revoke.id())) {
      return new Expected.Failed(Failure.LEASE_NOT_FOUND);
    }
    end(revoke.id());
    revision = present();
    changes = 0;
    return new Expected.LeaseRevoke(revision);
  }

  /** Each lease that ends has a revision of its own (S10.3), if it has keys. */
  private Expected expire(Command.LeaseExpire expire, long term) {
    if (expire.term() != term) {
      return new Expected.Failed(Failure.NOT_LEADER);
    }
    for (var id : expire.ids()) {
      var grantIndex = leases.get(id);
      // One that was granted since the leader looked is not what the leader saw run out.
      if (grantIndex != null && grantIndex < expire.grantedBefore()) {
        end(id);
        revision = present();
        changes = 0;
      }
    }
    return new Expected.Unseen();
  }

  private void end(long lease) {
    leases.remove(lease);
    for (var key : attached(lease)) {
      add(Version.delete(revision + 1, changes, key));
    }
  }

  private List<Bytes> attached(long lease) {
    var attached = new ArrayList<Bytes>();
    keys.forEach(
        (key, versions) -> {
          var last = versions.getLast();
          if (last.kv() != null && last.kv().lease() == lease) {
            attached.add(key);
          }
        });
    return attached;
  }

  private Expected compact(Command.Compact compact) {
    if (compact.revision() <= compactRevision) {
      return new Expected.Failed(Failure.COMPACTED);
    }
    if (compact.revision() > revision) {
      return new Expected.Failed(Failure.FUTURE_REVISION);
    }
    compactRevision = compact.revision();
    compactRevisions.add(compactRevision);
    return new Expected.Compact(revision);
  }

  // Transactions. What decides the path is the state before the transaction, at every level (S6.3).

  private Expected txn(Command.Txn txn) {
    var done = execute(txn);
    return new Expected.Txn(present(), done.succeeded(), done.responses());
  }

  private Expected.Txn execute(Command.Txn txn) {
    var succeeded = holds(txn, revision);
    var responses = new ArrayList<Expected>();
    for (var op : succeeded ? txn.success() : txn.failure()) {
      responses.add(
          switch (op) {
            case Command.Range range -> NaiveRange.select(this, range, present());
            case Command.Put put -> put(put);
            case Command.DeleteRange delete -> deleteRange(delete);
            case Command.Txn nested -> execute(nested);
            case Command.MissingOp _ ->
                throw new WrongException("an operation without content is in the log", "" + txn);
          });
    }
    return new Expected.Txn(0, succeeded, responses);
  }

  private @Nullable Failure refusal(Command.Txn txn, Moment moment) {
    for (var op : holds(txn, moment.revision()) ? txn.success() : txn.failure()) {
      var failure = refusal(op, moment);
      if (failure != null) {
        return failure;
      }
    }
    return null;
  }

  private @Nullable Failure refusal(TxnOp op, Moment moment) {
    return switch (op) {
      case Command.Put put -> refusal(put);
      case Command.Txn nested -> refusal(nested, moment);
      case Command.Range range when range.revision() > moment.revision() -> Failure.FUTURE_REVISION;
      // Here a negative revision is compared as well (S6.3).
      case Command.Range range when range.revision() != 0 ->
          range.revision() < moment.compactRevision() ? Failure.COMPACTED : null;
      case Command.Range _, Command.DeleteRange _, Command.MissingOp _ -> null;
    };
  }

  private boolean holds(Command.Txn txn, long at) {
    for (var compare : txn.compares()) {
      if (!NaiveCompare.holds(compare, live(compare.key(), compare.rangeEnd(), at))) {
        return false;
      }
    }
    return true;
  }

  // Alarms (S17.3, S17.4).

  private @Nullable Failure alarmRefusal(Command command) {
    return switch (command) {
      case Command.Put _, Command.DeleteRange _, Command.Txn _, Command.Compact _ -> {
        if (!corruptMembers.isEmpty()) {
          yield Failure.CORRUPT;
        }
        yield !membersWithoutSpace.isEmpty() && takesSpace(command) ? Failure.NO_SPACE : null;
      }
      case Command.Range _,
          Command.Alarm _,
          Command.PublishMember _,
          Command.SetClusterVersion _,
          Command.LeaseGrant _,
          Command.LeaseRevoke _,
          Command.LeaseExpire _,
          Command.LeaseCheckpoint _ ->
          null;
    };
  }

  private static boolean takesSpace(Command command) {
    return command instanceof Command.Put
        || (command instanceof Command.Txn txn && (hasPut(txn.success()) || hasPut(txn.failure())));
  }

  private static boolean hasPut(List<TxnOp> ops) {
    return ops.stream().anyMatch(op -> op instanceof Command command && takesSpace(command));
  }

  private Expected alarm(Command.Alarm alarm) {
    var members = alarm.alarm() == Command.Alarm.CORRUPT ? corruptMembers : membersWithoutSpace;
    if (alarm.alarm() != Command.Alarm.NONE) {
      if (alarm.action() == Command.Alarm.ACTIVATE) {
        members.add(alarm.memberId());
      } else if (alarm.action() == Command.Alarm.DEACTIVATE) {
        members.remove(alarm.memberId());
      }
    }
    return new Expected.Unseen();
  }
}
