package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.index.IndexView;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The slow part of one compaction; the compact revision itself moved when the command was applied.
 * In this order:
 *
 * <ol>
 *   <li>{@link #startHash}, then the {@link HashKv} is run on a thread that may read the backend,
 *       and its result is given to {@link #hashed}: the hash must see the records that go;
 *   <li>{@link #step} again and again on the store's thread, a bounded number of keys or records
 *       each time. First the records leave the index, in the order of keys, and are collected; then
 *       they are handed out in the order of revisions, see {@link Removals} for why. They are
 *       deleted from the backend together with a fresh {@link StoreMeta}, once no pinned reader
 *       needs them. Of very many records both happens in turns.
 * </ol>
 *
 * <p>Only what was handed out counts as removed, in sizes and in {@link
 * MvccStore#isCompactionFinished}. A restart finds the rest in the backend again.
 *
 * <p>A job that was left over from before a restart has no hash to make: some of the records that
 * it would cover are gone.
 */
public final class CompactionJob {
  /**
   * What one slice did.
   *
   * @param removed records to delete from bucket KEY
   * @param isFinished whether it was the job's last slice
   */
  public record Step(List<RecordId> removed, boolean isFinished) {}

  /** Collected before the first is handed out: what 16 MiB of memory have room for. */
  static final int MOST_COLLECTED = 1 << 20;

  private final MvccStore store;
  private final long revision;
  private final long previousCompactRevision;
  private final Removals removals = new Removals();
  private boolean mayRemove;

  /** Where the index is looked at next; null before the beginning and behind the end. */
  private @Nullable Bytes from;

  /** The index is done with. */
  private boolean isWalked;

  /** Records are handed out until none is left. */
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
   * Takes what can go out of the index from about {@code maxKeys} more keys, or hands out up to so
   * many removed records, or both. Not to be called after the last.
   */
  public Step step(int maxKeys) {
    InvariantViolation.check(mayRemove, "a compaction is hashed before it removes anything");
    if (!isHandingOut) {
      walk(maxKeys);
    }
    var removed = new ArrayList<RecordId>();
    if (isHandingOut) {
      store.takeRemoved(removals, maxKeys, removed);
      isHandingOut = removals.count() > 0;
    }
    var isFinished = isWalked && !isHandingOut;
    if (isFinished) {
      store.finishCompaction(this);
    }
    return new Step(removed, isFinished);
  }

  private void walk(int maxKeys) {
    from = store.compactIndex(revision, from, maxKeys, removals);
    isWalked = from == null;
    isHandingOut = isWalked || removals.count() >= MOST_COLLECTED;
  }
}
