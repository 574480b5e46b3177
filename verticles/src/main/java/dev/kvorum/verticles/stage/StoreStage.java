package dev.kvorum.verticles.stage;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.raft.core.MembershipChange;
import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.checkpoint.Attachments;
import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.lease.LeaseChange;
import dev.kvorum.storage.lease.LeaseTable;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.CommandCodec;
import dev.kvorum.storage.model.Envelope;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.JoinedList;
import dev.kvorum.storage.model.MalformedProto;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.KvHash;
import dev.kvorum.storage.mvcc.Need;
import dev.kvorum.storage.mvcc.Records;
import dev.kvorum.storage.mvcc.StoreMeta;
import dev.kvorum.storage.mvcc.Write;
import dev.kvorum.storage.mvcc.WriteTally;
import dev.kvorum.storage.state.Outcome;
import dev.kvorum.storage.state.Part;
import dev.kvorum.storage.state.StateMachine;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

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
 * <p>A delete of an interval is the exception, because it can be told to readers without a look at
 * its keys. It takes effect in one step, and the log goes on. Its records are made in slices behind
 * that ({@link StoreEffect.SweepLater}); an entry that would write a key which they have not
 * reached, or that is long itself, waits for them.
 */
public final class StoreStage {
  /** Entries applied before other work of the loop gets its turn. */
  private static final int SLICE_ENTRIES = 512;

  private static final int SLICE_BYTES = 256 * 1024;

  /** One entry may write many records: a delete, or the end of many leases. */
  private static final int SLICE_WRITES = 1_000;

  /** Keys that one slice of long work looks at: some tenths of a millisecond. */
  public static final int SLICE_KEYS = 250;

  /** Attached keys that one slice of a checkpoint takes; well below a millisecond. */
  private static final int ATTACHMENTS_AT_ONCE = 1_000;

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
  private final int sliceKeys;
  private final ArrayDeque<Entry> committed = new ArrayDeque<>();

  /** The head of {@link #committed}, taken apart already; not removed from it yet. */
  private final ArrayDeque<Logged> opened = new ArrayDeque<>();

  private final List<WaitingRound> rounds = new ArrayList<>();
  private final Map<Revision, Bytes> fetched = new HashMap<>();

  /** What the command that is applied now may read. */
  private final Map<Revision, Bytes> atHand = new HashMap<>();

  private final Compactions compactions;
  private final Records known = new KnownRecords();

  /** What came while a long command was under way and has to see the whole machine. */
  private final ArrayDeque<Supplier<List<StoreEffect>>> held = new ArrayDeque<>();

  /** The long command under way. */
  private @Nullable LongApply longApply;

