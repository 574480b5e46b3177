package dev.kvorum.storage.state;

import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.lease.LeaseTable;
import dev.kvorum.storage.membership.Alarms;
import dev.kvorum.storage.membership.MemberCodec;
import dev.kvorum.storage.membership.Members;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.model.StateHash;
import dev.kvorum.storage.mvcc.MvccStore;
import dev.kvorum.storage.mvcc.Need;
import dev.kvorum.storage.mvcc.Records;
import dev.kvorum.storage.mvcc.RequestCheck;
import dev.kvorum.storage.mvcc.StoreMeta;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Executes commands in log order. The same commands in the same order give the same keys, revisions
 * and alarms on every member; only the answer about this member's own quota is local.
 */
public final class StateMachine {
  private final MvccStore kv;
  private final LeaseTable leases;
  private final Leases leaseCommands;
  private final Alarms alarms;
  private final Members members;
  private final long quotaBytes;
  private String clusterVersion;
  private long appliedIndex;
  private long appliedTerm;

  /**
   * @param quotaBytes this member's quota, {@link Long#MAX_VALUE} for none
   * @param loaded where the machine goes on
   */
  public StateMachine(LoadedState loaded, long quotaBytes) {
    kv = loaded.kv();
    leases = loaded.leases();
    leaseCommands = new Leases(leases, kv);
    alarms = loaded.alarms();
    members = loaded.members();
    clusterVersion = loaded.clusterVersion();
    appliedIndex = loaded.meta().appliedIndex();
    appliedTerm = loaded.meta().appliedTerm();
    this.quotaBytes = quotaBytes;
  }

  public long appliedIndex() {
    return appliedIndex;
  }

  public MvccStore kv() {
    return kv;
  }

  /** The leases and what hangs on them; to be read between two commands only. */
  public LeaseTable leases() {
    return leases;
  }

  /** The records that {@link #apply} may ask for, a superset of those that it will. */
  public List<Need> needs(Command command) {
    return switch (command) {
      case Command.Put _, Command.DeleteRange _, Command.Txn _ -> kv.needs(command);
      case Command.Compact _,
          Command.Alarm _,
          Command.PublishMember _,
          Command.SetClusterVersion _,
          Command.LeaseGrant _,
          Command.LeaseRevoke _,
          Command.LeaseExpire _,
          Command.LeaseCheckpoint _ ->
          List.of();
      case Command.Range _ -> throw new InvariantViolation("a range is in the log");
    };
  }

  /** An entry that carries no command: the position moves on. */
  public void skip(long index, long term) {
    advance(index, term);
  }

  /** Executes the command of the entry at that position, which follows the last one. */
  public Outcome apply(long index, long term, Command command, Records records) {
    advance(index, term);
    var refusal = refusal(command);
    if (refusal != null) {
      return Outcome.refused(refusal);
    }
    return switch (command) {
      case Command.Put _, Command.DeleteRange _, Command.Txn _ -> {
        var cost = RequestCheck.cost(command);
        var isFull = cost > 0 && kv.allocatedBytes() + cost >= quotaBytes;
        var applied = kv.apply(command, records, leases::contains);
        leaseCommands.follow(applied.events());
        // A command that is refused for a reason of its own keeps that reason.
        yield Outcome.of(applied, isFull && !(applied.result() instanceof Result.Failed));
      }
      case Command.Compact _ -> Outcome.of(kv.apply(command, records, _ -> false), false);
      case Command.Alarm alarm -> apply(alarm);
      case Command.PublishMember publish -> apply(publish);
      case Command.SetClusterVersion set -> {
        clusterVersion = set.version();
        yield Outcome.of(
            new Result.Done(kv.revision()),
            List.of(
                new WriteBatch.Change(
                    Bucket.CLUSTER, LoadedState.VERSION_KEY, Bytes.utf8(clusterVersion))));
      }
      case Command.LeaseGrant grant -> {
        var isFull = kv.allocatedBytes() + RequestCheck.cost(command) >= quotaBytes;
        yield leaseCommands.grant(grant, isFull);
      }
      case Command.LeaseRevoke revoke -> leaseCommands.revoke(revoke);
      case Command.LeaseExpire expire -> leaseCommands.expire(expire, term);
      case Command.LeaseCheckpoint checkpoint -> leaseCommands.checkpoint(checkpoint);
      case Command.Range _ -> throw new InvariantViolation("a range is in the log");
    };
  }

