package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.index.IndexUsage;
import dev.kvorum.storage.index.IndexView;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.Result;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The store after some batch of commands, for reading: immutable, without locks, on any thread.
 *
 * <p>A read is planned on the view and finished with the records that the plan needs. Between the
 * two the records must stay readable: whoever holds a view pins its revision, and the physical part
 * of a later compaction waits for the pin.
 */
public final class StoreView {
  private final IndexView index;
  private final IndexUsage indexUsage;
  private final long revision;
  private final long compactRevision;
  private final long records;
  private final CompactionHashes compactionHashes;

  StoreView(
      IndexView index,
      IndexUsage indexUsage,
      long revision,
      long compactRevision,
      long records,
      CompactionHashes compactionHashes) {
    this.index = index;
    this.indexUsage = indexUsage;
    this.revision = revision;
    this.compactRevision = compactRevision;
    this.records = records;
    this.compactionHashes = compactionHashes;
  }

  /**
   * Claims the view: whoever reads the index through it holds it from before the first look until
   * after the last, {@link ReadPlan#finish} included. What the view says without the index, such as
   * {@link #revision}, may be asked at any time.
   *
   * @return false when the view is superseded and was given up; the newest one can be held
   */
  public boolean tryHold() {
    return index.tryHold();
  }

  /** Gives a claim back; any thread may call. */
  public void release() {
    index.release();
  }

  /** The main revision of the newest change in this view, 1 for an empty store. */
  public long revision() {
    return revision;
  }

  /** The last accepted compaction, -1 before the first. */
  public long compactRevision() {
    return compactRevision;
  }

  /**
   * How many records this process has written or, at its start, read one by one; what an index that
   * was kept spared it is not among them.
   */
  public long records() {
    return records;
  }

  /** The index as of this view. */
  public IndexView index() {
    return index;
  }

  /** What the index took when the view was made. */
  public IndexUsage indexUsage() {
    return indexUsage;
  }

  /**
   * Why a read at the revision is refused, or null when it is possible (contract S2.2, S18.1). Zero
   * and negative revisions mean the present one.
   */
  public @Nullable Failure refusal(long requestedRevision) {
    if (requestedRevision > revision) {
      return Failure.FUTURE_REVISION;
    }
    return requestedRevision > 0 && requestedRevision < compactRevision ? Failure.COMPACTED : null;
  }

  /** The revision to read at: the requested one, or the present one for zero and below. */
  public long resolve(long requestedRevision) {
    return requestedRevision > 0 ? requestedRevision : revision;
  }

  /** A range (contract S2) that passed {@link RequestCheck}. */
  public ReadPlan plan(Command.Range range) {
    var refusal = refusal(range.revision());
    if (refusal != null) {
      return ReadPlan.failed(refusal);
    }
    var selection = RangeSelection.select(index, range, resolve(range.revision()));
    return new ReadPlan() {
      @Override
      public List<Need> needs() {
        return selection.needs();
      }

      @Override
      public Result finish(Records records) {
        return selection.toResult(revision, records);
      }
    };
  }

  /** A transaction of which {@link RequestCheck#isReadOnly} holds (contract S6.7). */
  public ReadPlan plan(Command.Txn txn) {
    return new ReadPlan() {
      @Override
      public List<Need> needs() {
        return CommandNeeds.of(txn, index, revision, compactRevision);
      }

      @Override
      public Result finish(Records records) {
        return run(txn, records);
      }
    };
  }

  private Result run(Command.Txn txn, Records records) {
    var evaluation = new TxnEvaluation(index, revision, compactRevision);
    var path = evaluation.path(txn, records);
    var failure = evaluation.check(path, _ -> false);
    if (failure != null) {
      return new Result.Failed(failure);
    }
    var responses = path.ops().stream().map(op -> answer(op, records)).toList();
    return new Result.Txn(revision, path.succeeded(), responses);
  }

  private Result answer(Command.TxnOp op, Records records) {
    return switch (op) {
      case Command.Range range ->
          RangeSelection.select(index, range, resolve(range.revision()))
              .toResult(revision, records);
      case Command.Put _, Command.DeleteRange _, Command.Txn _, Command.MissingOp _ ->
          throw new IllegalArgumentException("not a read-only transaction");
    };
  }

  /** The hash that a recent compaction to exactly this revision left behind (S18.3), or null. */
  public @Nullable KvHash compactionHash(long requestedRevision) {
    return compactionHashes.find(requestedRevision);
  }
}
