package dev.kvorum.verticles.stage;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.raft.core.MembershipChange;
import dev.kvorum.storage.checkpoint.Attachments;
import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.lease.LeaseTable;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.KvHash;
import dev.kvorum.storage.state.StateMachine;
import dev.kvorum.storage.watch.WatchSizes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Applies the committed log to the store, in order, in slices.
 *
 * <p>The ordering rules of a batch live here. An entry runs only when every record that it may read
 * is in memory; where one is not, the log waits and the records are fetched first, so that applying
 * never touches a disk. The state is published before any answer of the batch leaves, so whoever
 * has an answer finds its effect in the next read. The changes go to the backend with the applied
 * index in one flush.
 *
 * <p>A command that looks at very many keys runs in slices, and what is behind it in the log waits.
 * Nothing of it leaves before its last slice: no state is published, no event told, no answer
 * given. Only its records go to the backend early, where they do not count before the applied index
 * says so. Whoever wants to see the whole machine meanwhile waits too.
 *
 * <p>A delete that nobody wants the previous values of is the exception, of an interval or of the
 * keys of a lease that ends: it can be told to readers without a look at what the keys hold. It
 * takes effect in one step, and the log goes on. Its records are made in slices behind that ({@link
 * StoreEffect.SweepLater}); an entry that would write a key which they have not reached, or that is
 * long itself, waits for them.
 */
public final class StoreStage {
  /** Entries applied before other work of the loop gets its turn. */
  private static final int SLICE_ENTRIES = 512;

  private static final int SLICE_BYTES = 256 * 1024;

  /** One entry may write many records: a delete, or the end of many leases. */
  private static final int SLICE_WRITES = 1_000;

  /** Keys that one slice of long work looks at: some tenths of a millisecond. */
  public static final int SLICE_KEYS = 250;

  /** A delete of more keys is not kept for watchers, who would have to read it all the same. */
  public static final int MOST_EVENTS_TOLD = WatchSizes.MAX_QUEUED_EVENTS;

  /** Keys of leases that are looked at before these are counted, in slices: some milliseconds. */
  private static final int SLICES_OF_A_PLAN = 20;

  /** Attached keys that one slice of a checkpoint takes; well below a millisecond. */
  private static final int ATTACHMENTS_AT_ONCE = 1_000;

  private final StateMachine machine;
  private final int life;

  /** Who takes part, as of the last applied entry. */
  private Membership membership;

  private final ApplyWatch watch;
  private final int sliceKeys;
  private final ApplyRecords records;
  private final WaitingEntries waiting;
  private final WaitingReads reads = new WaitingReads();
  private final Compactions compactions;
  private final LogTurns turns = new LogTurns();
  private final LongWork longWork;

  /** The newest command that has had its turn; it may wait for records still. */
  private long begunIndex;

  /**
   * @param memory the records that are in memory
   * @param life which life of this member this is: results are sent only for its own proposals
   * @param membership who takes part, as of what the machine has applied
   */
  public StoreStage(
      StateMachine machine, RecordPort memory, RemovalGate gate, int life, Membership membership) {
    this(machine, memory, gate, life, membership, ApplyWatch.NONE, SLICE_KEYS, MOST_EVENTS_TOLD);
  }

  /**
   * @param memory the records that are in memory
   * @param life which life of this member this is: results are sent only for its own proposals
   * @param membership who takes part, as of what the machine has applied
   * @param watch is told of every command that is applied
   * @param sliceKeys how many keys one slice of a long command or of a compaction looks at
   * @param mostEventsTold a delete of more keys watchers have to read
   */
  public StoreStage(
      StateMachine machine,
      RecordPort memory,
      RemovalGate gate,
      int life,
      Membership membership,
      ApplyWatch watch,
      int sliceKeys,
      int mostEventsTold) {
    this.machine = machine;
    this.life = life;
    this.membership = membership;
    this.watch = watch;
    this.sliceKeys = sliceKeys;
    records = new ApplyRecords(memory);
    waiting = new WaitingEntries(machine, records, sliceKeys);
    compactions = new Compactions(machine, gate, sliceKeys);
    longWork =
        new LongWork(
            machine,
            records,
            waiting,
            turns,
            watch,
            this::newBatch,
            sliceKeys,
            SLICE_BYTES,
            mostEventsTold);
  }

