package dev.kvorum.simulator.world;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.raft.core.RaftConfig;
import dev.kvorum.raft.core.RaftCore;
import dev.kvorum.raft.stage.RaftEffect;
import dev.kvorum.raft.stage.RaftStage;
import dev.kvorum.raft.stage.Retention;
import dev.kvorum.simulator.engine.Scheduler;
import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.simulator.engine.Trace;
import dev.kvorum.simulator.plan.Plan;
import dev.kvorum.simulator.plan.Tuning;
import dev.kvorum.simulator.plan.Weather;
import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.Journal;
import dev.kvorum.storage.journal.JournalDriver;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.FaultyDisk;
import dev.kvorum.storage.journal.snapshot.SnapshotDamagedException;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Raft, journals, disks and the network of a calm cluster, and nothing else: no state machine, no
 * clients and no oracles. What is committed counts as applied at once. It shows what the engine and
 * the consensus machinery cost by themselves; whatever else a run does comes on top.
 *
 * <p>The load is a fixed number of small entries under way: when one is committed the next one is
 * proposed, a short random time later.
 */
public final class BareCluster {
  private static final int PAYLOAD_BYTES = 128;
  private static final long PROPOSE_NANOS = 100_000;
  private static final long BUS_NANOS = 5_000;
  private static final int INVARIANT_EVERY = 64;

  /** So many applied entries, then the journal hears that the state store was synced. */
  private static final long SYNC_EVERY = 1_000;

  private final Scheduler scheduler = new Scheduler();
  private final Trace trace = new Trace(scheduler, null);
  private final Tuning tuning = Tuning.ROOMY;
  private final SimRandom random;
  private final Network network;
  private final int underWay;
  private final Bytes payload = Bytes.wrap(new byte[PAYLOAD_BYTES]);
  private final List<BareMember> members = new ArrayList<>();
  private long lastCommitted;

  /**
   * @param plan how many members, how fast their disks, from which seed
   * @param underWay entries that are proposed and not committed
   */
  public BareCluster(Plan plan, int underWay) {
    random = new SimRandom(plan.seed());
    network = new Network(scheduler, random.fork(1), Weather.CALM, new Receiver());
    this.underWay = underWay;
    var voters = new ArrayList<Long>();
    for (var id = 1L; id <= plan.members(); id++) {
      voters.add(id);
    }
    for (var id : voters) {
      members.add(new BareMember(id, Membership.ofVoters(voters), plan.diskNanos()));
    }
  }

  /** Runs until so many events have happened; returns the last index that is committed. */
  public long run(long events) {
    for (var member : members) {
      member.start();
    }
    while (scheduler.fired() < events) {
      InvariantViolation.check(scheduler.step(), "a cluster always has something to do");
    }
    return lastCommitted;
  }

  private final class Receiver implements Network.Receiver {
    @Override
    public void deliver(int to, long delayNanos, Network.Flight flight) {
      members.get(to).later(delayNanos, BareMember.MESSAGE, 0, flight);
    }

    @Override
    public void broken(int from, int to) {
      throw new InvariantViolation("no connection breaks in a calm network");
    }
  }

  /** One member: the stage, its journal and its disk. */
  private final class BareMember extends Actor {
    private static final int RUN = 0;
    private static final int TICK = 1;
    private static final int MESSAGE = 2;
    private static final int COMMITTED = 3;
    private static final int PROPOSE = 4;

    private final int index;
    private final Journal journal;
    private final RaftCore core;
    private final RaftStage raft;
    private final JournalDriver driver;
    private int stepsToInvariant = INVARIANT_EVERY;
    private long ledTerm;
    private long nextRequestId;
    private long synced;

    BareMember(long id, Membership founders, long diskNanos) {
      super(BareCluster.this.scheduler);
      index = (int) (id - 1);
      var files = new FaultyDisk(random.fork(id).next());
      var disk = new SimDisk(scheduler, files, random.fork(-id), diskNanos, _ -> {});
      var opened = found(disk, id, founders);
      journal = opened.journal();
      core =
          new RaftCore(
              RaftConfig.defaults(id, random.fork(id << 8).next())
                  .withTimeouts(tuning.electionTicks(), 1),
              opened.boot());
      raft =
          new RaftStage(
              id,
              core,
              journal,
              new Retention(
                  tuning.snapshotCount(), tuning.catchUpEntries(), tuning.snapshotAfterBytes()));
      driver =
          new JournalDriver(
              journal,
              disk,
              action -> later(BUS_NANOS, RUN, 0, action),
              outcome -> perform(raft.journal(outcome)));
    }

