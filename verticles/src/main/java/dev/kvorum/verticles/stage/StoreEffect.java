package dev.kvorum.verticles.stage;

import dev.kvorum.storage.checkpoint.Attachments;
import dev.kvorum.storage.lease.LeaseChange;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.HashKv;
import dev.kvorum.storage.mvcc.StoreMeta;
import dev.kvorum.storage.state.AppliedState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the store stage wants done. The effects of one step are performed in their order, because
 * the order is the rule: readers see a batch before its answers leave.
 */
public sealed interface StoreEffect {
  /** Lets every reader see this state from now on. */
  record Publish(AppliedState state) implements StoreEffect {}

  /** Counts what a batch did, for the metrics. */
  record Count(long puts, long deletes, long txns, long putBytes) implements StoreEffect {}

  /** Queues changes for the backend. */
  record Write(Flush flush) implements StoreEffect {}

  /** Tells who keeps the leases' time what happened to them. */
  record LeasesChanged(List<LeaseChange> changes) implements StoreEffect {}

  /** Tells watchers what the batch changed, in the order of revisions. */
  record Happened(List<Event> events) implements StoreEffect {}

  /** The same of a revision with very many changes, which watchers have to read. */
  record TooMuchHappened(long revision) implements StoreEffect {}

  /** Sends results to the front ends of this member. */
  record Reply(List<Answer> answers) implements StoreEffect {}

  /**
   * Tells the front end of this member that the request is applied and its answer follows when the
   * work behind it is done, however long that takes (contract S7.3).
   */
  record InProgress(long requestId) implements StoreEffect {}

  /** Reads records from the backend; {@link StoreStage#fetched} gets them. */
  record Fetch(List<Revision> revisions) implements StoreEffect {}

  /** Tells Raft how far the log is applied. */
  record AppliedTo(long index) implements StoreEffect {}

  /** The reads of that front end's round may run. */
  record ReadsReady(int loop, long round) implements StoreEffect {}

  /** Answers {@link StoreStage#findKeys}: the keys of each lease, or how many there are. */
  record FoundKeys(long ask, List<List<Bytes>> keys, List<Integer> counts) implements StoreEffect {}

  /**
   * Answers {@link StoreStage#beginCheckpoint}.
   *
   * @param meta the store at this moment; null while a compaction is under way
   */
  record CheckpointBegun(@Nullable StoreMeta meta) implements StoreEffect {}

  /** Answers {@link StoreStage#copyAttachments}. */
  record AttachmentsCopied(Attachments.Slice slice) implements StoreEffect {}

  /** What {@link StoreStage#defragment} asked for is done. */
  record Defragmented() implements StoreEffect {}

  /** There is more to do: call {@link StoreStage#proceed} in a later turn. */
  record Continue() implements StoreEffect {}

  /**
   * Records of a delete that has taken effect are still to be made: call {@link StoreStage#sweep}
   * after a rest.
   *
   * @param isWaitedFor whether somebody waits for it, so that there is no time for a rest
   */
  record SweepLater(boolean isWaitedFor) implements StoreEffect {}

  /** This member's quota is used up: propose its alarm (contract S17.3). */
  record RaiseNoSpace() implements StoreEffect {}

  /**
   * Hashes history before a compaction removes it (contract S18.3); {@link StoreStage#hashed} gets
   * the hash.
   *
   * @param appliedIndex what the backend must show before the first step
   */
  record HashHistory(HashKv hash, long appliedIndex) implements StoreEffect {}

  /**
   * The next slice of a compaction is due after a rest: call {@link StoreStage#compactSlice}.
   *
   * @param removed how many records the slice before it gave to the backend to remove
   * @param isHeldUp whether somebody else has to come to an end first
   */
  record CompactLater(int removed, boolean isHeldUp) implements StoreEffect {}

  /**
   * A compaction has removed everything it had to.
   *
   * @param hash of the history that it covered, 0 when it was resumed after a restart
   */
  record CompactionFinished(long revision, int hash) implements StoreEffect {}
}
