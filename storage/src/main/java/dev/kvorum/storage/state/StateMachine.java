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
  /** A command that was begun, and where in the log it stands. */
  private record Running(long index, long term, LongCommand command) {}

  private final MvccStore kv;
  private final LeaseTable leases;
  private final Leases leaseCommands;
  private final Alarms alarms;
  private final Members members;
  private final long quotaBytes;
  private String clusterVersion;
  private long appliedIndex;
  private long appliedTerm;
  private @Nullable Running running;

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
        yield leaseCommands.grant(grant, index, isFull);
      }
      case Command.LeaseRevoke revoke -> leaseCommands.revoke(revoke);
      case Command.LeaseExpire expire -> leaseCommands.expire(expire, term);
      case Command.LeaseCheckpoint checkpoint -> leaseCommands.checkpoint(checkpoint, term);
      case Command.Range _ -> throw new InvariantViolation("a range is in the log");
    };
  }

  /**
   * Whether the command is applied in slices, by {@link #begin} and {@link #step}, or by {@link
   * #beginSweep}: it looks at more keys than one turn has time for.
   */
  public boolean isLong(Command command, int turnKeys) {
    return switch (command) {
      case Command.Put _ -> false;
      case Command.DeleteRange _, Command.Txn _ -> kv.weight(command) > turnKeys;
      case Command.LeaseRevoke revoke -> leaseCommands.attachedKeys(revoke) > turnKeys;
      case Command.LeaseExpire expire -> leaseCommands.attachedKeys(expire) > turnKeys;
      default -> false;
    };
  }

  /**
   * Whether the command is applied by {@link #beginSweep}: a delete of an interval with more keys
   * than one turn has time for, whose values nobody wants to see.
   */
  public boolean isSweep(Command command, int turnKeys) {
    return command instanceof Command.DeleteRange delete
        && !delete.prevKv()
        && isLong(command, turnKeys)
        && refusal(command) == null;
  }

  /**
   * Executes the delete of the entry at that position, which follows the last one, but for its
   * records: {@link #sweep} makes them. From now on no reader finds the deleted keys, and further
   * commands are executed, except those that have to wait ({@link #mustWait}).
   *
   * @return writes and events are not in it
   */
  public Outcome beginSweep(long index, long term, Command.DeleteRange delete) {
    advance(index, term);
    return Outcome.of(kv.beginSweep(delete), List.of());
  }

  /**
   * Whether {@link #sweep} has something to do: {@link #beginSweep} has begun it, or the last
   * {@link #step} of a long command, the end of a lease.
   */
  public boolean isSweeping() {
    return kv.isSweeping();
  }

  /** How many keys the delete under way deletes, in all. */
  public long sweepingKeys() {
    return kv.sweepingKeys();
  }

  /**
   * Makes further records of the delete that was begun.
   *
   * @param maxKeys how many at most, above 0
   * @return no outcome is in it, which there was before
   */
  public Part sweep(int maxKeys) {
    var slice = kv.sweep(maxKeys);
    leaseCommands.follow(slice.events());
    return new Part(slice.writes(), slice.events(), List.of(), null);
  }

  /**
   * Whether the command must not be executed before the delete under way is written, or more of it.
   */
  public boolean mustWait(Command command) {
    return kv.isSweeping()
        && switch (command) {
          case Command.LeaseRevoke revoke -> leaseCommands.hasHiddenKey(revoke);
          case Command.LeaseExpire expire -> leaseCommands.hasHiddenKey(expire);
          default -> kv.mustWait(command);
        };
  }

  /**
   * Whether the end of one of these leases would have to wait for the delete under way, or may have
   * to: they are not looked at more closely than costs little.
   *
   * @param turnKeys the end of a lease with more keys is long work, which waits in any case
   * @param maxKeys how many keys are looked at
   */
  public boolean mayHaveToWait(List<Long> leases, int turnKeys, int maxKeys) {
    return kv.isSweeping() && leaseCommands.mayHaveToWait(leases, turnKeys, maxKeys);
  }

  /**
   * Begins the command of the entry at that position. The position moves with the last slice; until
   * then the machine shows nobody anything and accepts nothing else.
   */
  public void begin(long index, long term, Command command) {
    checkNext(index, term);
    running = new Running(index, term, longCommand(command, term));
  }

  private LongCommand longCommand(Command command, long term) {
    var refusal = refusal(command);
    if (refusal != null) {
      return Leases.refused(refusal);
    }
    return switch (command) {
      case Command.DeleteRange _, Command.Txn _ -> longWrite(command);
      case Command.LeaseRevoke revoke -> leaseCommands.longRevoke(revoke);
      case Command.LeaseExpire expire -> leaseCommands.longExpire(expire, term);
      default -> throw new IllegalArgumentException("not a command that is sliced: " + command);
    };
  }

  private LongCommand longWrite(Command command) {
    var cost = RequestCheck.cost(command);
    var isFull = cost > 0 && kv.allocatedBytes() + cost >= quotaBytes;
    var execution = kv.begin(command, leases::contains);
    return (records, maxKeys, maxBytes) -> {
      var slice = execution.step(records, maxKeys, maxBytes);
      leaseCommands.follow(slice.events());
      var result = slice.result();
      var outcome =
          result == null
              ? null
              : new Outcome(
                  result,
                  List.of(),
                  List.of(),
                  List.of(),
                  List.of(),
                  isFull && !(result instanceof Result.Failed));
      return new Part(slice.writes(), slice.events(), slice.missing(), outcome);
    };
  }

  /** Whether a command is under way that {@link #begin} began. */
  public boolean isRunning() {
    return running != null;
  }

  /**
   * Does the next slice of the command that was begun. When the last slice of a lease's end is
   * done, the lease and its keys are gone, and {@link #sweep} makes the records.
   *
   * @param records those in memory: {@link Records#find} is asked
   * @param maxKeys how many keys it looks at, or a few more; the same command gives the same
   *     records, whatever the slices
   * @param maxBytes of records that it reads, or one record more
   */
  public Part step(Records records, int maxKeys, long maxBytes) {
    var current = InvariantViolation.present(running, "a command was begun");
    var part = current.command.step(records, maxKeys, maxBytes);
    if (part.outcome() != null) {
      running = null;
      advance(current.index, current.term);
    }
    return part;
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
    checkNext(index, term);
    appliedIndex = index;
    appliedTerm = term;
  }

  private void checkNext(long index, long term) {
    checkWhole();
    InvariantViolation.check(
        index == appliedIndex + 1 && term >= appliedTerm, "the log is applied without gaps");
  }

  /** Nothing of a command is visible before all of it is. */
  private void checkWhole() {
    InvariantViolation.check(running == null, "nobody looks at a command half done");
  }

  /** All records are made of what was executed. */
  private void checkWritten() {
    checkWhole();
    InvariantViolation.check(!isSweeping(), "sums are asked for when they are complete");
  }

  /** Everything that readers may see, as of now. */
  public AppliedState state() {
    checkWhole();
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
    checkWritten();
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

  /** What the backend keeps beside the records, as of now. Not while a delete is being written. */
  public StoreMeta meta() {
    checkWritten();
    return kv.meta(appliedIndex, appliedTerm);
  }

  /** Contract S17.5: the size falls to what is in use. */
  public void defragment() {
    kv.defragment();
  }
}
