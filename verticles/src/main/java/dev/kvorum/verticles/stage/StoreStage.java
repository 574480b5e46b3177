package dev.kvorum.verticles.stage;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.raft.core.MembershipChange;
import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.lease.LeaseChange;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.CommandCodec;
import dev.kvorum.storage.model.Envelope;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.MalformedProto;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.KvHash;
import dev.kvorum.storage.mvcc.Need;
import dev.kvorum.storage.mvcc.Write;
import dev.kvorum.storage.state.Outcome;
import dev.kvorum.storage.state.StateMachine;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
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
 */
public final class StoreStage {
  /** Entries applied before other work of the loop gets its turn. */
  private static final int SLICE_ENTRIES = 512;

  private static final int SLICE_BYTES = 256 * 1024;

  /** One entry may write many records: a delete, or the end of many leases. */
  private static final int SLICE_WRITES = 1_000;

  /** How many waiting entries are looked through when records have to be fetched anyway. */
  private static final int LOOKAHEAD_ENTRIES = 64;

  /** An entry taken apart. */
  private record Logged(Entry entry, Envelope envelope, Command command) {}

  /** Reads of one front end that wait for an index to be applied. */
  private record WaitingRound(int loop, long round, long index) {}

  private final StateMachine machine;
  private final RecordPort records;
  private final int life;

  /** Who takes part, as of the last applied entry. */
  private Membership membership;

  private final ApplyWatch watch;
  private final ArrayDeque<Entry> committed = new ArrayDeque<>();

  /** The head of {@link #committed}, taken apart already; not removed from it yet. */
  private final ArrayDeque<Logged> opened = new ArrayDeque<>();

  private final List<WaitingRound> rounds = new ArrayList<>();
  private final Map<Revision, Bytes> fetched = new HashMap<>();
  private final Compactions compactions;

  /** The newest command that has had its turn; it may wait for records still. */
  private long begunIndex;

  private boolean fetching;
  private boolean continuing;
  private boolean waitingForBackend;

  /**
   * @param life which life of this member this is: results are sent only for its own proposals
   * @param membership who takes part, as of what the machine has applied
   */
  public StoreStage(
      StateMachine machine, RecordPort records, RemovalGate gate, int life, Membership membership) {
    this(machine, records, gate, life, membership, ApplyWatch.NONE);
  }

  /**
   * @param life which life of this member this is: results are sent only for its own proposals
   * @param membership who takes part, as of what the machine has applied
   * @param watch is told of every command that is applied
   */
  public StoreStage(
      StateMachine machine,
      RecordPort records,
      RemovalGate gate,
      int life,
      Membership membership,
      ApplyWatch watch) {
    this.machine = machine;
    this.records = records;
    this.life = life;
    this.membership = membership;
    this.watch = watch;
    compactions = new Compactions(machine, gate);
  }

  /** The first turn: goes on with a compaction that an earlier life left unfinished. */
  public List<StoreEffect> start() {
    var effects = new ArrayList<StoreEffect>();
    compactions.proceed(effects);
    return effects;
  }

  /** Entries in log order; the first follows the last one handed over. */
  public List<StoreEffect> committed(List<Entry> entries) {
    committed.addAll(entries);
    return isBusy() ? List.of() : slice();
  }

  private boolean isBusy() {
    return fetching || continuing || waitingForBackend;
  }

  /** The backend shows more records: an apply that waited for room goes on. */
  public List<StoreEffect> flushed() {
    if (!waitingForBackend || records.isFull()) {
      return List.of();
    }
    waitingForBackend = false;
    return isBusy() ? List.of() : slice();
  }

  /** The turn that {@link StoreEffect.Continue} asked for. */
  public List<StoreEffect> proceed() {
    continuing = false;
    return isBusy() ? List.of() : slice();
  }

  /** The records that {@link StoreEffect.Fetch} asked for. */
  public List<StoreEffect> fetched(Map<Revision, Bytes> found) {
    InvariantViolation.check(fetching, "records arrive only when they were asked for");
    fetching = false;
    fetched.putAll(found);
    return isBusy() ? List.of() : slice();
  }

