package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.index.IndexView;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The slow part of one compaction; the compact revision itself moved when the command was applied.
 * In this order:
 *
 * <ol>
 *   <li>{@link #startHash}, then the {@link HashKv} is run on a thread that may read the backend,
 *       and its result is given to {@link #hashed}: the hash must see the records that go;
 *   <li>{@link #step} again and again on the store's thread, a bounded number of keys each time.
 *       The removed records are deleted from the backend together with a fresh {@link StoreMeta},
 *       once no pinned reader needs them.
 * </ol>
 *
 * <p>A job that was left over from before a restart has no hash to make: some of the records that
 * it would cover are gone.
 */
public final class CompactionJob {
  /**
   * What one slice did.
   *
   * @param removed records to delete from bucket KEY, which the index does not know any more
   * @param isFinished whether it was the job's last slice
   */
  public record Step(List<RecordId> removed, boolean isFinished) {}

  /** How many slices of the index are looked through before their records are handed out. */
  private static final int SLICES_IN_A_GROUP = 500;

  /** Handing out costs less than looking through the index. */
  private static final int RECORDS_FOR_A_KEY = 4;

  private final MvccStore store;
  private final long revision;
  private final long previousCompactRevision;
  private boolean mayRemove;
  private @Nullable Bytes from;

  /** What the index does not know any more and the backend still has. */
  private final RemovedRecords removed = new RemovedRecords();

  /** Whether the group is complete and handed out, rather than growing. */
  private boolean isHandingOut;

  /** What the hash reads; held until it is there. */
  private @Nullable IndexView hashed;

  private CompactionJob(
      MvccStore store, long revision, long previousCompactRevision, boolean mayRemove) {
    this.store = store;
    this.revision = revision;
    this.previousCompactRevision = previousCompactRevision;
    this.mayRemove = mayRemove;
  }

  static CompactionJob fresh(MvccStore store, long revision, long previousCompactRevision) {
    return new CompactionJob(store, revision, previousCompactRevision, false);
  }

  static CompactionJob resumed(MvccStore store, long revision) {
    return new CompactionJob(store, revision, revision, true);
  }

  /** The revision that history is compacted to. */
  public long revision() {
    return revision;
  }

  /** Whether {@link #startHash} and {@link #hashed} come first. */
  public boolean needsHash() {
    return !mayRemove;
  }

  /** The hash of this compaction, to be run before the first {@link #step}. */
  public HashKv startHash() {
    InvariantViolation.check(needsHash(), "a compaction is hashed before it removes anything");
    InvariantViolation.check(hashed == null, "a compaction is hashed once");
    var view = store.holdIndex();
    hashed = view;
    return new HashKv(view, revision, previousCompactRevision);
  }

  /** Takes the finished hash; later queries for this very revision are answered with it. */
  public void hashed(KvHash hash) {
    InvariantViolation.check(needsHash(), "a compaction is hashed once");
    InvariantViolation.check(hash.revision() == revision, "the hash is of this compaction");
    if (hashed != null) {
      hashed.release();
      hashed = null;
    }
    store.addCompactionHash(hash);
    mayRemove = true;
  }

  /**
   * Does one slice. Either it removes from the index what can go of about {@code maxKeys} more
   * keys, or it hands out, in the order of revisions, some of what many such slices removed. Of one
   * key the oldest record goes first, so that what a crash leaves of its history is what a lesser
   * compaction would leave. Not to be called after the last.
   */
  public Step step(int maxKeys) {
    InvariantViolation.check(mayRemove, "a compaction is hashed before it removes anything");
    if (!isHandingOut) {
      from = store.compactIndex(revision, from, maxKeys, removed);
      removed.endRun();
      isHandingOut = from == null || removed.size() >= (long) SLICES_IN_A_GROUP * maxKeys;
      if (!isHandingOut) {
        return new Step(List.of(), false);
      }
    }
    var records =
        store.handOut(
            removed.take(Math.clamp((long) RECORDS_FOR_A_KEY * maxKeys, 1, Integer.MAX_VALUE)));
    isHandingOut = from == null || removed.size() > 0;
    var isFinished = from == null && removed.size() == 0;
    if (isFinished) {
      store.finishCompaction(this);
    }
    return new Step(records, isFinished);
  }
}
