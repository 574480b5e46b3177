package dev.kvorum.verticles.stage;

import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.mvcc.StoreMeta;
import dev.kvorum.storage.state.Outcome;
import dev.kvorum.storage.state.Part;
import dev.kvorum.storage.state.StateMachine;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The one piece of work of the log that takes many turns, if there is one, and who waits for its
 * end.
 *
 * <p>It is a {@link LongApply}, for which the whole log waits, or a {@link Sweeping}, for which
 * only those entries wait that would get in its way; never both. A delete of an interval is swept
 * from its first turn on. The end of a lease with very many keys is a long command, which lists
 * them, and is swept when it has taken effect.
 */
final class LongWork {
  private final StateMachine machine;
  private final ApplyRecords records;
  private final WaitingEntries waiting;
  private final LogTurns turns;
  private final ApplyWatch watch;
  private final Supplier<Batch> batches;
  private final int sliceKeys;
  private final long sliceBytes;
  private final int mostEventsTold;
  private @Nullable LongApply longApply;
  private @Nullable Sweeping sweeping;

  /** What came meanwhile and has to see the whole machine. */
  private final ArrayDeque<Supplier<List<StoreEffect>>> held = new ArrayDeque<>();

  /** Whether somebody waits for one of these. */
  private boolean isHeldUrgent;

  /** What came meanwhile and must not see a command that is half done. */
  private final ArrayDeque<Supplier<List<StoreEffect>>> heldByCommand = new ArrayDeque<>();

  /**
   * @param batches makes a batch for what takes effect
   * @param sliceKeys how many keys one slice looks at
   * @param sliceBytes how many bytes of records one slice reads
   * @param mostEventsTold a delete of more keys watchers have to read
   */
  LongWork(
      StateMachine machine,
      ApplyRecords records,
      WaitingEntries waiting,
      LogTurns turns,
      ApplyWatch watch,
      Supplier<Batch> batches,
      int sliceKeys,
      long sliceBytes,
      int mostEventsTold) {
    this.machine = machine;
    this.records = records;
    this.waiting = waiting;
    this.turns = turns;
    this.watch = watch;
    this.batches = batches;
    this.sliceKeys = sliceKeys;
    this.sliceBytes = sliceBytes;
    this.mostEventsTold = mostEventsTold;
  }

  /** Whether the log's next turn belongs to a long command. */
  boolean isApplying() {
    return longApply != null;
  }

  /** The delete that is being written, or null. */
  @Nullable Sweeping sweeping() {
    return sweeping;
  }

  /** Does it now, or when the machine is whole again, which is to be soon: somebody waits. */
  List<StoreEffect> whole(Supplier<List<StoreEffect>> input) {
    var effects = wholeInTime(input);
    isHeldUrgent = !held.isEmpty();
    return effects;
  }

  /** The same for work that has time itself: a delete that is being written rests all the same. */
  List<StoreEffect> wholeInTime(Supplier<List<StoreEffect>> input) {
    if (longApply == null && sweeping == null) {
      return input.get();
    }
    held.add(input);
    return List.of();
  }

  private void admitHeld(List<StoreEffect> effects) {
    isHeldUrgent = false;
    admit(held, effects);
  }

  /**
   * Does it now, or when no command is half done. A delete whose records are being made has taken
   * effect; who asks must not mind the keys whose turn has not come, or asks for {@link #whole}.
   */
  List<StoreEffect> betweenCommands(Supplier<List<StoreEffect>> input) {
    if (longApply == null) {
      return input.get();
    }
    heldByCommand.add(input);
    return List.of();
  }

  private static void admit(
      ArrayDeque<Supplier<List<StoreEffect>>> inputs, List<StoreEffect> effects) {
    while (!inputs.isEmpty()) {
      effects.addAll(inputs.removeFirst().get());
    }
  }

  /** Whether the next entry has to wait for records that are being written; then it gets a turn. */
  boolean mustWait(Command command, boolean isLong) {
    var current = sweeping;
    if (current == null || !(isLong || machine.mustWait(command))) {
      return false;
    }
    current.holdsUpLog = true;
    return true;
  }