    private static Boot.Opened found(SimDisk disk, long id, Membership founders) {
      try {
        return new Boot(disk, Tuning.ROOMY, id, founders).found();
      } catch (DiskFaultException | SnapshotDamagedException | RefusedException fault) {
        throw new IllegalStateException("an empty disk without faults is fit for a start", fault);
      }
    }

    void start() {
      perform(raft.start());
      later(tuning.tickNanos(), TICK, 0, null);
    }

    @Override
    boolean loses(int kind) {
      return false;
    }

    @Override
    void lost(int kind) {}

    @Override
    void happen(int kind, long argument, @Nullable Object content) {
      trace.mix(kind, index, argument);
      switch (kind) {
        case RUN -> ((Runnable) InvariantViolation.present(content, "what is run")).run();
        case TICK -> {
          later(tuning.tickNanos(), TICK, 0, null);
          perform(raft.tick());
        }
        case MESSAGE ->
            perform(
                raft.receive(
                    ((Network.Flight) InvariantViolation.present(content, "what arrives"))
                        .message()));
        case COMMITTED -> applied(argument);
        case PROPOSE -> perform(raft.propose(0, nextRequestId++, List.of(payload)));
        default -> throw new InvariantViolation("an event of unknown kind " + kind);
      }
      if (--stepsToInvariant <= 0) {
        core.invariant();
        var length = core.lastEntry().index() - core.logBase().index();
        stepsToInvariant = INVARIANT_EVERY + (int) length;
      }
    }

    private void applied(long lastIndex) {
      perform(raft.applied(lastIndex));
      if (lastIndex - synced >= SYNC_EVERY) {
        synced = lastIndex;
        perform(raft.stateSynced(lastIndex));
      }
    }

    private void perform(List<RaftEffect> effects) {
      for (var i = 0; i < effects.size(); i++) {
        perform(effects.get(i));
      }
      driver.pump();
    }

    private void perform(RaftEffect effect) {
      switch (effect) {
        case RaftEffect.Send(var message) -> network.send(index, (int) message.to() - 1, message);
        case RaftEffect.Commit(var entries) -> {
          later(BUS_NANOS, COMMITTED, entries.getLast().index(), null);
          lastCommitted = Math.max(lastCommitted, entries.getLast().index());
          if (raft.status().leading()) {
            proposeAgain(entries);
          }
        }
        case RaftEffect.Publish(var status) -> {
          if (status.leading() && status.term() != ledTerm) {
            ledTerm = status.term();
            for (var i = 0; i < underWay; i++) {
              proposeLater();
            }
          }
        }
        case RaftEffect.TakeSnapshot _ -> {
          // Writing it would be the state machine's work; the journal releases what it covers.
          var applied = core.appliedIndex();
          perform(raft.snapshotTaken(new EntryId(journal.termAt(applied), applied), 0));
        }
        case RaftEffect.Trace _,
            RaftEffect.ConfirmRead _,
            RaftEffect.DropSnapshotsBelow _,
            RaftEffect.DiskLow _,
            RaftEffect.DiskHasSpace _ -> {}
        case RaftEffect.Refuse _,
            RaftEffect.ReadEntries _,
            RaftEffect.SendSnapshot _,
            RaftEffect.InstallSnapshot _,
            RaftEffect.DiskFull _,
            RaftEffect.Halt _,
            RaftEffect.Found _ ->
            throw new InvariantViolation("this does not happen to a calm cluster: " + effect);
      }
    }

    private void proposeAgain(List<Entry> entries) {
      for (var entry : entries) {
        if (entry.type() == Entry.Type.COMMAND) {
          proposeLater();
        }
      }
    }

    private void proposeLater() {
      later(random.exponential(PROPOSE_NANOS), PROPOSE, 0, null);
    }
  }
}