  /** The first turn: goes on with a compaction that an earlier life left unfinished. */
  public List<StoreEffect> start() {
    var effects = new ArrayList<StoreEffect>();
    compactions.proceed(effects);
    return effects;
  }

  /** Entries in log order; the first follows the last one handed over. */
  public List<StoreEffect> committed(List<Entry> entries) {
    waiting.add(entries);
    return turns.isBusy() ? List.of() : slice();
  }

  /** The backend shows more records: an apply that waited for room goes on. */
  public List<StoreEffect> flushed() {
    if (!turns.isWaitingForBackend() || records.isFull()) {
      return List.of();
    }
    turns.backendHasRoom();
    return turns.isBusy() ? List.of() : slice();
  }

  /** The turn that {@link StoreEffect.Continue} asked for. */
  public List<StoreEffect> proceed() {
    turns.came();
    return turns.isBusy() ? List.of() : slice();
  }

  /** The records that {@link StoreEffect.Fetch} asked for. */
  public List<StoreEffect> fetched(Map<Revision, Bytes> found) {
    turns.fetched();
    records.arrived(found);
    return turns.isBusy() ? List.of() : slice();
  }

  /** A read round was confirmed at this index. */
  public List<StoreEffect> readConfirmed(int loop, long round, long index) {
    if (index <= machine.appliedIndex()) {
      return List.of(new StoreEffect.ReadsReady(loop, round));
    }
    reads.add(loop, round, index);
    return List.of();
  }

  /** The history that {@link StoreEffect.HashHistory} asked for is hashed. */
  public List<StoreEffect> hashed(KvHash hash) {
    return longWork.wholeInTime(() -> compactions.hashed(hash));
  }

  /** The pause that {@link StoreEffect.CompactLater} asked for is over. */
  public List<StoreEffect> compactSlice() {
    return longWork.wholeInTime(compactions::slice);
  }

  /** The turn that {@link StoreEffect.SweepLater} asked for. */
  public List<StoreEffect> sweep() {
    return longWork.sweep();
  }

  /** Sizes fall to what is in use (contract S17.5). */
  public List<StoreEffect> defragment() {
    return longWork.whole(
        () -> {
          machine.defragment();
          return List.of(
              new StoreEffect.Publish(machine.state()),
              new StoreEffect.Write(new Flush(List.of(), List.of(), List.of(), machine.meta())),
              new StoreEffect.Defragmented());
        });
  }

  /**
   * Finds the keys of each lease as of now, in key order; none for one that does not exist.
   *
   * <p>Keys wait for a delete that is being written. Counts are for a plan to end the leases, and
   * wait only if one of these ends may have to: its entry would come at once, and hold up the log
   * until the delete has come so far.
   *
   * @param ask comes back with the answer
   * @param countsOnly whether it is enough to know how many there are
   */
  public List<StoreEffect> findKeys(long ask, List<Long> leases, boolean countsOnly) {
    return countsOnly
        ? longWork.betweenCommands(() -> countForPlan(ask, leases))
        : longWork.whole(() -> List.of(keys(ask, leases)));
  }

  private List<StoreEffect> countForPlan(long ask, List<Long> leases) {
    return machine.mayHaveToWait(leases, sliceKeys, SLICES_OF_A_PLAN * sliceKeys)
        ? longWork.whole(() -> List.of(counts(ask, leases)))
        : List.of(counts(ask, leases));
  }

  private StoreEffect counts(long ask, List<Long> leases) {
    var counts = leases.stream().map(machine.leases()::attachedCount).toList();
    return new StoreEffect.FoundKeys(ask, List.of(), counts);
  }

