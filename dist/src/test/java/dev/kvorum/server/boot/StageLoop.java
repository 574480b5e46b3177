package dev.kvorum.server.boot;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.raft.stage.RaftEffect;
import dev.kvorum.raft.stage.RaftStage;
import dev.kvorum.storage.backend.Backend;
import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.journal.JournalDriver;
import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.snapshot.SnapshotDamagedException;
import dev.kvorum.storage.journal.snapshot.Snapshots;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.CommandCodec;
import dev.kvorum.storage.model.Envelope;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.RecordCodec;
import dev.kvorum.storage.state.StateMachine;
import dev.kvorum.storage.state.StateSnapshot;
import dev.kvorum.verticles.stage.Answer;
import dev.kvorum.verticles.stage.Flush;
import dev.kvorum.verticles.stage.FlushBatch;
import dev.kvorum.verticles.stage.RecordPort;
import dev.kvorum.verticles.stage.RequestId;
import dev.kvorum.verticles.stage.StoreEffect;
import dev.kvorum.verticles.stage.StoreStage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The stages of a lone voter over its real files, on one thread: what the verticles do, one thing
 * after the other.
 */
final class StageLoop {
  private static final int ELECTION_TICKS = 10;
  private static final long SNAPSHOT_COUNT = 100;
  private static final int FLUSHES_A_COMMIT = 3;
  private static final int COMMITS_A_SYNC = 4;

  /** Answers go to the life and the loop that a request's id names. */
  private static final int LIFE = 1;

  private static final int LOOP = 0;

  private final Disk disk;
  private final Backend backend;
  private final Snapshots snapshots;
  private final StateMachine machine;
  private final RaftStage raft;
  private final StoreStage store;
  private final JournalDriver driver;
  private final Consumer<Answer> acknowledged;
  private final ArrayDeque<Runnable> loop = new ArrayDeque<>();
  private final List<Flush> queue = new ArrayList<>();
  private final Map<Revision, Bytes> records = new HashMap<>();
  private int commits;

  /**
   * @param disk what the journal is written to
   * @param acknowledged hears of each answer at the moment when it would leave
   */
  StageLoop(
      OpenedMember member,
      Disk disk,
      Backend backend,
      Snapshots snapshots,
      Consumer<Answer> acknowledged) {
    this.disk = disk;
    this.backend = backend;
    this.snapshots = snapshots;
    this.acknowledged = acknowledged;
    machine = new StateMachine(member.state(), Long.MAX_VALUE);
    raft = RaftStart.stage(member, ELECTION_TICKS, SNAPSHOT_COUNT);
    var voters = Membership.ofVoters(List.of(member.identity().memberId()));
    store = new StoreStage(machine, new Memory(), _ -> true, LIFE, voters);
    driver =
        new JournalDriver(
            member.journal(), disk, loop::add, outcome -> perform(raft.journal(outcome)));
  }

  private final class Memory implements RecordPort {
    @Override
    public @Nullable Bytes find(Revision revision) {
      return records.get(revision);
    }

    @Override
    public boolean isFull() {
      return false;
    }

    @Override
    public boolean isFilling() {
      return false;
    }

    @Override
    public void add(Revision revision, Bytes serialized) {
      records.put(revision, serialized);
    }
  }

  StateMachine machine() {
    return machine;
  }

  /** Starts, leads, and applies whatever is in the log. */
  void start() {
    perform(raft.start());
    store(StoreStage::start);
    run();
    for (var tick = 0; tick < 4 * ELECTION_TICKS && !raft.status().leading(); tick++) {
      perform(raft.tick());
      run();
    }
  }

  void propose(int count, Command command) {
    var requestId = RequestId.of(LIFE, LOOP, count);
    var body = CommandCodec.encode(command);
    var envelope = new Envelope(Envelope.Kind.of(command), requestId, "", 0, body);
    perform(raft.propose(LOOP, requestId, List.of(envelope.encode())));
  }

  /** Does what there is to do. */
  void run() {
    for (var next = loop.poll(); next != null; next = loop.poll()) {
      next.run();
    }
  }

  private void perform(List<RaftEffect> effects) {
    effects.forEach(this::perform);
    driver.pump();
  }

