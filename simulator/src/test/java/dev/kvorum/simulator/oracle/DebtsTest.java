package dev.kvorum.simulator.oracle;

import static dev.kvorum.simulator.oracle.Violations.assertWrong;

import dev.kvorum.raft.core.Message;
import dev.kvorum.raft.core.TraceRecord;
import dev.kvorum.simulator.plan.Fault;
import dev.kvorum.simulator.plan.FaultKind;
import dev.kvorum.simulator.plan.Plan;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.vote.Claim;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Member 1, which has the id 2, is the one whose disk is damaged. */
final class DebtsTest {
  private static final EntryId BEFORE = new EntryId(2, 9);
  private static final EntryId LEFT = new EntryId(2, 5);
  private static final Claim CLAIM = new Claim.Reached(BEFORE);

  private final FakeCluster cluster = new FakeCluster();
  private final Debts debts = new Debts();

  @BeforeEach
  void watch() {
    debts.watch(cluster);
  }

  private void loses(Claim claim) {
    cluster.plan = damaging(cluster.plan);
    debts.durable(1, BEFORE);
    cluster.durable = LEFT;
    cluster.claim = claim;
    debts.started(1);
  }

  private static Plan damaging(Plan plan) {
    return plan.withFaults(List.of(new Fault(FaultKind.DISK_BIT_FLIP, 0, 0, 1, 0)));
  }

  /** Votes in term 4 for member 0, whose log ends there. */
  private void votesForOneThatEndsAt(EntryId last) {
    debts.said(0, new Message.VoteRequest(1, 2, 4, false, false, last));
    debts.said(1, new Message.VoteResponse(2, 1, 4, false, true, EntryId.ORIGIN));
  }

  @Test
  void whoLostWhatWasDurableKnowsIt() {
    assertWrong(() -> loses(new Claim.Sound()), "who lost what was durable knows it");
  }

  @Test
  void aDebtOutlivesALifeThatDoesNotPayIt() {
    loses(CLAIM);
    cluster.claim = new Claim.Sound();
    assertWrong(() -> debts.started(1), "who lost what was durable knows it");
  }

  @Test
  void whoLostNothingClaimsNothing() {
    cluster.claim = CLAIM;
    assertWrong(() -> debts.started(1), "who lost nothing claims nothing");
  }

  @Test
  void whoLostEntriesVotesForNobodyWhoLacksThem() {
    loses(CLAIM);
    votesForOneThatEndsAt(BEFORE);
    assertWrong(
        () -> votesForOneThatEndsAt(LEFT), "who lost entries votes for nobody who lacks them");
  }

  @Test
  void aDebtIsPaidByTheEntriesAndRemittedByACure() {
    loses(CLAIM);
    debts.durable(1, BEFORE);
    votesForOneThatEndsAt(LEFT);
    loses(CLAIM);
    debts.happened(1, new TraceRecord.ClaimChanged(new Claim.Sound(), "cured"));
    votesForOneThatEndsAt(LEFT);
  }

  @Test
  void aContradictionIsAMistakeOfTheServer() {
    assertWrong(
        () -> debts.refused(1, "the journal contradicts itself: batch 3"),
        "damage is told from a contradiction");
  }
}
