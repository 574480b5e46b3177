package dev.kvorum.simulator.planted;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.raft.core.Message;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.disk.DiskFault;
import dev.kvorum.storage.journal.disk.DiskResult;
import dev.kvorum.storage.journal.vote.Claim;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.StoreMeta;
import java.lang.reflect.Field;
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

  // Storage.

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
    return new Revision(number(txn, "before") + 1 + ((List<?>) field(txn, "writes")).size(), 0);
  }

  public static long revisionBefore(Object txn) {
    return number(txn, "before");
  }

  public static long oneLessAtMost(long one, long other) {
    return Math.min(one - 1, other);
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