  /** A read round was confirmed at this index. */
  public List<StoreEffect> readConfirmed(int loop, long round, long index) {
    if (index <= machine.appliedIndex()) {
      return List.of(new StoreEffect.ReadsReady(loop, round));
    }
    rounds.add(new WaitingRound(loop, round, index));
    return List.of();
  }

  /** The history that {@link StoreEffect.HashHistory} asked for is hashed. */
  public List<StoreEffect> hashed(KvHash hash) {
    return compactions.hashed(hash);
  }

  /** The pause that {@link StoreEffect.CompactLater} asked for is over. */
  public List<StoreEffect> compactSlice() {
    return compactions.slice();
  }

  /** Sizes fall to what is in use (contract S17.5). */
  public List<StoreEffect> defragment() {
    machine.defragment();
    return List.of(
        new StoreEffect.Publish(machine.state()),
        new StoreEffect.Write(new Flush(List.of(), List.of(), List.of(), machine.meta())));
  }

  /** The keys of each lease as of now, in key order; none for one that does not exist. */
  public List<List<Bytes>> attachedKeys(List<Long> leases) {
    return leases.stream().map(machine.leases()::attachedKeys).toList();
  }

  /** How many keys each lease has as of now. */
  public List<Integer> attachedCounts(List<Long> leases) {
    return leases.stream().map(machine.leases()::attachedCount).toList();
  }

  private List<StoreEffect> slice() {
    var batch = new Batch();
    var bytes = 0;
    for (var count = 0;
        count < SLICE_ENTRIES
            && bytes < SLICE_BYTES
            && batch.writes.size() < SLICE_WRITES
            && !records.isFull();
        count++) {
      var entry = committed.peekFirst();
      if (entry == null) {
        break;
      }
      InvariantViolation.check(
          entry.index() == machine.appliedIndex() + 1, "the log is applied without gaps");
      if (entry.type() == Entry.Type.COMMAND) {
        if (begunIndex != entry.index()) {
          begunIndex = entry.index();
          watch.begins();
        }
        var logged = opened.isEmpty() ? open(entry) : opened.removeFirst();
        InvariantViolation.check(
            logged.entry.index() == entry.index(), "entries are opened in log order");
        if (isMissing(machine.needs(logged.command))) {
          opened.addFirst(logged);
          fetching = true;
          return batch.effects(new StoreEffect.Fetch(missing()));
        }
        batch.apply(logged);
      } else {
        machine.skip(entry.index(), entry.term());
        if (entry.type() == Entry.Type.MEMBERSHIP) {
          batch.change(MembershipChange.decode(entry.payload()));
        }
      }
      committed.removeFirst();
      bytes += entry.payload().size();
    }
    fetched.clear();
    if (committed.isEmpty()) {
      return batch.effects();
    }
    if (records.isFull()) {
      waitingForBackend = true;
      return batch.effects();
    }
    continuing = true;
    return batch.effects(new StoreEffect.Continue());
  }

  private static Logged open(Entry entry) {
    var envelope = Envelope.decode(entry.payload());
    try {
      return new Logged(entry, envelope, CommandCodec.decode(envelope.kind(), envelope.body()));
    } catch (MalformedProto malformed) {
      throw new InvariantViolation(
          "a request was checked before it was logged, entry " + entry.index() + ": " + malformed);
    }
  }

  private boolean isMissing(List<Need> needs) {
    for (var need : needs) {
      if (isMissing(need.revision())) {
        return true;
      }
    }
    return false;
  }

  private boolean isMissing(Revision revision) {
    return !fetched.containsKey(revision) && records.find(revision) == null;
  }

  /** What the next entries miss, so that one trip to the backend serves many of them. */
  private List<Revision> missing() {
    var wanted = new LinkedHashSet<Revision>();
    var waiting = committed.iterator();
    for (var count = 0; count < LOOKAHEAD_ENTRIES && waiting.hasNext(); count++) {
      var entry = waiting.next();
      if (entry.type() != Entry.Type.COMMAND) {
        break;
      }
      if (count >= opened.size()) {
        opened.addLast(open(entry));
      }
    }
    for (var logged : opened) {
      for (var need : machine.needs(logged.command)) {
        if (isMissing(need.revision())) {
          wanted.add(need.revision());
        }
      }
    }
    return List.copyOf(wanted);
  }

