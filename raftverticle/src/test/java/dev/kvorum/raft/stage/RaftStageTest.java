package dev.kvorum.raft.stage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.raft.core.DurableLog;
import dev.kvorum.raft.core.HardState;
import dev.kvorum.raft.core.Membership;
import dev.kvorum.raft.core.Message;
import dev.kvorum.raft.core.RaftBoot;
import dev.kvorum.raft.core.RaftConfig;
import dev.kvorum.raft.core.RaftCore;
import dev.kvorum.raft.verticle.FlightRecorder;
import dev.kvorum.raft.verticle.NodeGuard;
import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.Journal;
import dev.kvorum.storage.journal.JournalOptions;
import dev.kvorum.storage.journal.JournalScan;
import dev.kvorum.storage.journal.Keep;
import dev.kvorum.storage.journal.Mark;
import dev.kvorum.storage.journal.Owner;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskResult;
import dev.kvorum.storage.journal.disk.MemoryDisk;
import dev.kvorum.storage.journal.vote.Claim;
import dev.kvorum.storage.journal.vote.VoteFiles;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.InvariantViolation;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A lone voter on a disk in memory: what follows what. */
class RaftStageTest {
  private static final long ME = 5;
  private static final EntryId BIRTH = new EntryId(1, 1);
  private static final long SNAPSHOT_AFTER_BYTES = 256 * 1024;

  private final MemoryDisk disk = new MemoryDisk(Runnable::run);
  private final List<RaftEffect> effects = new ArrayList<>();
  private Journal journal;
  private RaftStage stage;

  @BeforeEach
  void found() throws DiskFaultException {
    var owner = new Owner(1, ME);
    var vote = (VoteFiles.Found.Known) VoteFiles.load(disk, true);
    var options = new JournalOptions(128 * 1024, 64 * 1024, 64 * 1024, 64 * 1024, 2, 0);
    var scan = JournalScan.read(disk, owner, true);
    journal = Journal.open(disk, owner, options, scan, new Keep.Everything(), vote);
    journal.mark(new Mark.LogReset(BIRTH));
    journal.mark(new Mark.SnapshotTaken(BIRTH));
    journal.mark(new Mark.StateSynced(BIRTH));
    runDisk();
    effects.clear();
    stage = startAt(new EntryId(1, 1));
  }

  private RaftStage startAt(EntryId position) {
    var boot =
        new RaftBoot(
            1,
            new HardState(position.term(), 0, position.index()),
            DurableLog.of(position, List.of()),
            Membership.ofVoters(List.of(ME)),
            position.index(),
            new Claim.Sound());
    return new RaftStage(
        ME,
        new RaftCore(RaftConfig.defaults(ME, 42), boot),
        journal,
        new Retention(10_000, 5_000, SNAPSHOT_AFTER_BYTES));
  }

  @Test
  void aLoneVoterLeadsAsSoonAsItsVoteIsDurable() throws DiskFaultException {
    effects.addAll(stage.start());
    assertThat(stage.status().leader()).isZero();

    runDisk();

    assertThat(stage.status().leader()).isEqualTo(ME);
    assertThat(stage.status().term()).isEqualTo(2);
  }

  @Test
  void nothingIsCommittedBeforeTheDiskHasIt() throws DiskFaultException {
    lead();

    effects.addAll(stage.propose(1, 7, List.of(Bytes.utf8("a"), Bytes.utf8("b"))));
    assertThat(committed()).isEmpty();

    runDisk();
    assertThat(committed())
        .extracting(Entry::payload)
        .containsExactly(Bytes.utf8("a"), Bytes.utf8("b"));
  }

  /** Otherwise a read after a restart could miss what an earlier life acknowledged. */
  @Test
  void readsWaitForARoundUntilTheFirstEntryOfTheTermIsApplied() throws DiskFaultException {
    effects.addAll(stage.start());
    runDisk();
    var first = committed().getLast();
    assertThat(stage.status().readsNeedNoRound()).isFalse();

    effects.addAll(stage.applied(first.index()));

    assertThat(stage.status().readsNeedNoRound()).isTrue();
  }

  @Test
  void aReadRoundOfALoneVoterIsConfirmedAtItsCommitIndex() throws DiskFaultException {
    lead();

    var confirmed = stage.read(3, 9);

    assertThat(confirmed).contains(new RaftEffect.ConfirmRead(3, 9, stage.status().committed()));
  }

  @Test
  void proposalsBeforeTheElectionAreRefusedAndNotLost() {
    var refused = stage.propose(2, 40, List.of(Bytes.utf8("a"), Bytes.utf8("b")));

    assertThat(refused).contains(new RaftEffect.Refuse(2, 40, 2, Failure.NO_LEADER));
  }