  private StoreEffect keys(long ask, List<Long> leases) {
    var keys = leases.stream().map(machine.leases()::attachedKeys).toList();
    return new StoreEffect.FoundKeys(ask, keys, List.of());
  }

  /**
   * Tells of which store a checkpoint would be that is begun now. There is none in the middle of a
   * compaction: which records it has removed the backend knows later than the index, and a
   * checkpoint says either all or none.
   */
  public List<StoreEffect> beginCheckpoint() {
    return longWork.wholeInTime(
        () ->
            List.of(
                new StoreEffect.CheckpointBegun(
                    machine.kv().compaction() == null ? machine.meta() : null)));
  }

  /** Copies a slice of what is attached to leases, for a checkpoint. */
  public List<StoreEffect> copyAttachments(LeaseTable.Walk walk) {
    return longWork.wholeInTime(
        () -> {
          var found = new ArrayList<Attachments.Attachment>();
          machine
              .leases()
              .visitAttachments(
                  walk,
                  ATTACHMENTS_AT_ONCE,
                  (key, lease) -> found.add(new Attachments.Attachment(key, lease)));
          return List.of(
              new StoreEffect.AttachmentsCopied(
                  new Attachments.Slice(found, machine.meta(), walk.isDone())));
        });
  }

  private List<StoreEffect> slice() {
    if (longWork.isApplying()) {
      return longWork.proceed();
    }
    var batch = newBatch();
    var bytes = 0;
    for (var count = 0;
        count < SLICE_ENTRIES
            && bytes < SLICE_BYTES
            && batch.size() < SLICE_WRITES
            && !records.isFull();
        count++) {
      var entry = waiting.first();
      if (entry == null) {
        break;
      }
      if (entry.type() == Entry.Type.COMMAND) {
        begins(entry);
        var logged = waiting.firstCommand();
        var isLong = machine.isLong(logged.command(), sliceKeys);
        if (longWork.mustWait(logged.command(), isLong)) {
          return effects(batch);
        }
        if (isLong) {
          if (batch.isEmpty()) {
            return longWork.begin(logged);
          }
          // What was applied so far need not wait for it.
          break;
        }
        if (!records.take(machine.needs(logged.command()))) {
          return effects(batch, turns.fetch(waiting.missing()));
        }
        apply(logged, batch);
      } else {
        machine.skip(entry.index(), entry.term());
        if (entry.type() == Entry.Type.MEMBERSHIP) {
          change(MembershipChange.decode(entry.payload()), batch);
        }
      }
      waiting.removeFirst();
      bytes += entry.payload().size();
    }
    records.forgetFetched();
    if (waiting.isEmpty()) {
      return effects(batch);
    }
    if (records.isFull()) {
      turns.waitForBackend();
      return effects(batch);
    }
    return effects(batch, turns.next());
  }

  private Batch newBatch() {
    return new Batch(machine, compactions, reads, life);
  }

  private List<StoreEffect> effects(Batch batch, StoreEffect... last) {
    var effects = batch.effects(longWork.sweeping());
    effects.addAll(List.of(last));
    return effects;
  }

  /** An entry has its turn; it may have to wait and have another one. */
  private void begins(Entry entry) {
    if (begunIndex != entry.index()) {
      begunIndex = entry.index();
      watch.begins();
    }
  }

  private void apply(Logged logged, Batch batch) {
    var entry = logged.entry();
    var outcome = machine.apply(entry.index(), entry.term(), logged.command(), records);
    watch.applied(logged.command(), outcome.result());
    batch.add(logged, outcome, records.keep(outcome.writes()));
  }

  /** Who takes part changes in the same transaction as the applied index (P13). */
  private void change(MembershipChange change, Batch batch) {
    if (membership.apply(change) instanceof Membership.Result.Changed(var changed)) {
      membership = changed;
      batch.change(MembershipRecord.change(changed));
    }
  }
}
