package dev.kvorum.raft.stage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.raft.core.Message;
import dev.kvorum.raft.core.RaftBoot;
import dev.kvorum.raft.core.RaftConfig;
import dev.kvorum.raft.core.RaftCore;
import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.Journal;
import dev.kvorum.storage.journal.JournalOptions;
import dev.kvorum.storage.journal.JournalOutcome;
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
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One of three voters on a disk in memory, led by another one: what must be durable first. */
class FollowerStageTest {
  private static final long ME = 5;
  private static final long LEADER = 6;
  private static final EntryId BIRTH = new EntryId(1, 1);
  private static final Membership THREE = Membership.ofVoters(List.of(ME, LEADER, 7L));

  private final MemoryDisk disk = new MemoryDisk(Runnable::run);
  private final List<RaftEffect> effects = new ArrayList<>();
  private Journal journal;
  private RaftStage stage;

  @BeforeEach
  void found() throws DiskFaultException {
    journal = open(true);
    journal.mark(new Mark.LogReset(BIRTH));
    journal.mark(new Mark.SnapshotTaken(BIRTH));
    journal.mark(new Mark.StateSynced(BIRTH));
    runDisk();
    stage = stage(1);
    effects.addAll(stage.start());
  }

  private Journal open(boolean newDirectory) throws DiskFaultException {
    var vote = (VoteFiles.Found.Known) VoteFiles.load(disk, newDirectory);
    var options = new JournalOptions(128 * 1024, 64 * 1024, 64 * 1024, 64 * 1024, 2, 0);
    var scan = JournalScan.read(disk, new Owner(1, ME), newDirectory);
    return Journal.open(disk, new Owner(1, ME), options, scan, new Keep.Everything(), vote);
  }

  private RaftStage stage(long incarnation) {
    var boot =
        BootFromJournal.of(
            incarnation, journal, journal.commit(), THREE, journal.base().index(), List.of());
    return stage(boot);
  }

  private RaftStage stage(RaftBoot boot) {
    return new RaftStage(
        ME,
        new RaftCore(RaftConfig.defaults(ME, 42), boot),
        journal,
        new Retention(10_000, 5_000, 1 << 20));
  }

  @Test
  void entriesAreAcknowledgedWhenTermAndEntriesAreDurable() throws DiskFaultException {
    receive(append(2, BIRTH, 1, entry(2, 2), entry(2, 3)));
    assertThat(sent()).isEmpty();

    runDisk();

    assertThat(sent())
        .containsExactly(new Message.AppendResponse(ME, LEADER, 2, 1, false, 3, EntryId.ORIGIN));
    assertThat(journal.vote().term()).isEqualTo(2);
    assertThat(journal.lastDurable()).isEqualTo(new EntryId(2, 3));
  }

  /** P5: what is lost is remembered over restarts, with the vote. */
  @Test
  void aClaimSurvivesARestartAndSoDoesItsCure() throws DiskFaultException {
    receive(new Message.Heartbeat(LEADER, ME, 2, 4, 0, 0));
    runDisk();
    assertThat(journal.vote().claim()).isEqualTo(new Claim.Reached(new EntryId(2, 4)));

    journal = open(false);
    stage = stage(2);
    effects.addAll(stage.start());
    receive(append(2, BIRTH, 4, entry(2, 2), entry(2, 3), entry(2, 4)));
    runDisk();
    runDisk();

    assertThat(journal.vote().claim()).isEqualTo(new Claim.Sound());
  }

  /**
   * The claim comes and goes, so equal votes are asked for with another between them; all that the
   * disk is asked to write is settled by the last.
   */
  @Test
  void equalVotesWithAnotherBetweenThemAreAllSettled() throws DiskFaultException {
    receive(new Message.Heartbeat(LEADER, ME, 2, 1, 0, 0));
    runDisk();
    receive(new Message.Heartbeat(LEADER, ME, 2, 2, 0, 0));
    receive(append(2, BIRTH, 2, entry(2, 2)));

    runDisk();

    assertThat(journal.vote().claim()).isEqualTo(new Claim.Sound());
    assertThat(sent())
        .contains(new Message.AppendResponse(ME, LEADER, 2, 1, false, 2, EntryId.ORIGIN));
  }

  @Test
  void aSnapshotIsInJournalAndStoreBeforeItIsAcknowledged() throws DiskFaultException {
    var position = new EntryId(2, 10);
    receive(append(2, BIRTH, 1, entry(2, 2)));
    runDisk();
    effects.clear();

    receive(new Message.InstallSnapshot(LEADER, ME, 2, position, THREE));
    receive(append(2, position, 11, entry(2, 11)));
    assertThat(effects).noneMatch(RaftEffect.InstallSnapshot.class::isInstance);
    runDisk();

    assertThat(journal.base()).isEqualTo(position);
    assertThat(journal.snapshotTaken()).isEqualTo(position);
    assertThat(effects).filteredOn(RaftEffect.InstallSnapshot.class::isInstance).hasSize(1);
    assertThat(sent()).isEmpty();
    assertThat(committed()).isEmpty();

    effects.addAll(stage.snapshotInstalled(position));
    runDisk();

    assertThat(sent())
        .contains(
            new Message.AppendResponse(ME, LEADER, 2, 1, false, 10, EntryId.ORIGIN),
            new Message.AppendResponse(ME, LEADER, 2, 1, false, 11, EntryId.ORIGIN));
    assertThat(committed()).containsExactly(entry(2, 11));
    assertThat(effects).contains(new RaftEffect.DropSnapshotsBelow(position));
  }

  /** The store reports a sync that began before the snapshot came. */
  @Test
  void aSyncOfTheReplacedStateMarksNothing() throws DiskFaultException {
    receive(new Message.InstallSnapshot(LEADER, ME, 2, new EntryId(2, 10), THREE));
    runDisk();

    effects.addAll(stage.stateSynced(1));
    runDisk();

    assertThat(journal.stateSynced()).isEqualTo(BIRTH);
  }

  @Test
  void aVoteIsAnsweredWhenBothVoteFilesHaveIt() throws DiskFaultException {
    receive(new Message.VoteRequest(7, ME, 2, false, false, BIRTH));
    assertThat(sent()).isEmpty();

    runDisk();

    assertThat(sent()).containsExactly(new Message.VoteResponse(ME, 7, 2, false, true, BIRTH));
    assertThat(journal.vote().votedFor()).isEqualTo(7);
  }

  private static Entry entry(long term, long index) {
    return new Entry(term, index, Entry.Type.COMMAND, Bytes.utf8("v" + index));
  }

  private static Message append(long term, EntryId previous, long commit, Entry... entries) {
    return new Message.Append(LEADER, ME, term, previous, List.of(entries), commit);
  }

  private void receive(Message message) {
    effects.addAll(stage.receive(message));
  }

  private List<Message> sent() {
    return effects.stream()
        .filter(RaftEffect.Send.class::isInstance)
        .map(effect -> ((RaftEffect.Send) effect).message())
        .filter(message -> !(message instanceof Message.HeartbeatResponse))
        .toList();
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
      for (JournalOutcome outcome : journal.completed(new DiskResult.Done())) {
        if (stage != null) {
          effects.addAll(stage.journal(outcome));
        }
      }
    }
  }
}