  /** The delete that is being written. Never beside a long command. */
  private @Nullable Sweeping sweeping;

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
    this(machine, records, gate, life, membership, ApplyWatch.NONE, SLICE_KEYS);
  }

  /**
   * @param life which life of this member this is: results are sent only for its own proposals
   * @param membership who takes part, as of what the machine has applied
   * @param watch is told of every command that is applied
   * @param sliceKeys how many keys one slice of a long command or of a compaction looks at
   */
  public StoreStage(
      StateMachine machine,
      RecordPort records,
      RemovalGate gate,
      int life,
      Membership membership,
      ApplyWatch watch,
      int sliceKeys) {
    this.machine = machine;
    this.records = records;
    this.life = life;
    this.membership = membership;
    this.watch = watch;
    this.sliceKeys = sliceKeys;
    compactions = new Compactions(machine, gate, sliceKeys);
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
    return whole(() -> compactions.hashed(hash));
  }

  /** The pause that {@link StoreEffect.CompactLater} asked for is over. */
  public List<StoreEffect> compactSlice() {
    return whole(compactions::slice);
  }

  /** Does it now, or when the long command is done and the delete is written. */
  private List<StoreEffect> whole(Supplier<List<StoreEffect>> input) {
    if (longApply == null && sweeping == null) {
      return input.get();
    }
    held.add(input);
    return List.of();
  }

  /** Sizes fall to what is in use (contract S17.5). */
  public List<StoreEffect> defragment() {
    return whole(
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
   * @param ask comes back with the answer
   * @param countsOnly whether it is enough to know how many there are
   */
  public List<StoreEffect> findKeys(long ask, List<Long> leases, boolean countsOnly) {
    return whole(
        () ->
            List.of(
                countsOnly
                    ? new StoreEffect.FoundKeys(
                        ask,
                        List.of(),
                        leases.stream().map(machine.leases()::attachedCount).toList())
                    : new StoreEffect.FoundKeys(
                        ask,
                        leases.stream().map(machine.leases()::attachedKeys).toList(),
                        List.of())));
  }

  /**
   * Freezes the key index for a checkpoint. Not in the middle of a compaction: which records it has
   * removed the backend knows later than the index, and a checkpoint says either all or none.
   */
  public List<StoreEffect> freezeIndex() {
    return whole(
        () ->
            List.of(
                new StoreEffect.IndexFrozen(
                    machine.meta(),
                    machine.kv().compaction() == null ? machine.kv().holdIndex() : null)));
  }

  /** Copies a slice of what is attached to leases, for a checkpoint. */
  public List<StoreEffect> copyAttachments(LeaseTable.Walk walk) {
    return whole(
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
                  new Attachments.Slice(found, machine.appliedIndex(), walk.isDone())));
        });
  }

  private List<StoreEffect> slice() {
    if (longApply != null) {
      return longSlice(longApply);
    }
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
        var isLong = machine.isLong(logged.command, sliceKeys);
        if (sweeping != null && (isLong || machine.mustWait(logged.command))) {
          opened.addFirst(logged);
          sweeping.holdsUpLog = true;
          return batch.effects();
        }
        if (isLong) {
          opened.addFirst(logged);
          if (batch.isEmpty()) {
            return begin(logged);
          }
          // What was applied so far need not wait for it.
          break;
        }
        if (!takeRecords(machine.needs(logged.command))) {
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
    return batch.effects(next());
  }

  private List<StoreEffect> begin(Logged logged) {
    if (logged.command instanceof Command.DeleteRange delete
        && machine.isSweep(delete, sliceKeys)) {
      return beginSweep(logged, delete);
    }
    var begun = new LongApply(logged, machine.meta());
    machine.begin(logged.entry.index(), logged.entry.term(), logged.command);
    longApply = begun;
    return longSlice(begun);
  }

  private List<StoreEffect> beginSweep(Logged logged, Command.DeleteRange delete) {
    var batch = new Batch();
    sweeping = new Sweeping(machine.meta());
    batch.begin(logged, machine.beginSweep(logged.entry.index(), logged.entry.term(), delete));
    opened.removeFirst();
    committed.removeFirst();
    var effects = batch.effects(new StoreEffect.SweepLater(false));
    if (!committed.isEmpty()) {
      effects.add(next());
    }
    return effects;
  }

  /** The turn that {@link StoreEffect.SweepLater} asked for. */
  public List<StoreEffect> sweep() {
    var current = InvariantViolation.present(sweeping, "a delete is being written");
    var part = machine.sweep(sliceKeys);
    current.events.join(part.events());
    var effects = machine.isSweeping() ? swept(current, part) : endSweep(current, part);
    if (current.holdsUpLog && !isBusy()) {
      // The next entry may be free to go now; otherwise it will say again that it is held up.
      current.holdsUpLog = false;
      effects.add(next());
    }
    return effects;
  }

  private List<StoreEffect> swept(Sweeping current, Part part) {
    var effects = new ArrayList<StoreEffect>();
    effects.add(
        new StoreEffect.Write(new Flush(part.writes(), List.of(), List.of(), current.before)));
    var isWaitedFor = current.holdsUpLog || !held.isEmpty() || records.isFull();
    effects.add(new StoreEffect.SweepLater(isWaitedFor));
    return effects;
  }

  private List<StoreEffect> endSweep(Sweeping current, Part part) {
    sweeping = null;
    var effects = new ArrayList<StoreEffect>();
    effects.add(new StoreEffect.Publish(machine.state()));
    var lastWrites = part.writes();
    for (var later : current.laterWrites.parts()) {
      effects.add(
          new StoreEffect.Write(new Flush(lastWrites, List.of(), List.of(), current.before)));
      lastWrites = later;
    }
    effects.add(
        new StoreEffect.Write(
            new Flush(lastWrites, List.of(), current.laterOthers, machine.meta())));
    effects.add(new StoreEffect.Happened(current.events));
    if (!current.laterEvents.isEmpty()) {
      effects.add(new StoreEffect.Happened(current.laterEvents));
    }
    while (!held.isEmpty()) {
      effects.addAll(held.removeFirst().get());
    }
    return effects;
  }

  private List<StoreEffect> longSlice(LongApply current) {
    var batch = new Batch();
    var part = machine.step(known, sliceKeys, SLICE_BYTES);
    current.add(part);
    if (part.missing().isEmpty()) {
      fetched.clear();
    }
    var outcome = part.outcome();
    if (outcome == null) {
      return current.effects(part);
    }
    opened.removeFirst();
    committed.removeFirst();
    longApply = null;
    batch.finish(current, part.writes(), outcome);
    var effects = batch.effects();
    while (!held.isEmpty()) {
      effects.addAll(held.removeFirst().get());
    }
    if (!committed.isEmpty()) {
      effects.add(next());
    }
    return effects;
  }

  /** How the rest of the log gets its turn. */
  private StoreEffect next() {
    continuing = true;
    return new StoreEffect.Continue();
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

  /**
   * Takes the records to hand; false when one has to be fetched. Held on to, because memory may
   * forget a record at any time for one that a reader brings.
   */
  private boolean takeRecords(List<Need> needs) {
    if (!atHand.isEmpty()) {
      atHand.clear();
    }
    for (var need : needs) {
      var found = known.find(need.revision());
      if (found == null) {
        return false;
      }
      atHand.put(need.revision(), found);
    }
    return true;
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
      if (machine.isLong(logged.command, sliceKeys)) {
        break;
      }
      for (var need : machine.needs(logged.command)) {
        if (known.find(need.revision()) == null) {
          wanted.add(need.revision());
        }
      }
    }
    return List.copyOf(wanted);
  }

  /** Looks where applying looks. */
  private final class KnownRecords implements Records {
    @Override
    public Bytes get(Revision revision) {
      return InvariantViolation.present(
          atHand.get(revision), "applying asks only for records that it named");
    }

    @Override
    public @Nullable Bytes find(Revision revision) {
      var inMemory = records.find(revision);
      return inMemory != null ? inMemory : fetched.get(revision);
    }
  }

  /** A long command under way, and what its slices made. */
  private final class LongApply {
    private final Logged logged;

    /** The store before the command, which is what counts until its last slice. */
    private final StoreMeta before;

    private final JoinedList<Event> events = new JoinedList<>();
    private WriteTally tally = WriteTally.NONE;

    LongApply(Logged logged, StoreMeta before) {
      this.logged = logged;
      this.before = before;
    }

    void add(Part part) {
      tally = tally.plus(keep(part.writes()));
      events.join(part.events());
    }

    /** What follows a slice that was not the last. */
    List<StoreEffect> effects(Part part) {
      var effects = new ArrayList<StoreEffect>();
      if (!part.writes().isEmpty()) {
        effects.add(new StoreEffect.Write(new Flush(part.writes(), List.of(), List.of(), before)));
      }
      if (!part.missing().isEmpty()) {
        fetching = true;
        effects.add(new StoreEffect.Fetch(part.missing()));
      } else if (records.isFull()) {
        waitingForBackend = true;
      } else {
        effects.add(next());
      }
      return effects;
    }
  }

  /**
   * Lets readers find the records, who cannot ask for them before the state is published. Nobody
   * reads a tombstone.
   */
  private WriteTally keep(List<Write> writes) {
    var tally = WriteTally.of(writes);
    if (tally.puts() > 0) {
      for (var write : writes) {
        if (!write.tombstone()) {
          records.add(write.revision(), write.record());
        }
      }
    }
    return tally;
  }

  /** What one slice has done so far. */
  private final class Batch {
    private List<Write> writes = new ArrayList<>();
    private final List<WriteBatch.Change> others = new ArrayList<>();
    private final List<LeaseChange> leases = new ArrayList<>();
    private List<Event> events = new ArrayList<>();
    private final List<Answer> answers = new ArrayList<>();
    private final List<StoreEffect> afterwards = new ArrayList<>();
    private WriteTally tally = WriteTally.NONE;
    private long txns;
    private final long before = machine.appliedIndex();

    void apply(Logged logged) {
      var entry = logged.entry;
      var outcome = machine.apply(entry.index(), entry.term(), logged.command, known);
      tally = tally.plus(keep(outcome.writes()));
      writes.addAll(outcome.writes());
      events.addAll(outcome.events());
      add(logged, outcome);
    }

    /** A delete takes effect, and its records follow. */
    void begin(Logged logged, Outcome outcome) {
      if (outcome.result() instanceof Result.DeleteRange deleted) {
        tally = new WriteTally(0, deleted.deleted(), 0, 0);
      }
      add(logged, outcome);
    }

    /** The last slice of a long command is done: all of it takes effect now. */
    void finish(LongApply done, List<Write> lastWrites, Outcome outcome) {
      tally = done.tally;
      writes = lastWrites;
      events = done.events;
      add(done.logged, outcome);
    }

    private void add(Logged logged, Outcome outcome) {
      watch.applied(logged.command, outcome.result());
      txns += logged.command instanceof Command.Txn ? 1 : 0;
      others.addAll(outcome.others());
      leases.addAll(outcome.leases());
      var requestId = logged.envelope.requestId();
      if (RequestId.isOf(requestId, life)) {
        answer(requestId, logged.command, outcome);
      }
    }

    boolean isEmpty() {
      return machine.appliedIndex() == before;
    }

    /** Who takes part changes in the same transaction as the applied index (P13). */
    void change(MembershipChange change) {
      if (membership.apply(change) instanceof Membership.Result.Changed(var changed)) {
        membership = changed;
        others.add(MembershipRecord.change(changed));
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
        if (sweeping == null) {
          effects.add(new StoreEffect.Write(new Flush(writes, List.of(), others, machine.meta())));
        } else {
          sweeping.laterWrites.join(writes);
          sweeping.laterOthers.addAll(others);
        }
        if (!leases.isEmpty()) {
          effects.add(new StoreEffect.LeasesChanged(leases));
        }
        if (sweeping != null) {
          sweeping.laterEvents.join(events);
        } else if (!events.isEmpty()) {
          effects.add(new StoreEffect.Happened(events));
        }
        if (!answers.isEmpty()) {
          effects.add(new StoreEffect.Reply(answers));
        }
        readyRounds(effects);
        effects.add(new StoreEffect.Count(tally.puts(), tally.deletes(), txns, tally.putBytes()));
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
