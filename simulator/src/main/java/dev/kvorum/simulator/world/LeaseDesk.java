package dev.kvorum.simulator.world;

import dev.kvorum.raft.stage.RaftStatus;
import dev.kvorum.storage.lease.LeaseChange;
import dev.kvorum.storage.lease.LeaseClock;
import dev.kvorum.storage.lease.LeaseTable;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.LeaseAsk;
import dev.kvorum.storage.model.Result;
import dev.kvorum.verticles.stage.LeadershipClaim;
import dev.kvorum.verticles.stage.LeaseEffect;
import dev.kvorum.verticles.stage.LeaseStage;
import dev.kvorum.verticles.stage.StoreEffect;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/** A member's leases: what the server's lease verticle does, around the same stage. */
final class LeaseDesk {
  /** What the desk needs of its member. */
  interface Shell {
    /** The member's own elapsed time, which may run fast or slow. */
    long localNow();

    /** The bus: lets something happen in a later turn. */
    void soon(Runnable action);

    /** The bus as well, which may be slow between leases and Raft. */
    void late(Runnable action);

    /** A timer of the member's own clock. */
    void inLocalTime(long nanos, Runnable action);

    RaftStatus raft();

    long revision();

    /** Asks for a round of reads. */
    void confirm(Consumer<Boolean> answer);

    void propose(Command command, Consumer<Result> answer);

    /** Asks the store for the keys of each lease, or for how many there are. */
    void findKeys(List<Long> ids, boolean countsOnly, Consumer<StoreEffect.FoundKeys> answer);

    void tell(long line, Result answer);

    /** Lets observers see something of the member. */
    void observe(Consumer<Observer> what);
  }

  private static final long GATHER_NANOS = 100_000_000L;

  private final Shell shell;
  private final int member;
  private final LeaseStage stage;

  /** The line of each question under way; never iterated. */
  private final Map<Long, Long> asking = new HashMap<>();

  private long nextNumber;
  private long seenTerm;
  private boolean seenLeading;

  /** The term in which the stage began to lead last. */
  private long ledTerm;

  private long armedFor = LeaseClock.NEVER;

  LeaseDesk(Shell shell, int member, long electionTimeoutNanos, LeaseTable leases) {
    this.shell = shell;
    this.member = member;
    stage = new LeaseStage(electionTimeoutNanos, false);
    stage.load(leases, shell.localNow());
  }

  /** The store was replaced by one from a snapshot. */
  void storeReplaced(LeaseTable leases) {
    step(() -> stage.replaced(leases, moment()));
  }

  /** Raft's status may have changed. */
  void raftChanged(RaftStatus status) {
    if (status.term() != seenTerm || status.leading() != seenLeading) {
      seenTerm = status.term();
      seenLeading = status.leading();
      shell.late(this::statusChanged);
    }
  }

  private void statusChanged() {
    if (!shell.raft().leading()) {
      step(stage::follow);
      return;
    }
    var asked = shell.localNow();
    confirm(
        term -> {
          if (term != 0) {
            shell.observe(observer -> observer.leasesLed(member, term, shell.localNow()));
            ledTerm = term;
            step(() -> stage.lead(term, asked, moment()));
          } else {
            shell.inLocalTime(GATHER_NANOS, this::statusChanged);
          }
        });
  }

  private void confirm(LongConsumer answer) {
    var claim = LeadershipClaim.of(shell.raft());
    // The answer comes over the bus, behind everything that the store said before it.
    shell.confirm(held -> shell.soon(() -> answer.accept(claim.confirmedTerm(held, shell.raft()))));
  }

  /** What the log did to leases. */
  void changed(List<LeaseChange> changes) {
    for (var change : changes) {
      if (change instanceof LeaseChange.Granted granted) {
        shell.observe(observer -> observer.leaseBegun(member, granted.id(), shell.localNow()));
      }
    }
    step(() -> stage.changed(changes, moment()));
  }

  /** A client asks. */
  void asked(long line, LeaseAsk ask) {
    var number = nextNumber++;
    asking.put(number, line);
    var asked = List.of(new LeaseStage.Asked(FrontDoor.LOOP, number, ask));
    shell.soon(() -> step(() -> stage.asked(asked, moment())));
  }

  private LeaseStage.Moment moment() {
    return new LeaseStage.Moment(shell.localNow(), shell.revision());
  }

  private void step(Supplier<List<LeaseEffect>> input) {
    for (var effect : input.get()) {
      perform(effect);
    }
    arm();
  }

  private void perform(LeaseEffect effect) {
    switch (effect) {
      case LeaseEffect.Reply reply -> reply(reply.number(), reply.result());
      case LeaseEffect.ReplyWithKeys reply -> replyWithKeys(reply);
      case LeaseEffect.ConfirmLeadership _ ->
          confirm(term -> step(() -> stage.confirmed(term, moment())));
      case LeaseEffect.CountKeys(var ids) ->
          shell.findKeys(
              ids,
              true,
              found -> {
                var counts = found.counts().stream().mapToInt(each -> each).toArray();
                step(() -> stage.counted(ids, counts, moment()));
              });
      case LeaseEffect.CountExpired _ -> {}
      case LeaseEffect.Propose(var command) ->
          shell.late(() -> shell.propose(command, result -> proposed(command, result)));
    }
  }

  private void proposed(Command command, Result result) {
    var tookEffect = !(result instanceof Result.Failed);
    shell.soon(() -> step(() -> stage.proposed(command, tookEffect, moment())));
  }

  private void replyWithKeys(LeaseEffect.ReplyWithKeys reply) {
    var result = reply.result();
    shell.findKeys(
        List.of(result.id()),
        false,
        found ->
            reply(
                reply.number(),
                new Result.LeaseTimeToLive(
                    shell.revision(),
                    result.id(),
                    result.ttlSeconds(),
                    result.grantedSeconds(),
                    found.keys().getFirst())));
  }

  private void reply(long number, Result result) {
    var line = asking.remove(number);
    if (line == null) {
      return;
    }
    if (result instanceof Result.LeaseKeepAlive kept && kept.ttlSeconds() > 0) {
      shell.observe(
          observer ->
              observer.leaseKept(member, ledTerm, kept.id(), kept.ttlSeconds(), shell.localNow()));
    }
    shell.tell(line, result);
  }

  private void arm() {
    var wake = stage.nextWakeNanos();
    if (wake < armedFor) {
      armedFor = wake;
      shell.inLocalTime(
          Math.max(0, wake - shell.localNow()) + GATHER_NANOS,
          () -> {
            if (armedFor == wake) {
              armedFor = LeaseClock.NEVER;
              step(() -> stage.wake(moment()));
            }
          });
    }
  }
}