  private Bytes record(Revision revision) {
    var inMemory = records.find(revision);
    var found = inMemory != null ? inMemory : fetched.get(revision);
    if (found == null) {
      throw new InvariantViolation("applying asks only for records that it named: " + revision);
    }
    return found;
  }

  /** What one slice has done so far. */
  private final class Batch {
    private final List<Write> writes = new ArrayList<>();
    private final List<WriteBatch.Change> others = new ArrayList<>();
    private final List<LeaseChange> leases = new ArrayList<>();
    private final List<Event> events = new ArrayList<>();
    private final List<Answer> answers = new ArrayList<>();
    private final List<StoreEffect> afterwards = new ArrayList<>();
    private long puts;
    private long deletes;
    private long txns;
    private long putBytes;
    private final long before = machine.appliedIndex();

    void apply(Logged logged) {
      var entry = logged.entry;
      var outcome =
          machine.apply(entry.index(), entry.term(), logged.command, StoreStage.this::record);
      watch.applied(logged.command, outcome.result());
      for (var write : outcome.writes()) {
        if (!write.tombstone()) {
          records.add(write.revision(), write.record());
        }
      }
      count(logged.command, outcome.writes());
      writes.addAll(outcome.writes());
      others.addAll(outcome.others());
      leases.addAll(outcome.leases());
      events.addAll(outcome.events());
      var requestId = logged.envelope.requestId();
      if (RequestId.isOf(requestId, life)) {
        answer(requestId, logged.command, outcome);
      }
    }

    /** Who takes part changes in the same transaction as the applied index (P13). */
    void change(MembershipChange change) {
      if (membership.apply(change) instanceof Membership.Result.Changed(var changed)) {
        membership = changed;
        others.add(MembershipRecord.change(changed));
      }
    }

    private void count(Command command, List<Write> made) {
      txns += command instanceof Command.Txn ? 1 : 0;
      for (var write : made) {
        deletes += write.tombstone() ? 1 : 0;
        puts += write.tombstone() ? 0 : 1;
        putBytes += write.tombstone() ? 0 : write.record().size();
      }
    }

    private void answer(long requestId, Command command, Outcome outcome) {
      var answer = new Answer(requestId, outcome.result());
      if (outcome.overQuota()) {
        answers.add(new Answer(requestId, new Result.Failed(Failure.NO_SPACE)));
        afterwards.add(new StoreEffect.RaiseNoSpace());
      } else if (command instanceof Command.Compact compact
          && compact.physical()
          && outcome.result() instanceof Result.Compact) {
        compactions.answerWhenFinished(compact.revision(), answer);
        afterwards.add(new StoreEffect.InProgress(requestId));
      } else {
        answers.add(answer);
      }
    }

    List<StoreEffect> effects(StoreEffect... last) {
      var effects = new ArrayList<StoreEffect>();
      if (machine.appliedIndex() > before) {
        effects.add(new StoreEffect.Publish(machine.state()));
        effects.add(new StoreEffect.Write(new Flush(writes, List.of(), others, machine.meta())));
        if (!leases.isEmpty()) {
          effects.add(new StoreEffect.LeasesChanged(leases));
        }
        if (!events.isEmpty()) {
          effects.add(new StoreEffect.Happened(events));
        }
        if (!answers.isEmpty()) {
          effects.add(new StoreEffect.Reply(answers));
        }
        readyRounds(effects);
        effects.add(new StoreEffect.Count(puts, deletes, txns, putBytes));
        effects.add(new StoreEffect.AppliedTo(machine.appliedIndex()));
        effects.addAll(afterwards);
        compactions.proceed(effects);
      }
      effects.addAll(List.of(last));
      return effects;
    }

    private void readyRounds(List<StoreEffect> effects) {
      rounds.removeIf(
          waiting -> {
            var ready = waiting.index <= machine.appliedIndex();
            if (ready) {
              effects.add(new StoreEffect.ReadsReady(waiting.loop, waiting.round));
            }
            return ready;
          });
    }
  }
}