  /** Begins with the next entry, which is long. */
  List<StoreEffect> begin(Logged logged) {
    if (logged.command() instanceof Command.DeleteRange delete
        && machine.isSweep(delete, sliceKeys)) {
      return beginSweep(logged, delete);
    }
    longApply = new LongApply(logged, machine.meta());
    machine.begin(logged.entry().index(), logged.entry().term(), logged.command());
    return proceed();
  }

  /** The next slice of the long command; it may end as a delete that is being written. */
  List<StoreEffect> proceed() {
    var current = InvariantViolation.present(longApply, "a long command is under way");
    var batch = batches.get();
    var part = machine.step(records, sliceKeys, sliceBytes);
    current.add(part, records.keep(part.writes()));
    if (part.missing().isEmpty()) {
      records.forgetFetched();
    }
    var outcome = part.outcome();
    if (outcome == null) {
      return sliceDone(current, part);
    }
    longApply = null;
    if (machine.isSweeping()) {
      return sweepBegun(current.logged, batch, current.before, outcome);
    }
    watch.applied(current.logged.command(), outcome.result());
    batch.addLong(current, part.writes(), outcome);
    waiting.removeFirst();
    var effects = batch.effects(null);
    admit(heldByCommand, effects);
    admitHeld(effects);
    goOn(effects);
    return effects;
  }

  /** What follows a slice of a long command that was not the last. */
  private List<StoreEffect> sliceDone(LongApply current, Part part) {
    var effects = new ArrayList<StoreEffect>();
    if (!part.writes().isEmpty()) {
      effects.add(
          new StoreEffect.Write(new Flush(part.writes(), List.of(), List.of(), current.before)));
    }
    if (!part.missing().isEmpty()) {
      effects.add(turns.fetch(part.missing()));
    } else if (records.isFull()) {
      turns.waitForBackend();
    } else {
      effects.add(turns.next());
    }
    return effects;
  }

  private List<StoreEffect> beginSweep(Logged logged, Command.DeleteRange delete) {
    var batch = batches.get();
    var before = machine.meta();
    var outcome = machine.beginSweep(logged.entry().index(), logged.entry().term(), delete);
    return sweepBegun(logged, batch, before, outcome);
  }

  /** The next entry has taken effect, and its records follow. */
  private List<StoreEffect> sweepBegun(
      Logged logged, Batch batch, StoreMeta before, Outcome outcome) {
    sweeping = new Sweeping(before, machine.sweepingKeys() > mostEventsTold);
    watch.applied(logged.command(), outcome.result());
    batch.addSweep(logged, outcome, machine.sweepingKeys());
    waiting.removeFirst();
    var effects = batch.effects(sweeping);
    admit(heldByCommand, effects);
    effects.add(new StoreEffect.SweepLater(false));
    goOn(effects);
    return effects;
  }

  private void goOn(List<StoreEffect> effects) {
    if (!waiting.isEmpty()) {
      effects.add(turns.next());
    }
  }

  /** The next slice of the delete that is being written. */
  List<StoreEffect> sweep() {
    var current = InvariantViolation.present(sweeping, "a delete is being written");
    var part = machine.sweep(sliceKeys);
    var effects = new ArrayList<StoreEffect>();
    if (machine.isSweeping()) {
      effects.add(current.add(part));
      // What was put behind the delete reaches the backend after it, and needs room meanwhile.
      var isWaitedFor = current.holdsUpLog || isHeldUrgent || records.isFilling();
      effects.add(new StoreEffect.SweepLater(isWaitedFor));
    } else {
      sweeping = null;
      effects.add(new StoreEffect.Publish(machine.state()));
      current.end(part, machine.meta(), effects);
      admitHeld(effects);
    }
    if (current.holdsUpLog && !turns.isBusy()) {
      // The next entry may be free to go now; otherwise it will say again that it is held up.
      current.holdsUpLog = false;
      effects.add(turns.next());
    }
    return effects;
  }
}
