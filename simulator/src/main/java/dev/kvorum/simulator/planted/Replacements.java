package dev.kvorum.simulator.planted;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.raft.core.Message;
import dev.kvorum.raft.core.RaftConfig;
import dev.kvorum.raft.core.RaftCore;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.disk.DiskFault;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskResult;
import dev.kvorum.storage.journal.snapshot.SnapshotHeader;
import dev.kvorum.storage.journal.snapshot.Snapshots;
import dev.kvorum.storage.journal.vote.Claim;
import dev.kvorum.storage.lease.LeaseClock;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.StoreMeta;
import dev.kvorum.storage.mvcc.StoreView;
import dev.kvorum.verticles.coordination.Entry;
import dev.kvorum.verticles.coordination.Reply;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What planted classes call instead of what they should, where leaving something out is not enough.
 * Called by rewritten class files only, which is why no caller can be found. Each method takes what
 * the original call takes; types that only the server's packages know are objects here.
 */
public final class Replacements {
  private Replacements() {}

  // Raft.

  public static int compareByIndex(EntryId one, EntryId other) {
    return Long.compare(one.index(), other.index());
  }

  /** A second grant of the same voter is booked for somebody who has not answered. */
  @SuppressWarnings("NonApiType") // stands in for a method of this very class
  public static @Nullable Object countAgain(
      TreeMap<Long, Boolean> votes, Object voter, Object granted) {
    var before = votes.putIfAbsent((Long) voter, (Boolean) granted);
    if (before != null && (Boolean) granted) {
      var other = 1L;
      while (votes.containsKey(other)) {
        other++;
      }
      votes.put(other, true);
    }
    return before;
  }

  public static boolean votesNeverAge(Message message) {
    return message instanceof Message.VoteResponse
        || message instanceof Message.ForwardedProposal
        || message instanceof Message.TransferRequest;
  }

  public static List<Long> withLearners(Membership membership) {
    var all = new ArrayList<>(membership.voters());
    all.addAll(membership.learners());
    return all;
  }

  /** Every message begins the wait for a leader anew, and is then judged as it should be. */
  public static boolean restartPatience(Object election, Message message) {
    call(election, "restartPatience");
    return Boolean.TRUE.equals(call(election, "ignores", Message.class, message));
  }

  // Members.

  /** Who was a voter before and is nothing now stays one, if it is this member itself. */
  public static Membership withItself(Membership membership, Object peers) {
    var self = ((RaftConfig) field(peers, "config")).memberId();
    return withVoters(membership, List.of(self), (Membership) field(peers, "membership"));
  }

  /** The same for everybody. */
  public static Membership withRemovedVoters(Membership membership, Object peers) {
    var before = (Membership) field(peers, "membership");
    return withVoters(membership, before.voters(), before);
  }

  private static Membership withVoters(
      Membership membership, List<Long> candidates, Membership before) {
    var voters = new ArrayList<>(membership.voters());
    for (var candidate : candidates) {
      if (before.isVoter(candidate)
          && !membership.isVoter(candidate)
          && !membership.isLearner(candidate)) {
        voters.add(candidate);
      }
    }
    return new Membership(
        voters,
        membership.votersOutgoing(),
        membership.learners(),
        membership.learnersNext(),
        membership.autoLeave());
  }

  // Storage.

  /** All snapshots go, then a new one is begun. */
  public static Object withoutTheOld(Snapshots snapshots, SnapshotHeader header)
      throws DiskFaultException {
    snapshots.deleteBelow(header.position());
    return snapshots.begin(header);
  }

  /** Where this member alone decides, everything counts that was ever handed to the journal. */
  public static void allIfAlone(Object queue, long ticket, Object stage) {
    var core = (RaftCore) field(stage, "core");
    var alone = core.membership().isLoneVoter((Long) field(stage, "memberId"));
    call(queue, "durable", long.class, alone ? Long.MAX_VALUE : ticket);
  }

  public static List<Object> onlyFirst(Object first, Object second) {
    return List.of(first);
  }

  public static List<Object> withoutFirst(Object first, Object second, Object third) {
    return List.of(second, third);
  }

  public static Object noClaim(Object holder) {
    return new Claim.Sound();
  }