  private void perform(RaftEffect effect) {
    switch (effect) {
      case RaftEffect.Commit(var entries) -> loop.add(() -> store(s -> s.committed(entries)));
      case RaftEffect.TakeSnapshot _ -> loop.add(this::takeSnapshot);
      case RaftEffect.ReadEntries wanted -> loop.add(() -> readEntries(wanted));
      case RaftEffect.DropSnapshotsBelow(var position) -> {
        try {
          snapshots.deleteBelow(position);
        } catch (DiskFaultException fault) {
          throw new AssertionError(fault);
        }
      }
      case RaftEffect.Publish _, RaftEffect.Trace _, RaftEffect.ConfirmRead _ -> {}
      case RaftEffect.Refuse _,
          RaftEffect.Send _,
          RaftEffect.SendSnapshot _,
          RaftEffect.InstallSnapshot _,
          RaftEffect.DiskLow _,
          RaftEffect.DiskFull _,
          RaftEffect.DiskHasSpace _,
          RaftEffect.Halt _,
          RaftEffect.Found _ ->
          throw new AssertionError("not on a healthy disk: " + effect);
    }
  }

  private void readEntries(RaftEffect.ReadEntries wanted) {
    try {
      var entries = wanted.range().read(disk, wanted.maxBytes());
      perform(raft.entriesRead(wanted.reader(), wanted.from(), entries));
    } catch (DiskFaultException fault) {
      throw new AssertionError(fault);
    }
  }

  private void takeSnapshot() {
    flush();
    try {
      var header = StateSnapshot.write(backend, Bytes.EMPTY, snapshots);
      perform(raft.snapshotTaken(header.position(), machine.state().inUseBytes()));
    } catch (DiskFaultException | SnapshotDamagedException fault) {
      throw new AssertionError(fault);
    }
  }

  /** A snapshot file now, as if the journal had grown. */
  void snapshot() {
    takeSnapshot();
    run();
  }

  private void store(Function<StoreStage, List<StoreEffect>> step) {
    step.apply(store).forEach(this::perform);
  }

  private void perform(StoreEffect effect) {
    switch (effect) {
      case StoreEffect.Write(var flush) -> {
        queue.add(flush);
        if (queue.size() >= FLUSHES_A_COMMIT) {
          flush();
        }
      }
      case StoreEffect.Reply(var answers) -> answers.forEach(acknowledged);
      case StoreEffect.Fetch(var revisions) -> loop.add(() -> fetch(revisions));
      case StoreEffect.AppliedTo(var index) -> loop.add(() -> perform(raft.applied(index)));
      case StoreEffect.Continue _ -> loop.add(() -> store(StoreStage::proceed));
      case StoreEffect.SweepLater _ -> loop.add(() -> store(StoreStage::sweep));
      case StoreEffect.Publish _,
          StoreEffect.Count _,
          StoreEffect.LeasesChanged _,
          StoreEffect.Happened _,
          StoreEffect.TooMuchHappened _,
          StoreEffect.InProgress _,
          StoreEffect.ReadsReady _ -> {}
      case StoreEffect.FoundKeys _,
          StoreEffect.Defragmented _,
          StoreEffect.CheckpointBegun _,
          StoreEffect.AttachmentsCopied _,
          StoreEffect.RaiseNoSpace _,
          StoreEffect.HashHistory _,
          StoreEffect.CompactLater _,
          StoreEffect.CompactionFinished _ ->
          throw new AssertionError("nobody asks for this here: " + effect);
    }
  }

  private void fetch(List<Revision> revisions) {
    flush();
    var found = new HashMap<Revision, Bytes>();
    try (var view = backend.openReadView()) {
      for (var revision : revisions) {
        var key = RecordCodec.bucketKey(revision);
        var value = view.get(Bucket.KEY, key);
        if (value != null) {
          found.put(revision, RecordCodec.record(key, value));
        }
      }
    }
    store(s -> s.fetched(found));
  }

  /** Commits what is queued in one transaction, and now and then syncs. */
  void flush() {
    if (queue.isEmpty()) {
      return;
    }
    var batch = FlushBatch.of(queue);
    queue.clear();
    backend.commit(batch.batch());
    loop.add(() -> store(StoreStage::flushed));
    commits++;
    if (commits % COMMITS_A_SYNC == 0) {
      backend.sync();
      loop.add(() -> perform(raft.stateSynced(batch.meta().appliedIndex())));
    }
  }
}
