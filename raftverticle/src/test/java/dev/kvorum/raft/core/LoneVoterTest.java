package dev.kvorum.raft.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.vote.Claim;
import dev.kvorum.storage.model.Bytes;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** A cluster of one goes the same way as any other: vote, disk, lead, append, disk, commit. */
class LoneVoterTest {
  private final RaftCore core =
      new RaftCore(RaftConfig.defaults(1, 7), RaftBoot.founder(List.of(1L)));

  private static Persist persist(Outcome outcome) {
    return Objects.requireNonNull(outcome.persist());
  }

  private Outcome complete(Persist persist) {
    var outcome = core.step(new RaftEvent.Persisted(persist.sequence(), persist.last()));
    core.invariant();
    return outcome;
  }

  /** Brings the core to the point where its empty entry is committed. */
  private void lead() {
    var vote = persist(core.start());
    var empty = persist(complete(vote));
    complete(empty);
    core.step(new RaftEvent.Applied(2));
  }

  @Test
  void campaignsAtOnceAndLeadsWhenItsVoteIsDurable() {
    var vote = persist(core.start());

    assertThat(vote.hardState()).isEqualTo(new HardState(2, 1, 1));
    assertThat(vote.entries()).isEmpty();
    assertThat(core.role()).isEqualTo(Role.CANDIDATE);

    var outcome = complete(vote);

    assertThat(outcome.standing()).isEqualTo(new Standing(Role.LEADER, 2, 1));
    assertThat(persist(outcome).entries())
        .containsExactly(new Entry(2, 2, Entry.Type.EMPTY, Bytes.EMPTY));
  }

  @Test
  void commitsItsEmptyEntryWhenThatIsDurable() {
    var empty = persist(complete(persist(core.start())));
    assertThat(core.commitIndex()).isEqualTo(1);

    var outcome = complete(empty);

    assertThat(core.commitIndex()).isEqualTo(2);
    assertThat(outcome.committed()).isEqualTo(empty.entries());
  }

  @Test
  void appliesABatchOnlyAfterItsOwnDiskHasIt() {
    lead();

    var outcome = core.step(new RaftEvent.Propose(List.of(Bytes.utf8("a"), Bytes.utf8("b"))));

    assertThat(outcome.proposal()).isEqualTo(new ProposalResult.Accepted(3, 2, 2));
    assertThat(outcome.committed()).isEmpty();
    var persist = persist(outcome);
    assertThat(persist.hardState()).isNull();
    assertThat(persist.last()).isEqualTo(new EntryId(2, 4));

    assertThat(complete(persist).committed()).isEqualTo(persist.entries());
  }

  @Test
  void completesSeveralPersistsAtOnce() {
    lead();
    core.step(new RaftEvent.Propose(List.of(Bytes.utf8("a"))));
    var second = persist(core.step(new RaftEvent.Propose(List.of(Bytes.utf8("b")))));

    var outcome = complete(second);

    assertThat(outcome.committed()).hasSize(2);
  }

  @Test
  void answersAReadWithoutARound() {
    lead();

    var outcome = core.step(new RaftEvent.ReadRequest(42));

    assertThat(outcome.reads()).containsExactly(new ReadReady(42, 2));
    assertThat(outcome.messages()).isEmpty();
  }

  @Test
  void letsAReadWaitUntilAnEntryOfItsTermIsCommitted() {
    var empty = persist(complete(persist(core.start())));
    assertThat(core.step(new RaftEvent.ReadRequest(42)).reads()).isEmpty();

    assertThat(complete(empty).reads()).containsExactly(new ReadReady(42, 2));
  }

  @Test
  void asksForNothingWhenATickChangesNothing() {
    lead();

    assertThat(core.step(new RaftEvent.Tick()).isEmpty()).isTrue();
  }

  @Test
  void refusesMoreThanItsShareOfUncommittedBytes() {
    var small =
        new RaftCore(
            RaftConfig.defaults(1, 7).withBudgets(10, 1000, 1000), RaftBoot.founder(List.of(1L)));
    var vote = persist(small.start());
    var empty = persist(small.step(new RaftEvent.Persisted(vote.sequence(), vote.last())));
    small.step(new RaftEvent.Persisted(empty.sequence(), empty.last()));
    var tooLarge = new RaftEvent.Propose(List.of(Bytes.utf8("eleven byte")));

    // Alone anything may pass, or it never could.
    var accepted = small.step(tooLarge);
    var persist = persist(accepted);
    assertThat(small.step(tooLarge).proposal())
        .isEqualTo(
            new ProposalResult.Rejected(ProposalResult.Reason.TOO_MANY_UNCOMMITTED_BYTES, 1, ""));

    small.step(new RaftEvent.Persisted(persist.sequence(), persist.last()));
    assertThat(small.step(tooLarge).proposal()).isEqualTo(new ProposalResult.Accepted(4, 1, 2));
  }

  @Test
  void appliesWhatWasCommittedBeforeARestart() {
    var entries =
        List.of(
            new Entry(2, 2, Entry.Type.EMPTY, Bytes.EMPTY),
            new Entry(2, 3, Entry.Type.COMMAND, Bytes.utf8("a")));
    var restarted =
        new RaftCore(
            RaftConfig.defaults(1, 7),
            new RaftBoot(
                2,
                new HardState(2, 1, 2),
                DurableLog.of(RaftBoot.BIRTH, entries),
                Membership.ofVoters(List.of(1L)),
                1,
                new Claim.Sound()));

    // The commit index on disk is only a hint: the rest follows with the new term's empty entry.
    var outcome = restarted.start();
    assertThat(outcome.committed()).containsExactly(entries.get(0));
    assertThat(persist(outcome).hardState()).isEqualTo(new HardState(3, 1, 2));
  }

  @Test
  void readsEntriesToApplyFromTheJournalWhenTheyLeftMemory() {
    var entries =
        List.of(
            new Entry(2, 2, Entry.Type.EMPTY, Bytes.EMPTY),
            new Entry(2, 3, Entry.Type.COMMAND, Bytes.utf8("a")));
    var whole = DurableLog.of(RaftBoot.BIRTH, entries);
    var log = new DurableLog(whole.base(), 3, whole.termStarts(), List.of(), entries.subList(1, 2));
    var restarted =
        new RaftCore(
            RaftConfig.defaults(1, 7),
            new RaftBoot(
                2,
                new HardState(2, 1, 3),
                log,
                Membership.ofVoters(List.of(1L)),
                1,
                new Claim.Sound()));

    var outcome = restarted.start();
    assertThat(outcome.committed()).isEmpty();
    assertThat(outcome.entryReads())
        .singleElement()
        .satisfies(
            read -> {
              assertThat(read.reader()).isEqualTo(1);
              assertThat(read.from()).isEqualTo(2);
              assertThat(read.to()).isEqualTo(2);
            });

    var read = restarted.step(new RaftEvent.EntriesRead(1, 2, entries.subList(0, 1)));
    assertThat(read.committed()).isEqualTo(entries.subList(0, 1));
    assertThat(restarted.step(new RaftEvent.Applied(2)).committed())
        .isEqualTo(entries.subList(1, 2));
  }
}
