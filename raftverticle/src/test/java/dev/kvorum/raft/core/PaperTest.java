package dev.kvorum.raft.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.vote.Claim;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.StateHash;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * One test for each claim of the Raft paper (Ongaro and Ousterhout, "In Search of an Understandable
 * Consensus Algorithm", extended version), on one member whose peers are played by the test.
 * Pre-vote and the check of the quorum, which the paper does not have, are off.
 */
class PaperTest {
  private static final List<Long> THREE = List.of(1L, 2L, 3L);

  private static Entry entry(long term, long index) {
    return new Entry(term, index, Entry.Type.COMMAND, Bytes.utf8(term + "/" + index));
  }

  /** A log after position 1/1, given the term of each entry. */
  private static List<Entry> log(long... terms) {
    var entries = new ArrayList<Entry>();
    for (var term : terms) {
      entries.add(entry(term, entries.size() + 2));
    }
    return entries;
  }

  private static TestMember member(long term, List<Long> voters, long... terms) {
    var config = RaftConfig.defaults(1, 1).withRules(false, false, true);
    var member =
        new TestMember(
            config,
            new RaftBoot(
                1,
                new HardState(term, 0, 1),
                DurableLog.of(RaftBoot.BIRTH, log(terms)),
                Membership.ofVoters(voters),
                1,
                new Claim.Sound()));
    member.start();
    return member;
  }

  private static void persistAll(TestMember member) {
    while (!member.disk.pending.isEmpty()) {
      member.persistOne();
    }
  }

  /** What the member says when a message comes in and its disk has done its work. */
  private static List<Message> answers(TestMember member, Message message) {
    member.outbox.clear();
    member.step(new RaftEvent.Receive(message));
    persistAll(member);
    return List.copyOf(member.outbox);
  }

  private static TestMember leader(long term, List<Long> voters, long... terms) {
    var member = member(term - 1, voters, terms);
    member.step(new RaftEvent.Campaign());
    persistAll(member);
    for (var peer : voters) {
      if (peer != 1 && member.core.role() == Role.CANDIDATE) {
        member.step(new RaftEvent.Receive(vote(peer, term, true)));
      }
    }
    assertThat(member.core.role()).isEqualTo(Role.LEADER);
    return member;
  }

  private static Message vote(long from, long term, boolean granted) {
    return new Message.VoteResponse(from, 1, term, false, granted, RaftBoot.BIRTH);
  }

  private static Message request(long from, long term, EntryId last) {
    return new Message.VoteRequest(from, 1, term, false, false, last);
  }

  private static Message done(long from, long term, long index) {
    return new Message.AppendResponse(from, 1, term, 1, false, index, EntryId.ORIGIN);
  }

  private static Message.Append append(
      long from, long term, EntryId previous, long commit, Entry... entries) {
    return new Message.Append(from, 1, term, previous, List.of(entries), commit);
  }

  // 5.1 Terms.

  @Test
  void everyRoleBecomesFollowerWhenItSeesALaterTerm() {
    var follower = member(1, THREE);
    var candidate = member(1, THREE);
    candidate.step(new RaftEvent.Campaign());
    var leader = leader(2, THREE);
    for (var member : List.of(follower, candidate, leader)) {
      answers(member, new Message.Heartbeat(2, 1, 9, 0, 0, 0));
      assertThat(member.core.role()).isEqualTo(Role.FOLLOWER);
      assertThat(member.core.term()).isEqualTo(9);
      assertThat(member.core.leader()).isEqualTo(2);
    }
  }

  @Test
  void messagesOfAnEarlierTermAreVoid() {
    var member = member(5, THREE, 2);
    assertThat(answers(member, append(2, 4, new EntryId(2, 2), 1, entry(4, 3)))).isEmpty();
    assertThat(answers(member, request(2, 4, new EntryId(9, 9)))).isEmpty();
    assertThat(member.core.lastEntry()).isEqualTo(new EntryId(2, 2));
    assertThat(member.core.term()).isEqualTo(5);
  }

  // 5.2 Elections.

  @Test
  void aMemberBeginsAsFollower() {
    assertThat(member(1, THREE).core.role()).isEqualTo(Role.FOLLOWER);
  }

  @Test
  void aLeaderSendsHeartbeatsToAllOthers() {
    var leader = leader(2, THREE);
    leader.outbox.clear();
    leader.step(new RaftEvent.Tick());
    assertThat(leader.outbox)
        .containsExactly(
            new Message.Heartbeat(1, 2, 2, 0, 0, 0), new Message.Heartbeat(1, 3, 2, 0, 0, 0));
  }

  @Test
  void aFollowerOrCandidateThatHearsNothingCampaignsInTheNextTerm() {
    var member = member(1, THREE);
    for (var tick = 0; tick < 20; tick++) {
      member.step(new RaftEvent.Tick());
    }
    assertThat(member.core.role()).isEqualTo(Role.CANDIDATE);
    assertThat(member.core.vote()).isEqualTo(1);
    var term = member.core.term();
    assertThat(term).isGreaterThanOrEqualTo(2);
    for (var tick = 0; tick < 20; tick++) {
      member.step(new RaftEvent.Tick());
    }
    assertThat(member.core.term()).isGreaterThan(term);
  }

  @Test
  void aCandidateWinsWithAMajorityAndLosesWithoutHope() {
    for (var size = 1; size <= 7; size++) {
      var voters = new ArrayList<Long>();
      for (var id = 1L; id <= size; id++) {
        voters.add(id);
      }
      for (var granted = 0; granted < size; granted++) {
        var member = member(1, voters);
        if (size > 1) {
          member.step(new RaftEvent.Campaign());
        }
        persistAll(member);
        for (var peer = 2L; peer <= size; peer++) {
          member.step(new RaftEvent.Receive(vote(peer, 2, peer - 2 < granted)));
        }
        assertThat(member.core.role())
            .isEqualTo(2 * (granted + 1) > size ? Role.LEADER : Role.FOLLOWER);
      }
    }
  }

  @Test
  void aVoteCountsOnceHoweverOftenItIsHeard() {
    var member = member(1, List.of(1L, 2L, 3L, 4L, 5L));
    member.step(new RaftEvent.Campaign());
    persistAll(member);
    for (var again = 0; again < 5; again++) {
      member.step(new RaftEvent.Receive(vote(2, 2, true)));
    }
    assertThat(member.core.role()).isEqualTo(Role.CANDIDATE);
  }

  @Test
  void aCandidateDoesNotCountItselfBeforeItsVoteIsDurable() {
    var member = member(1, THREE);
    member.step(new RaftEvent.Campaign());
    member.step(new RaftEvent.Receive(vote(2, 2, true)));
    assertThat(member.core.role()).isEqualTo(Role.CANDIDATE);
    persistAll(member);
    assertThat(member.core.role()).isEqualTo(Role.LEADER);
  }

  @Test
  void aMemberVotesForOneCandidateInATerm() {
    var member = member(1, THREE);
    assertThat(answers(member, request(2, 2, RaftBoot.BIRTH))).contains(granted(2, 2));
    assertThat(answers(member, request(3, 2, RaftBoot.BIRTH))).doesNotContain(granted(3, 2));
    // The same candidate may ask again: its answer may have been lost.
    assertThat(answers(member, request(2, 2, RaftBoot.BIRTH))).contains(granted(2, 2));
  }

  private static Message granted(long to, long term) {
    return new Message.VoteResponse(1, to, term, false, true, RaftBoot.BIRTH);
  }

  @Test
  void aMemberVotesOnceInATermEvenIfItRestartsBetween() {
    var member = member(1, THREE);
    answers(member, request(2, 2, RaftBoot.BIRTH));
    member.crash(0, 0);
    member.start();
    assertThat(answers(member, request(3, 2, RaftBoot.BIRTH))).doesNotContain(granted(3, 2));
  }

  @Test
  void aVoteIsAnsweredOnlyWhenItIsDurable() {
    var member = member(1, THREE);
    member.step(new RaftEvent.Receive(request(2, 2, RaftBoot.BIRTH)));
    assertThat(member.outbox).isEmpty();
    persistAll(member);
    assertThat(member.outbox).containsExactly(granted(2, 2));
  }

  @Test
  void aCandidateFollowsTheLeaderOfItsOwnTerm() {
    var member = member(1, THREE);
    member.step(new RaftEvent.Campaign());
    answers(member, append(2, 2, RaftBoot.BIRTH, 1));
    assertThat(member.core.role()).isEqualTo(Role.FOLLOWER);
    assertThat(member.core.leader()).isEqualTo(2);
  }

  @Test
  void electionTimeoutsAreDrawnFromTheWholeRange() {
    var seen = new TreeSet<Integer>();
    for (var seed = 0; seed < 300; seed++) {
      var core =
          new RaftCore(
              RaftConfig.defaults(1, seed).withRules(false, false, true), RaftBoot.founder(THREE));
      core.start();
      var ticks = 0;
      while (core.role() == Role.FOLLOWER) {
        core.step(new RaftEvent.Tick());
        ticks++;
      }
      seen.add(ticks);
    }
    assertThat(seen).containsExactly(10, 11, 12, 13, 14, 15, 16, 17, 18, 19);
  }

  @Test
  void twoLeadersInOneTermAreABugAndStopTheMember() {
    var leader = leader(2, THREE);
    assertThatThrownBy(() -> leader.step(new RaftEvent.Receive(append(2, 2, RaftBoot.BIRTH, 1))))
        .isInstanceOf(InvariantViolation.class);
  }

  // 5.3 Replication.

  @Test
  void aLeaderAppendsAndSendsWhatIsProposed() {
    var leader = leader(2, THREE);
    leader.step(new RaftEvent.Receive(done(2, 2, 2)));
    leader.outbox.clear();
    leader.step(new RaftEvent.Propose(List.of(Bytes.utf8("x"))));
    assertThat(leader.outbox)
        .contains(
            new Message.Append(
                1,
                2,
                2,
                new EntryId(2, 2),
                List.of(new Entry(2, 3, Entry.Type.COMMAND, Bytes.utf8("x"))),
                1));
  }

  @Test
  void anEntryIsCommittedWhenAMajorityHasIt() {
    for (var size = 1; size <= 7; size++) {
      var voters = new ArrayList<Long>();
      for (var id = 1L; id <= size; id++) {
        voters.add(id);
      }
      for (var acknowledged = 0; acknowledged < size; acknowledged++) {
        var leader = leader(2, voters);
        persistAll(leader);
        for (var peer = 2L; peer < 2 + acknowledged; peer++) {
          leader.step(new RaftEvent.Receive(done(peer, 2, 2)));
        }
        assertThat(leader.core.commitIndex())
            .as("%d of %d", acknowledged + 1, size)
            .isEqualTo(2 * (acknowledged + 1) > size ? 2 : 1);
      }
    }
  }

  @Test
  void aLeaderDoesNotCountItselfBeforeItsOwnDisk() {
    var leader = leader(2, THREE);
    leader.step(new RaftEvent.Receive(done(2, 2, 2)));
    assertThat(leader.core.commitIndex()).isEqualTo(1);
    persistAll(leader);
    assertThat(leader.core.commitIndex()).isEqualTo(2);
  }

  @Test
  void committingAnEntryCommitsAllBeforeIt() {
    var leader = leader(5, THREE, 2, 3);
    persistAll(leader);
    leader.step(new RaftEvent.Receive(done(2, 5, 4)));
    assertThat(leader.core.commitIndex()).isEqualTo(4);
    assertThat(leader.toApply).extracting(Entry::index).containsExactly(2L, 3L, 4L);
  }

  @Test
  void aFollowerLearnsTheCommitIndexFromTheLeader() {
    var member = member(1, THREE);
    answers(member, append(2, 2, RaftBoot.BIRTH, 1, entry(2, 2), entry(2, 3)));
    assertThat(member.core.commitIndex()).isEqualTo(1);
    answers(member, append(2, 2, new EntryId(2, 3), 2));
    assertThat(member.core.commitIndex()).isEqualTo(2);
  }

  @Test
  void aFollowerCommitsNothingBeyondWhatTheAppendHasShownToBeTheLeaders() {
    // Entry 1/3 is somebody else's. The append reaches only to 2; what lies behind is not matched.
    var member = member(1, THREE, 1, 1);
    answers(member, append(2, 2, new EntryId(1, 2), 3));
    assertThat(member.core.commitIndex()).isEqualTo(2);
  }

  @Test
  void aFollowerRefusesAnEntryWhosePreviousItLacksOrHasFromAnotherTerm() {
    var member = member(2, THREE, 1, 2);
    for (var previous : List.of(new EntryId(1, 3), new EntryId(2, 4), new EntryId(3, 3))) {
      var answer =
          answers(member, append(2, 3, previous, 1, entry(3, previous.index() + 1))).getFirst();
      assertThat(answer)
          .isInstanceOfSatisfying(
              Message.AppendResponse.class, response -> assertThat(response.rejected()).isTrue());
    }
    assertThat(member.core.lastEntry()).isEqualTo(new EntryId(2, 3));
  }

  @Test
  void aFollowerReplacesEntriesThatConflict() {
    var member = member(2, THREE, 1, 2);
    answers(member, append(2, 3, new EntryId(1, 2), 1, entry(3, 3), entry(3, 4)));
    assertThat(member.disk.log).containsExactly(entry(1, 2), entry(3, 3), entry(3, 4));
  }

  @Test
  void aFollowerKeepsWhatAnOldAppendDoesNotMention() {
    // The append is a late one: what follows may have been sent, and acknowledged, after it.
    var member = member(2, THREE, 2, 2, 2);
    answers(member, append(2, 2, new EntryId(2, 2), 1, entry(2, 3)));
    assertThat(member.core.lastEntry()).isEqualTo(new EntryId(2, 4));
  }

  @Test
  void anAppendIsAcknowledgedOnlyWhenItIsDurable() {
    var member = member(2, THREE);
    member.step(new RaftEvent.Receive(append(2, 2, RaftBoot.BIRTH, 1, entry(2, 2))));
    assertThat(member.outbox).isEmpty();
    persistAll(member);
    assertThat(member.outbox)
        .containsExactly(new Message.AppendResponse(1, 2, 2, 1, false, 2, EntryId.ORIGIN));
  }

  @Test
  void aLeaderNeverChangesItsOwnLog() {
    var leader = leader(5, THREE, 2, 3);
    persistAll(leader);
    assertThat(leader.disk.log.subList(0, 2)).isEqualTo(log(2, 3));
    leader.step(
        new RaftEvent.Receive(new Message.AppendResponse(2, 1, 5, 1, true, 3, new EntryId(1, 1))));
    assertThat(leader.disk.log.subList(0, 2)).isEqualTo(log(2, 3));
    assertThat(leader.core.lastEntry()).isEqualTo(new EntryId(5, 4));
  }

  // 5.4 Safety.

  @Test
  void aVoteGoesOnlyToACandidateWhoseLogIsAtLeastAsUpToDate() {
    record Case(EntryId candidate, boolean granted) {}
    for (var each :
        List.of(
            new Case(new EntryId(3, 3), true),
            new Case(new EntryId(3, 4), true),
            new Case(new EntryId(4, 2), true),
            new Case(new EntryId(3, 2), false),
            new Case(new EntryId(2, 9), false))) {
      var member = member(3, THREE, 2, 3);
      var answer = answers(member, request(2, 5, each.candidate)).getFirst();
      assertThat(((Message.VoteResponse) answer).granted())
          .as("%s", each.candidate)
          .isEqualTo(each.granted);
    }
  }

  @Test
  void entriesOfEarlierTermsAreNotCommittedByCounting() {
    // Figure 8: a majority has 2/2, but a member with 3/2 could still be elected and replace it.
    var leader = leader(4, THREE, 2);
    persistAll(leader);
    leader.step(new RaftEvent.Receive(done(2, 4, 2)));
    assertThat(leader.core.commitIndex()).isEqualTo(1);
    leader.step(new RaftEvent.Receive(done(2, 4, 3)));
    assertThat(leader.core.commitIndex()).isEqualTo(3);
  }

  @Test
  void aCommittedEntryIsNeverOverwritten() {
    var member = member(2, THREE);
    answers(member, append(2, 2, RaftBoot.BIRTH, 2, entry(2, 2)));
    assertThat(member.core.commitIndex()).isEqualTo(2);
    // Only a bug elsewhere can make a leader say that. The member stops rather than forget.
    assertThatThrownBy(
            () -> member.step(new RaftEvent.Receive(append(3, 3, RaftBoot.BIRTH, 1, entry(3, 2)))))
        .isInstanceOf(InvariantViolation.class)
        .hasMessageContaining("never overwritten");
  }

  // 8 Clients.

  @Test
  void aLeaderCommitsAnEmptyEntryAtTheBeginningOfItsTerm() {
    var leader = leader(2, THREE);
    assertThat(leader.core.lastEntry()).isEqualTo(new EntryId(2, 2));
    assertThat(leader.disk.pending.getLast().entries())
        .containsExactly(new Entry(2, 2, Entry.Type.EMPTY, Bytes.EMPTY));
  }

  @Test
  void aReadIsAnsweredOnlyAfterAMajorityHasConfirmedTheLeader() {
    var leader = leader(2, THREE);
    persistAll(leader);
    leader.step(new RaftEvent.Receive(done(2, 2, 2)));
    leader.step(new RaftEvent.ReadRequest(7));
    assertThat(leader.readReady).isEmpty();
    // An answer to an earlier heartbeat proves nothing about now.
    leader.step(
        new RaftEvent.Receive(
            new Message.HeartbeatResponse(2, 1, 2, 1, 0, false, false, StateHash.NONE)));
    assertThat(leader.readReady).isEmpty();
    leader.step(
        new RaftEvent.Receive(
            new Message.HeartbeatResponse(3, 1, 2, 1, 1, false, false, StateHash.NONE)));
    assertThat(leader.readReady).containsExactly(new ReadReady(7, 2));
  }
}
