package dev.kvorum.simulator.oracle;

import static dev.kvorum.simulator.oracle.Violations.assertWrong;

import dev.kvorum.raft.core.Message;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.vote.Claim;
import dev.kvorum.storage.journal.vote.Vote;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Members are counted from 0, and member 0 has the id 1. */
final class PromisesTest {
  private final FakeCluster cluster = new FakeCluster();
  private final Promises promises = new Promises();

  @BeforeEach
  void watch() {
    promises.watch(cluster);
  }

  private void votes(long term, long candidate) {
    cluster.vote = new Vote(term, candidate, new Claim.Sound());
    promises.said(1, new Message.VoteResponse(2, candidate, term, false, true, EntryId.ORIGIN));
  }

  @Test
  void anAcknowledgedEntryIsInTheJournal() {
    cluster.durable = new EntryId(3, 7);
    promises.said(1, new Message.AppendResponse(2, 1, 3, 1, false, 7, EntryId.ORIGIN));
    assertWrong(
        () -> promises.said(1, new Message.AppendResponse(2, 1, 3, 1, false, 8, EntryId.ORIGIN)),
        "a message says no more than the disk knows");
  }

  @Test
  void aVoteIsInTheVoteFiles() {
    cluster.vote = new Vote(4, 3, new Claim.Sound());
    assertWrong(
        () -> promises.said(1, new Message.VoteResponse(2, 1, 4, false, true, EntryId.ORIGIN)),
        "a message says no more than the disk knows");
  }

  @Test
  void aMemberVotesOnceInATerm() {
    votes(4, 1);
    votes(4, 1);
    assertWrong(() -> votes(4, 3), "a member votes once in a term");
  }

  @Test
  void whoLeadsHasTheVotesOfAQuorum() {
    votes(4, 1);
    promises.leads(0, 4);
    assertWrong(() -> promises.leads(0, 5), "who leads has the votes of a quorum");
  }

  @Test
  void aLeaderCommitsByAnEntryOfItsOwnTerm() {
    cluster.termAt = 4;
    promises.commits(0, 4, 9);
    assertWrong(() -> promises.commits(0, 5, 9), "a leader commits by an entry of its own term");
  }

  @Test
  void aMemberWhoseDiskIsWellStartsAgain() {
    assertWrong(() -> promises.refused(0, "no"), "a member whose disk is well starts again");
  }
}
