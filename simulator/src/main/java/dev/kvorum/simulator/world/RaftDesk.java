package dev.kvorum.simulator.world;

import dev.kvorum.raft.core.MembershipChange;
import dev.kvorum.raft.core.Message;
import dev.kvorum.raft.core.RaftConfig;
import dev.kvorum.raft.core.RaftCore;
import dev.kvorum.raft.core.Role;
import dev.kvorum.raft.core.TraceRecord;
import dev.kvorum.raft.stage.RaftEffect;
import dev.kvorum.raft.stage.RaftStage;
import dev.kvorum.raft.stage.RaftStatus;
import dev.kvorum.raft.stage.Retention;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.Journal;
import dev.kvorum.storage.journal.JournalDriver;
import dev.kvorum.storage.journal.JournalOutcome;
import dev.kvorum.storage.journal.disk.DiskFault;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import java.util.List;

/** A member's Raft and its journal: what the server's Raft verticle does, around the same stage. */
final class RaftDesk {
  private static final long SPACE_RETRY_NANOS = 1_000_000_000L;

  /** Steps between two looks at everything that must hold, for a short log. */
  private static final int INVARIANT_EVERY = 64;

  /** An input of the stage. */
  interface Step {
    List<RaftEffect> of(RaftStage stage);
  }

  private final Life life;
  private final World world;
  private final int index;
  private final long memberId;
  private final SimDisk disk;
  private final Journal journal;
  private final RaftCore core;
  private final RaftStage stage;
  private final JournalDriver driver;
  private EntryId durable;
  private int stepsToInvariant;
  private long ledTerm;

  /** How far the log was committed when that was heard of last. */
  private long ledCommit;

  private boolean readFails;

  RaftDesk(Life life, World world, int index, long memberId, SimDisk disk, Boot.Opened opened) {
    this.life = life;
    this.world = world;
    this.index = index;
    this.memberId = memberId;
    this.disk = disk;
    var tuning = world.plan().tuning();
    journal = opened.journal();
    durable = journal.lastDurable();
    core =
        new RaftCore(
            RaftConfig.defaults(
                    memberId, world.random(memberId * 31 + opened.boot().incarnation()).next())
                .withTimeouts(tuning.electionTicks(), 1)
                .withWindows(
                    tuning.maxAppendBytes(), tuning.maxInflightAppends(), tuning.maxTailBytes() + 1)
                .withBudgets(
                    tuning.maxUncommittedBytes(), tuning.maxTailBytes(), tuning.maxApplyingBytes()),
            opened.boot());
    stage =
        new RaftStage(
            memberId,
            core,
            journal,
            new Retention(
                tuning.snapshotCount(), tuning.catchUpEntries(), tuning.snapshotAfterBytes()));
    driver =
        new JournalDriver(
            journal,
            disk,
            action -> life.later(Life.BUS_NANOS, Life.RUN, 0, action),
            this::journal);
  }

  RaftCore core() {
    return core;
  }

  RaftStatus status() {
    return stage.status();
  }

  Journal journal() {
    return journal;
  }

  /** The last entry that is known to be durable. */
  EntryId durable() {
    return durable;
  }

  /** The next read from the journal fails. */
  void failNextRead() {
    readFails = true;
  }

  /** An operator's wish; it is not answered, as an operator looks at what becomes of it. */
  void change(MembershipChange change) {
    var last = core.lastEntry();
    var effects = stage.changeMembership(FrontDoor.LOOP, -1, change);
    if (core.role() == Role.LEADER && !core.lastEntry().equals(last)) {
      world.observe(observer -> observer.changes(index, change));
    }
    perform(effects);
  }

  /** Raft hears something. */
  void step(Step step) {
    perform(step.of(stage));
  }

  /** A message has arrived, on a connection that may have ended meanwhile. */
  void message(Network.Flight flight) {
    if (world.network().isCurrent(flight)) {
      var message = flight.message();
      if (world.trace().isTold()
          && !(message instanceof Message.Heartbeat)
          && !(message instanceof Message.HeartbeatResponse)) {
        world.tell(index, "gets " + Words.of(message));
      }
      world.observe(observer -> observer.received(index, message));
      perform(stage.receive(message));
    }
  }

  private void journal(JournalOutcome outcome) {
    if (outcome instanceof JournalOutcome.Durable(var _, var last)) {
      durable = last;
      world.member(index).durable(journal.durableBatch(), last);
      world.observe(observer -> observer.durable(index, last));
    }
    perform(stage.journal(outcome));
  }

  /** There may be space on the disk again. */
  void retrySpace() {
    stage.retrySpace();
    driver.pump();
  }

