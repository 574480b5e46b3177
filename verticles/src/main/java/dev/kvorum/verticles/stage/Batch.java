package dev.kvorum.verticles.stage;

import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.lease.LeaseChange;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.mvcc.Write;
import dev.kvorum.storage.mvcc.WriteTally;
import dev.kvorum.storage.state.Outcome;
import dev.kvorum.storage.state.StateMachine;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the entries of one turn did, collected until it is told: the state first, then who keeps it,
 * then who watches, and the answers last.
 */
final class Batch {
  private final StateMachine machine;
  private final Compactions compactions;
  private final WaitingReads reads;
  private final int life;
  private final long before;
  private List<Write> writes = new ArrayList<>();
  private final List<WriteBatch.Change> others = new ArrayList<>();
  private final List<LeaseChange> leases = new ArrayList<>();
  private List<Event> events = new ArrayList<>();
  private final List<Answer> answers = new ArrayList<>();
  private final List<StoreEffect> afterwards = new ArrayList<>();
  private WriteTally tally = WriteTally.NONE;
  private long txns;

  /**
   * @param machine before the first entry of the batch
   * @param compactions know when a physical compaction may be answered
   * @param reads wait for the state that the batch makes, or a later one
   * @param life which life of this member this is: only its own proposals are answered
   */
  Batch(StateMachine machine, Compactions compactions, WaitingReads reads, int life) {
    this.machine = machine;
    this.compactions = compactions;
    this.reads = reads;
    this.life = life;
    before = machine.appliedIndex();
  }

  /** A command was applied, and its records were counted. */
  void add(Logged logged, Outcome outcome, WriteTally made) {
    tally = tally.plus(made);
    writes.addAll(outcome.writes());
    events.addAll(outcome.events());
    tell(logged, outcome);
  }

  /** A delete of so many keys takes effect, alone, and its records follow. */
  void addSweep(Logged logged, Outcome outcome, long keys) {
    tally = new WriteTally(0, keys, 0, 0);
    tell(logged, outcome);
  }

  /** The last slice of a long command is done: all of it takes effect now, alone. */
  void addLong(LongApply done, List<Write> lastWrites, Outcome outcome) {
    tally = done.tally();
    writes = lastWrites;
    events = done.events;
    tell(done.logged, outcome);
  }

  private void tell(Logged logged, Outcome outcome) {
    txns += logged.command() instanceof Command.Txn ? 1 : 0;
    others.addAll(outcome.others());
    leases.addAll(outcome.leases());
    var requestId = logged.envelope().requestId();
    if (RequestId.isOf(requestId, life)) {
      answer(requestId, logged.command(), outcome);
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

  /** A change beside the records, in the same transaction as the applied index. */
  void change(WriteBatch.Change change) {
    others.add(change);
  }

  boolean isEmpty() {
    return machine.appliedIndex() == before;
  }

  /** How many records were made. */
  int size() {
    return writes.size();
  }

  /**
   * Tells it, in the order that is the rule.
   *
   * @param sweeping the delete behind whose records the batch's own have to stay
   */
  List<StoreEffect> effects(@Nullable Sweeping sweeping) {
    var effects = new ArrayList<StoreEffect>();
    if (isEmpty()) {
      return effects;
    }
    effects.add(new StoreEffect.Publish(machine.state()));
    if (sweeping == null) {
      effects.add(new StoreEffect.Write(new Flush(writes, List.of(), others, machine.meta())));
    } else {
      sweeping.later(writes, others, events);
    }
    if (!leases.isEmpty()) {
      effects.add(new StoreEffect.LeasesChanged(leases));
    }
    if (sweeping == null && !events.isEmpty()) {
      effects.add(new StoreEffect.Happened(events));
    }
    if (!answers.isEmpty()) {
      effects.add(new StoreEffect.Reply(answers));
    }
    reads.ready(machine.appliedIndex(), effects);
    effects.add(new StoreEffect.Count(tally.puts(), tally.deletes(), txns, tally.putBytes()));
    effects.add(new StoreEffect.AppliedTo(machine.appliedIndex()));
    effects.addAll(afterwards);
    compactions.proceed(effects);
    return effects;
  }
}