  @Test
  void aSnapshotIsWantedOnceWhenTheJournalHasGrown() throws DiskFaultException {
    lead();
    growTo(SNAPSHOT_AFTER_BYTES + 128 * 1024);

    assertThat(effects.stream().filter(RaftEffect.TakeSnapshot.class::isInstance)).hasSize(1);
  }

  @Test
  void aSnapshotIsWantedAtOnceWhenMostOfTheNewestWasDeleted() throws DiskFaultException {
    lead();
    var wanted = new RaftEffect.TakeSnapshot();

    assertThat(stage.dataShrank()).contains(wanted);
    assertThat(stage.dataShrank()).as("one at a time").doesNotContain(wanted);
    stage.snapshotFailed();
    assertThat(stage.dataShrank()).contains(wanted);
  }

  /** Seed 754: the end of the journal was lost, and the store, which was ahead, is all there is. */
  @Test
  void aSnapshotIsWantedAtOnceWhereTheJournalBeginsBehindTheNewest() throws DiskFaultException {
    var covered = new EntryId(1, 7);
    journal.mark(new Mark.LogReset(covered));
    for (var job = journal.poll(); job != null; job = journal.poll()) {
      disk.perform(job.operations());
      journal.completed(new DiskResult.Done());
    }
    stage = startAt(covered);
    var wanted = new RaftEffect.TakeSnapshot();
    assertThat(stage.start()).doesNotContain(wanted);

    assertThat(stage.tick()).contains(wanted);
    assertThat(stage.tick()).doesNotContain(wanted);
    stage.snapshotFailed();
    assertThat(stage.tick()).doesNotContain(wanted);
  }

  @Test
  void noSnapshotIsWantedAtOnceWhereTheNewestReachesTheJournal() throws DiskFaultException {
    lead();

    assertThat(stage.tick()).doesNotContain(new RaftEffect.TakeSnapshot());
  }

  /** P12: the journal gives up only what a synced store and a whole snapshot both hold. */
  @Test
  void theJournalIsReleasedBelowBothTheSnapshotAndTheSyncedState() throws DiskFaultException {
    lead();
    growTo(SNAPSHOT_AFTER_BYTES + 128 * 1024);
    var applied = committed().getLast();
    effects.addAll(stage.applied(applied.index()));

    effects.addAll(stage.stateSynced(applied.index()));
    runDisk();
    assertThat(journal.firstIndex()).isEqualTo(2);

    var position = new EntryId(applied.term(), applied.index() - 1);
    effects.addAll(stage.snapshotTaken(position, 1_000));
    runDisk();
    effects.addAll(stage.propose(1, 1, List.of(Bytes.utf8("z"))));
    runDisk();
    assertThat(effects).contains(new RaftEffect.DropSnapshotsBelow(position));
    assertThat(journal.firstIndex()).isGreaterThan(2).isLessThanOrEqualTo(position.index() + 1);
  }

  /** A machine whose model is wrong must not go on; what led there is kept. */
  @Test
  void aViolatedInvariantStopsTheNodeAndLeavesTheEvents() throws DiskFaultException {
    lead();
    effects.addAll(stage.propose(1, 1, List.of(Bytes.utf8("a"))));
    runDisk();
    var recorder = new FlightRecorder();
    recorder.attach(stage.events());
    var halted = new ArrayList<Throwable>();
    NodeGuard guard = (_, cause) -> halted.add(cause);

    // A second leader in this member's own term cannot be.
    guard.run(() -> stage.receive(new Message.Heartbeat(9, ME, stage.status().term(), 1, 0, 0)));

    assertThat(halted).singleElement().isInstanceOf(InvariantViolation.class);
    assertThat(EventRing.read(recorder.dump()))
        .last()
        .asString()
        .endsWith("heartbeat from/term/index 9 2 1");
    assertThat(EventRing.read(recorder.dump())).anyMatch(line -> line.contains("propose count 1"));
  }

  private void lead() throws DiskFaultException {
    effects.addAll(stage.start());
    runDisk();
    effects.addAll(stage.applied(committed().getLast().index()));
    effects.clear();
  }

  private void growTo(long bytes) throws DiskFaultException {
    var payload = Bytes.wrap(new byte[16 * 1024]);
    for (var written = 0L; written < bytes; written += payload.size()) {
      effects.addAll(stage.propose(1, 1, List.of(payload)));
      runDisk();
      effects.addAll(stage.applied(committed().getLast().index()));
    }
  }

  private List<Entry> committed() {
    return effects.stream()
        .filter(RaftEffect.Commit.class::isInstance)
        .flatMap(effect -> ((RaftEffect.Commit) effect).entries().stream())
        .toList();
  }

  private void runDisk() throws DiskFaultException {
    for (var job = journal.poll(); job != null; job = journal.poll()) {
      disk.perform(job.operations());
      for (var outcome : journal.completed(new DiskResult.Done())) {
        if (stage != null) {
          effects.addAll(stage.journal(outcome));
        }
      }
    }
  }
}