  private void perform(List<RaftEffect> effects) {
    for (var i = 0; i < effects.size(); i++) {
      perform(effects.get(i));
      if (life.isDead()) {
        return;
      }
    }
    driver.pump();
  }

  private void perform(RaftEffect effect) {
    switch (effect) {
      case RaftEffect.Commit(var entries) -> {
        for (var entry : entries) {
          world.observe(observer -> observer.committed(index, entry));
        }
        life.store().commitLater(entries);
      }
      case RaftEffect.Refuse refuse -> {
        if (refuse.firstRequestId() >= 0) {
          life.clients().door().refused(refuse.firstRequestId(), refuse.count(), refuse.failure());
        }
      }
      case RaftEffect.ConfirmRead read -> {
        world.observe(observer -> observer.confirmsRound(index, read.round()));
        life.later(
            Life.BUS_NANOS, Life.CONFIRMED, 0, new Life.Confirmed(read.round(), read.index()));
      }
      case RaftEffect.Send(var message) -> world.send(index, message);
      case RaftEffect.ReadEntries wanted ->
          life.later(Life.READ_NANOS, Life.READ_ENTRIES, 0, wanted);
      case RaftEffect.SendSnapshot(var request) ->
          life.later(Life.READ_NANOS, Life.SEND_SNAPSHOT, 0, request);
      case RaftEffect.InstallSnapshot(var snapshot) ->
          life.later(Life.BUS_NANOS, Life.INSTALL, 0, snapshot.position());
      case RaftEffect.DropSnapshotsBelow(var position) -> life.snapshots().dropBelow(position);
      case RaftEffect.TakeSnapshot _ -> life.snapshots().takeLater();
      case RaftEffect.DiskLow _ -> life.later(SPACE_RETRY_NANOS * 2, Life.RETRY_SPACE, 0, null);
      case RaftEffect.DiskFull _ -> life.later(SPACE_RETRY_NANOS, Life.RETRY_SPACE, 0, null);
      case RaftEffect.DiskHasSpace _ -> world.coverage().hit("disk has space again");
      case RaftEffect.Halt(var fault) -> world.processes().halted(index, fault.message());
      case RaftEffect.Found(var finding) -> world.findings().found(index, finding);
      case RaftEffect.Trace(var record) -> happened(record);
      case RaftEffect.Publish(var status) -> published(status);
    }
  }

  private void published(RaftStatus status) {
    if (status.leading() && status.term() != ledTerm) {
      ledTerm = status.term();
      world.observe(observer -> observer.leads(index, status.term()));
    } else if (status.leading() && status.committed() > ledCommit) {
      world.observe(observer -> observer.commits(index, status.term(), status.committed()));
    }
    ledCommit = status.committed();
    life.clients().leases().raftChanged(status);
  }

  private void happened(TraceRecord record) {
    world.coverage().happened(record);
    world.observe(observer -> observer.happened(index, record));
    if (record instanceof TraceRecord.MembershipChanged(var membership)) {
      world.quorums().configured(membership);
    }
    if (world.trace().isTold()) {
      world.tell(index, Words.of(record));
    }
  }

  /** Reads from the journal what Raft has not in memory. */
  void readEntries(RaftEffect.ReadEntries wanted) {
    try {
      if (readFails) {
        readFails = false;
        throw new DiskFaultException(
            new DiskFault(DiskFault.Kind.READ, "the journal", "fault on command"));
      }
      var entries = wanted.range().read(disk, wanted.maxBytes());
      perform(stage.entriesRead(wanted.reader(), wanted.from(), entries));
    } catch (DiskFaultException fault) {
      if (journal.firstIndex() > wanted.from() && wanted.reader() != memberId) {
        perform(stage.entriesRead(wanted.reader(), wanted.from(), List.of()));
      } else {
        perform(stage.entriesUnreadable(wanted.from()));
        world.processes().halted(index, "the journal cannot be read: " + fault.getMessage());
      }
    }
  }

  /** Something has happened to the member: now and then, looks at everything that must hold. */
  void stepped() {
    if (--stepsToInvariant <= 0) {
      core.invariant();
      // The look costs as much as the log is long; so it costs the same for each step.
      var length = core.lastEntry().index() - core.logBase().index();
      stepsToInvariant = INVARIANT_EVERY + (int) length;
    }
  }

  /** Looks at everything that must hold now. */
  void invariant() {
    core.invariant();
    if (journal.lastDurable().index() > journal.last().index()) {
      throw new WrongException("the journal is durable beyond its end");
    }
  }
}
