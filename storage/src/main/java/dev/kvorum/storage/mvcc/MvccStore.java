package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.index.IndexEntry;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.index.IndexView;
import dev.kvorum.storage.index.KeyIndex;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Command.TxnOp;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.model.Revision;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The key-value state machine: applies committed commands in log order and says what each changed.
 * The same commands in the same order give the same revisions, records and hashes on every member.
 *
 * <p>One thread calls it. The caller's part, for each command:
 *
 * <ol>
 *   <li>{@link #needs} names the records whose contents the command may read; those that are not in
 *       memory are fetched. The answer holds until the next {@link #apply}.
 *   <li>{@link #apply} changes the index and returns result, writes and events.
 *   <li>The writes go where readers look first, then {@link #view} is published, then the result is
 *       answered. The backend gets the writes together with {@link #meta}.
 * </ol>
 *
 * <p>Checks that need no state are {@link RequestCheck}'s and were made before a command was
 * logged.
 */
public final class MvccStore {
  /** An odd number without structure (the golden ratio's first 64 bits). */
  private static final long HIGH_CHAIN = 0x9e3779b97f4a7c15L;

  private final KeyIndex index;
  private final StoreSizes sizes = new StoreSizes();

  /** Main revision of the newest change; a store without any is at 1 (contract S1.2). */
  private long revision = 1;

  /** What clients may not read below; -1 before the first compaction (contract S1.8). */
  private long compactRevision = -1;

  /** Never above {@link #compactRevision}; below it while jobs are waiting. */
  private long finishedCompactRevision = -1;

  /** Compactions whose records are not all removed, the oldest first. */
  private final Deque<CompactionJob> jobs = new ArrayDeque<>();

  /** The delete whose tombstones are being written, if there is one. */
  private @Nullable Sweep sweep;

  private CompactionHashes compactionHashes = CompactionHashes.NONE;

  /** The index may have come with records up to this main revision, and has none above. */
  private long keptNewest;

  private long stateHashHigh;
  private long stateHashLow;

  /** Records that were written or, at the start, read one by one. */
  private long records;

  /**
   * An empty store.
   *
   * @param memory where its index takes memory from
   */
  public MvccStore(IndexMemory memory) {
    index = new KeyIndex(memory);
  }

  /** The store that an index was kept of, as it was then. */
  MvccStore(KeptIndex kept) {
    index = kept.index();
    keptNewest = index.newest();
    var meta = kept.meta();
    revision = meta.revision();
    compactRevision = meta.compactRevision();
    finishedCompactRevision = meta.finishedCompactRevision();
    sizes.restore(meta.inUseBytes(), meta.allocatedBytes());
    stateHashHigh = meta.stateHashHigh();
    stateHashLow = meta.stateHashLow();
  }

  /** The records that applying the command now may read: sometimes too many, never too few. */
  public List<Need> needs(Command command) {
    return CommandNeeds.of(command, index.present(), revision, compactRevision);
  }

  /**
   * Applies a put, a delete, a transaction or a compaction. A refused command changes nothing.
   *
   * @param records has at least what {@link #needs} named
   * @param leaseExists whether a lease of this id exists now
   * @throws IllegalArgumentException for commands that are not the key-value store's
   */
  public Applied apply(Command command, Records records, LongPredicate leaseExists) {
    return switch (command) {
      case Command.Put put -> applyPut(put, records, leaseExists);
      case Command.DeleteRange delete -> {
        var txn = beginTxn();
        yield commit(txn, txn.deleteRange(delete, Allowance.unlimited(records)));
      }
      case Command.Txn txn -> applyTxn(txn, records, leaseExists);
      case Command.Compact compact -> applyCompact(compact);
      case Command.Range _,
          Command.Alarm _,
          Command.PublishMember _,
          Command.SetClusterVersion _,
          Command.LeaseGrant _,
          Command.LeaseRevoke _,
          Command.LeaseExpire _,
          Command.LeaseCheckpoint _ ->
          throw new IllegalArgumentException("not a command of the key-value store: " + command);
    };
  }

  private Applied applyPut(Command.Put put, Records records, LongPredicate leaseExists) {
    var failure = TxnEvaluation.checkPut(put, leaseExists, index.present(), revision);
    if (failure != null) {
      return Applied.refused(failure);
    }
    var txn = beginTxn();
    return commit(txn, txn.put(put, Allowance.unlimited(records)));
  }

  private Applied applyTxn(Command.Txn command, Records records, LongPredicate leaseExists) {
    var evaluation = new TxnEvaluation(index.present(), revision, compactRevision);
    var path = evaluation.path(command, records);
    var failure = evaluation.check(path, leaseExists);
    if (failure != null) {
      return Applied.refused(failure);
    }
    var txn = beginTxn();
    return commit(txn, txn.txn(path, Allowance.unlimited(records)));
  }

  /**
   * Deletes the keys of a lease in one revision, in their order (contract S10.3). Without a key no
   * revision is used up.
   */
  public Applied deleteAttached(List<Bytes> keys) {
    var txn = beginTxn();
    var _ = txn.delete(_ -> keys, Allowance.unlimited(Records.NONE));
    return commit(txn, new Result.LeaseRevoke(txn.revision()));
  }

  /**
   * How many keys the command looks at, or more: what decides whether it is applied at once or in
   * slices. Costs a count for each operation that takes an interval.
   */
  public long weight(Command command) {
    return switch (command) {
      case Command.Put _ -> 1;
      case Command.DeleteRange delete -> count(delete.key(), delete.rangeEnd());
      case Command.Txn txn -> weight(txn);
      default -> 0;
    };
  }

  private long weight(Command.Txn txn) {
    var keys = 0L;
    for (var compare : txn.compares()) {
      keys += count(compare.key(), compare.rangeEnd());
    }
    return keys + weight(txn.success()) + weight(txn.failure());
  }

  private long weight(List<TxnOp> ops) {
    var keys = 0L;
    for (var op : ops) {
      keys +=
          switch (op) {
            case Command.Put _, Command.MissingOp _ -> 1;
            case Command.DeleteRange delete -> count(delete.key(), delete.rangeEnd());
            case Command.Txn nested -> weight(nested);
            case Command.Range range ->
                range.countOnly() ? 1 : count(range.key(), range.rangeEnd());
          };
    }
    return keys;
  }

  private long count(Bytes key, Bytes rangeEnd) {
    return rangeEnd.isEmpty() ? 1 : index.present().count(KeyRange.of(key, rangeEnd), revision);
  }

  /**
   * Deletes an interval in which keys live, without a look at any of them: the delete takes effect
   * here, and {@link #sweep} writes its tombstones, while the store goes on. Until all are there
   * nobody writes a key of which {@link #mustWait} holds, nor compacts, nor asks for {@link #meta}
   * or hash.
   *
   * @param delete that wants no previous values
   */
  public Result.DeleteRange beginSweep(Command.DeleteRange delete) {
    var range = KeyRange.of(delete.key(), delete.rangeEnd());
    begin(Sweep.of(index, range, revision + 1, this::note));
    return new Result.DeleteRange(revision, sweepingKeys(), List.of());
  }

  /**
   * The same for certain keys, in one revision (contract S10.3).
   *
   * @param keys in ascending order, at least one, and all of them live; not to be changed any more
   */
  public void beginSweep(List<Bytes> keys) {
    begin(Sweep.of(index, keys, revision + 1, this::note));
  }

  private void begin(Sweep begun) {
    InvariantViolation.check(sweep == null, "one delete is written at a time");
    revision++;
    sweep = begun;
  }

  /** Whether {@link #beginSweep} began something that is not done. */
  public boolean isSweeping() {
    return sweep != null;
  }

  /** How many keys the delete under way deletes, in all. */
  public long sweepingKeys() {
    return InvariantViolation.present(sweep, "a delete was begun").keys();
  }

  /**
   * Writes further tombstones of the delete that was begun.
   *
   * @param maxKeys how many at most, above 0
   */
  public Slice sweep(int maxKeys) {
    var current = InvariantViolation.present(sweep, "a delete was begun");
    var slice = current.step(maxKeys);
    if (current.isOver()) {
      sweep = null;
      current.forEachLater(this::chain);
    }
    return slice;
  }

  /** Whether the key may not be written before the delete under way has reached it. */
  public boolean isHidden(Bytes key) {
    return index.hides(key);
  }

  /** Whether the command writes a key, or may, that the delete under way has yet to reach. */
  public boolean mustWait(Command command) {
    return sweep != null
        && switch (command) {
          case Command.Put put -> isHidden(put.key());
          case Command.DeleteRange delete -> writesHidden(delete);
          case Command.Txn txn -> writesHidden(txn);
          case Command.Compact _ -> true;
          default -> false;
        };
  }

  private boolean writesHidden(Command.DeleteRange delete) {
    return index.hidesSomeOf(KeyRange.of(delete.key(), delete.rangeEnd()));
  }

  private boolean writesHidden(Command.Txn txn) {
    return writesHidden(txn.success()) || writesHidden(txn.failure());
  }

  private boolean writesHidden(List<TxnOp> ops) {
    for (var op : ops) {
      var writes =
          switch (op) {
            case Command.Put put -> isHidden(put.key());
            case Command.DeleteRange delete -> writesHidden(delete);
            case Command.Txn nested -> writesHidden(nested);
            case Command.Range _, Command.MissingOp _ -> false;
          };
      if (writes) {
        return true;
      }
    }
    return false;
  }

  /**
   * Begins a delete or a transaction that is applied in slices. Until its last slice is done it is
   * the only one that uses the store, and nobody may see the store's state.
   */
  public Execution begin(Command command, LongPredicate leaseExists) {
    var txn = beginTxn();
    return switch (command) {
      case Command.DeleteRange delete ->
          new Execution(txn, allowance -> txn.deleteRange(delete, allowance));
      case Command.Txn wanted -> new Execution(txn, new SlicedTxn(wanted, txn, leaseExists));
      default -> throw new IllegalArgumentException("not a command that is sliced: " + command);
    };
  }

  /**
   * Begins what {@link #deleteAttached} does, in slices.
   *
   * @param keys is asked for the keys of each slice
   */
  public Execution beginDelete(KeySource keys) {
    var txn = beginTxn();
    return new Execution(
        txn,
        allowance -> txn.delete(keys, allowance) ? new Result.LeaseRevoke(txn.revision()) : null);
  }

  /** Part of the work of a command; the result when nothing is left of it. */
  @FunctionalInterface
  private interface Work {
    @Nullable Result proceed(Allowance allowance);
  }

  /** A command that is applied in slices. */
  public final class Execution {
    private final WriteTxn txn;
    private final Work work;

    private Execution(WriteTxn txn, Work work) {
      this.txn = txn;
      this.work = work;
    }

    /**
     * Does the next slice. Not to be called after the one that had a result.
     *
     * @param records those in memory: {@link Records#find} is asked
     * @param maxKeys how many keys it looks at, or a few more
     * @param maxBytes of records that it reads, or one record more
     */
    public Slice step(Records records, int maxKeys, long maxBytes) {
      var allowance = Allowance.of(records, maxKeys, maxBytes);
      var result = work.proceed(allowance);
      if (result != null) {
        revision = txn.revision();
      }
      return txn.endSlice(allowance.missing(), result);
    }
  }

  /** A transaction in slices: its path is found first, then checked as a whole, then executed. */
  private final class SlicedTxn implements Work {
    private final Command.Txn command;
    private final WriteTxn txn;
    private final LongPredicate leaseExists;
    private final TxnEvaluation evaluation;
    private TxnEvaluation.@Nullable Path path;

    SlicedTxn(Command.Txn command, WriteTxn txn, LongPredicate leaseExists) {
      this.command = command;
      this.txn = txn;
      this.leaseExists = leaseExists;
      evaluation = new TxnEvaluation(index.present(), revision, compactRevision);
    }

    @Override
    public @Nullable Result proceed(Allowance allowance) {
      if (path == null) {
        path = evaluation.path(command, allowance);
        if (path == null) {
          return null;
        }
        var failure = evaluation.check(path, leaseExists);
        if (failure != null) {
          return new Result.Failed(failure);
        }
      }
      return txn.txn(path, allowance);
    }
  }

  /** The logical part: from here on nothing below can be read (contract S7.1). */
  private Applied applyCompact(Command.Compact compact) {
    if (compact.revision() <= compactRevision) {
      return Applied.refused(Failure.COMPACTED);
    }
    if (compact.revision() > revision) {
      return Applied.refused(Failure.FUTURE_REVISION);
    }
    jobs.add(CompactionJob.fresh(this, compact.revision(), compactRevision));
    compactRevision = compact.revision();
    return Applied.withoutWrites(new Result.Compact(revision));
  }

  private Applied commit(WriteTxn txn, @Nullable Result result) {
    revision = txn.revision();
    return txn.end(InvariantViolation.present(result, "nothing holds up an unlimited execution"));
  }

  private WriteTxn beginTxn() {
    return new WriteTxn(index, revision, this::note);
  }

  /** Counts a new record into sizes and state hash. */
  private void note(long main, long sub, int recordSize, int checksum) {
    sizes.add(recordSize);
    if (sweep == null || sweep.makes(main)) {
      chain(main, sub, checksum);
    } else {
      sweep.keep(main, sub, checksum);
    }
    records++;
  }

  /** Takes a record into the state hash. */
  void chain(Revision record, int checksum) {
    chain(record.main(), record.sub(), checksum);
  }

  private void chain(long main, long sub, int checksum) {
    // Two chains that differ in where they mix the record in; together 128 bits.
    stateHashLow = chain(stateHashLow, main, sub, checksum);
    stateHashHigh = chain(Long.rotateLeft(stateHashHigh, 23) + HIGH_CHAIN, main, sub, checksum);
  }

  private static long chain(long hash, long main, long sub, int checksum) {
    var afterMain = scramble(hash + main);
    return scramble(afterMain + (sub << 32 | Integer.toUnsignedLong(checksum)));
  }

  /** Spreads every bit over all: two rounds of multiplying by an odd number and folding. */
  private static long scramble(long bits) {
    var once = (bits ^ bits >>> 32) * 0xd6e8feb86659fd93L;
    var twice = (once ^ once >>> 32) * 0xd6e8feb86659fd93L;
    return twice ^ twice >>> 32;
  }

  /** Freezes the present state for readers. */
  public StoreView view() {
    return new StoreView(
        index.publish(), index.usage(), revision, compactRevision, records, compactionHashes);
  }

  public long revision() {
    return revision;
  }

  /** The last accepted compaction, -1 before the first. */
  public long compactRevision() {
    return compactRevision;
  }

  /** The compaction to work on now, or null. It stays the same one until its last slice. */
  public @Nullable CompactionJob compaction() {
    return jobs.peek();
  }

  /** Whether all records below the revision that compactions remove are handed out for deletion. */
  public boolean isCompactionFinished(long compactedRevision) {
    return finishedCompactRevision >= compactedRevision;
  }

  /** A view of the present, which the caller releases. */
  public IndexView holdIndex() {
    return index.hold();
  }

  /** The hash that a recent compaction to exactly this revision left behind (S18.3), or null. */
  public @Nullable KvHash compactionHash(long compactedRevision) {
    return compactionHashes.find(compactedRevision);
  }

  void addCompactionHash(KvHash hash) {
    compactionHashes = compactionHashes.with(hash);
  }

  @Nullable Bytes compactIndex(
      long compactedRevision, @Nullable Bytes from, int maxKeys, Removals removals) {
    return index.compact(compactedRevision, from, maxKeys, removals);
  }

  /** Hands out records that left the index before; from now on they are not counted any more. */
  void takeRemoved(Removals removals, int maxRecords, List<RecordId> removed) {
    removals.take(
        maxRecords,
        (record, tombstone, recordSize) -> {
          sizes.remove(recordSize);
          removed.add(new RecordId(record, tombstone));
        });
  }

  void finishCompaction(CompactionJob job) {
    InvariantViolation.check(jobs.poll() == job, "compactions finish in order");
    finishedCompactRevision = job.revision();
  }

  /** The logical size of the store's file (contract S17.3): the high-water mark of the use. */
  public long allocatedBytes() {
    return sizes.allocatedBytes();
  }

  /** The logical size of what the store's file holds; falls as a compaction proceeds. */
  public long inUseBytes() {
    return sizes.inUseBytes();
  }

  /** Gives back what is allocated and not in use. */
  public void defragment() {
    sizes.defragment();
  }

  /**
   * A running hash of 128 bits over revision, kind and checksum of every record ever written, and
   * the checksum covers the key: for comparing members at the same log index (P14). Not etcd's
   * hash, see {@link HashKv} for that.
   *
   * <p>It says what was written, not what is left. When a compaction's records really go is each
   * member's own affair, so a hash of what is left would differ between healthy members.
   */
  public long stateHashLow() {
    return stateHashLow;
  }

  /** The other half of {@link #stateHashLow}. */
  public long stateHashHigh() {
    return stateHashHigh;
  }

  /** What the backend keeps beside the records, in the same transaction. */
  public StoreMeta meta(long appliedIndex, long appliedTerm) {
    return new StoreMeta(
        appliedIndex,
        appliedTerm,
        revision,
        compactRevision,
        finishedCompactRevision,
        sizes.allocatedBytes(),
        sizes.inUseBytes(),
        stateHashHigh,
        stateHashLow);
  }

  /** Takes a record over that an earlier run has written; records come in order. */
  void restore(RecordId id, IndexEntry entry) {
    if (!isKept(id, entry)) {
      note(id, entry);
    }
    sizes.add(entry.recordSize());
    revision = id.revision().main();
    records++;
  }

  /** Whether the index has the record already: it came before the copy was at its key. */
  private boolean isKept(RecordId id, IndexEntry entry) {
    return id.revision().main() <= keptNewest && index.reaches(entry.key(), id.revision());
  }

  private void note(RecordId id, IndexEntry entry) {
    if (id.tombstone()) {
      index.delete(entry.key(), id.revision(), entry.recordSize());
    } else {
      index.put(
          entry.key(), id.revision(), entry.createRevision(), entry.version(), entry.recordSize());
    }
  }

  /** Takes out of a kept index what a compaction has removed since. */
  void repeatCompaction(long compactedRevision) {
    if (compactedRevision <= finishedCompactRevision) {
      return;
    }
    var behindLast =
        index.compact(
            compactedRevision,
            null,
            Integer.MAX_VALUE,
            (_, _, recordSize) -> sizes.remove(recordSize));
    InvariantViolation.check(behindLast == null, "a compaction without a limit is one slice");
  }

  /** Takes the rest over. The revision never falls behind a compaction (contract S1.10). */
  void restore(StoreMeta meta) {
    compactRevision = meta.compactRevision();
    finishedCompactRevision = meta.finishedCompactRevision();
    revision = Math.max(revision, Math.max(compactRevision, finishedCompactRevision));
    sizes.restoreAllocated(meta.allocatedBytes());
    stateHashHigh = meta.stateHashHigh();
    stateHashLow = meta.stateHashLow();
    if (finishedCompactRevision < compactRevision) {
      jobs.add(CompactionJob.resumed(this, compactRevision));
    }
  }

  /** Throws unless the parts agree with each other; walks the whole index. */
  void invariant() {
    InvariantViolation.check(revision >= 1, "a store begins at revision 1");
    InvariantViolation.check(
        finishedCompactRevision <= compactRevision && compactRevision <= revision,
        "finished compaction <= accepted compaction <= revision");
    InvariantViolation.check(
        jobs.isEmpty() == (finishedCompactRevision == compactRevision),
        "a compaction that is not finished has a job");
    InvariantViolation.check(
        StoreSizes.EMPTY_BYTES <= sizes.inUseBytes()
            && sizes.inUseBytes() <= sizes.allocatedBytes(),
        "empty size <= in use <= allocated");
  }
}