  /** A failed sync is tried again, and the second one has nothing to do. */
  public static DiskResult syncedAtSecondTry(DiskResult result) {
    return failedBy(result, DiskFault.Kind.SYNC) ? new DiskResult.Done() : result;
  }

  public static DiskResult writtenAnyway(DiskResult result) {
    return failedBy(result, DiskFault.Kind.WRITE) ? new DiskResult.Done() : result;
  }

  public static DiskResult spaceEnough(DiskResult result) {
    return failedBy(result, DiskFault.Kind.NO_SPACE) ? new DiskResult.Done() : result;
  }

  private static boolean failedBy(DiskResult result, DiskFault.Kind kind) {
    return result instanceof DiskResult.Failed(_, var fault) && fault.kind() == kind;
  }

  /** The last twelve bytes of what a sector's checksum covers: its trailer. */
  public static ByteBuffer trailerOnly(ByteBuffer buffer, int at, int length) {
    return buffer.slice(at + length - 12, 12);
  }

  public static Bytes oneIndexLess(StoreMeta meta) {
    return withIndex(meta, meta.appliedIndex() - 1).encode();
  }

  public static Bytes oneIndexMore(StoreMeta meta) {
    return withIndex(meta, meta.appliedIndex() + 1).encode();
  }

  private static StoreMeta withIndex(StoreMeta meta, long index) {
    return new StoreMeta(
        index,
        meta.appliedTerm(),
        meta.revision(),
        meta.compactRevision(),
        meta.finishedCompactRevision(),
        meta.allocatedBytes(),
        meta.inUseBytes(),
        meta.stateHashHigh(),
        meta.stateHashLow());
  }

  // The key-value store.

  public static Revision oneRevisionEach(Object txn) {
    var made =
        (Integer) InvariantViolation.present(call(txn, "made"), "a command counts its writes");
    return new Revision(number(txn, "before") + 1 + made, 0);
  }

  public static long revisionBefore(Object txn) {
    return number(txn, "before");
  }

  public static long compactedIfAny(long revision, long compacted) {
    return compacted > 0 ? compacted : revision;
  }

  public static long oneLessAtMost(long one, long other) {
    return Math.min(one - 1, other);
  }

  private static @Nullable Object call(Object receiver, String name) {
    return call(receiver, name, new Class<?>[0]);
  }

  private static @Nullable Object call(
      Object receiver, String name, Class<?> type, Object argument) {
    return call(receiver, name, new Class<?>[] {type}, argument);
  }

  private static @Nullable Object call(
      Object receiver, String name, Class<?>[] types, Object... arguments) {
    try {
      var method = receiver.getClass().getDeclaredMethod(name, types);
      method.setAccessible(true);
      return method.invoke(receiver, arguments);
    } catch (InvocationTargetException thrown) {
      throw thrown.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(thrown);
    } catch (ReflectiveOperationException e) {
      throw new PlantException(receiver.getClass() + " has no " + name);
    }
  }

  // Watches and leases.

  public static long compactRevisionAndOne(StoreView view) {
    return view.compactRevision() + 1;
  }

  /** The wall clock of a member, which is set right every few seconds. */
  public static long wallClock(Object shell) {
    var elapsed = (Long) InvariantViolation.present(call(shell, "localNow"), "a clock shows");
    return elapsed + elapsed / 5_000_000_000L * 3_600_000_000_000L;
  }

  public static void grantedAnyway(Object attempt, Entry entry) {
    call(attempt, "end", Reply.class, new Reply.Done<>(entry));
  }

  public static long renewAnyway(LeaseClock clock, long id, long nowNanos) {
    var ttlSeconds = clock.renew(id, nowNanos);
    return ttlSeconds == LeaseClock.EXPIRED ? clock.ttlSeconds(id) : ttlSeconds;
  }

  private static long number(Object holder, String name) {
    return (Long) field(holder, name);
  }

  private static Object field(Object holder, String name) {
    try {
      Field field = holder.getClass().getDeclaredField(name);
      field.setAccessible(true);
      return field.get(holder);
    } catch (ReflectiveOperationException e) {
      throw new PlantException(holder.getClass() + " has no " + name);
    }
  }
}