  /** What an active alarm forbids, on every member (contract S17.3, S17.4). */
  private @Nullable Failure refusal(Command command) {
    var keyspace =
        switch (command) {
          case Command.Put _,
              Command.DeleteRange _,
              Command.Txn _,
              Command.Compact _,
              Command.LeaseGrant _,
              Command.LeaseRevoke _,
              Command.LeaseExpire _ ->
              true;
          case Command.Range _,
              Command.Alarm _,
              Command.PublishMember _,
              Command.SetClusterVersion _,
              Command.LeaseCheckpoint _ ->
              false;
        };
    if (keyspace && alarms.isActive(Command.Alarm.CORRUPT)) {
      return Failure.CORRUPT;
    }
    return keyspace && alarms.isActive(Command.Alarm.NOSPACE) && RequestCheck.cost(command) > 0
        ? Failure.NO_SPACE
        : null;
  }

  private Outcome apply(Command.Alarm command) {
    var change = alarms.apply(command);
    var result = new Result.Alarm(kv.revision(), change.answer());
    return switch (change) {
      case Alarms.Change.None _ -> Outcome.of(result, List.of());
      case Alarms.Change.Raised raised ->
          Outcome.of(
              result,
              List.of(
                  new WriteBatch.Change(Bucket.ALARM, Alarms.key(raised.alarm()), Bytes.EMPTY)));
      case Alarms.Change.Cleared cleared ->
          Outcome.of(
              result,
              List.of(new WriteBatch.Change(Bucket.ALARM, Alarms.key(cleared.alarm()), null)));
    };
  }

  private Outcome apply(Command.PublishMember publish) {
    var published = members.publish(publish.memberId(), publish.name(), publish.clientUrls());
    return published
        .map(
            member ->
                Outcome.of(
                    new Result.Done(kv.revision()),
                    List.of(
                        new WriteBatch.Change(
                            Bucket.MEMBERS, MemberCodec.key(member), MemberCodec.encode(member)))))
        .orElseGet(() -> Outcome.refused(Failure.MEMBER_NOT_FOUND));
  }

  private void advance(long index, long term) {
    InvariantViolation.check(
        index == appliedIndex + 1 && term >= appliedTerm, "the log is applied without gaps");
    appliedIndex = index;
    appliedTerm = term;
  }

  /** Everything that readers may see, as of now. */
  public AppliedState state() {
    return new AppliedState(
        appliedIndex,
        kv.view(),
        kv.allocatedBytes(),
        kv.inUseBytes(),
        alarms.list(Command.Alarm.NONE),
        members.list(),
        clusterVersion);
  }

  /**
   * What this machine holds, for comparing members that stand at the same index (P14): all that was
   * ever written, where history was compacted, alarms, members and cluster version. Cheap, but not
   * free: made for every {@link StateHash#INTERVAL}th index, not for each.
   */
  public StateHash stateHash() {
    var high = kv.stateHashHigh();
    var low = kv.stateHashLow() + kv.compactRevision();
    for (var alarm : alarms.list(Command.Alarm.NONE)) {
      low = fold(low, Alarms.key(alarm));
    }
    for (var member : members.list()) {
      low = fold(low, MemberCodec.encode(member));
    }
    return new StateHash(appliedIndex, high, fold(low, Bytes.utf8(clusterVersion)));
  }

  private static long fold(long hash, Bytes bytes) {
    var folded = hash + bytes.size();
    for (var i = 0; i < bytes.size(); i++) {
      folded = 31 * folded + bytes.at(i);
    }
    return folded;
  }

  /** What the backend keeps beside the records, as of now. */
  public StoreMeta meta() {
    return kv.meta(appliedIndex, appliedTerm);
  }

  /** Contract S17.5: the size falls to what is in use. */
  public void defragment() {
    kv.defragment();
  }
}
