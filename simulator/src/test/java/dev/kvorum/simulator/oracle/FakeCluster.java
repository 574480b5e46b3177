package dev.kvorum.simulator.oracle;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.simulator.plan.Plan;
import dev.kvorum.simulator.plan.Swarm;
import dev.kvorum.simulator.world.Cluster;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.vote.Claim;
import dev.kvorum.storage.journal.vote.Vote;
import dev.kvorum.storage.model.Member;
import dev.kvorum.storage.mvcc.MvccStore;
import dev.kvorum.storage.state.AppliedState;
import java.util.List;
import java.util.function.IntPredicate;

/** Three members of whom a test says what they have; all are alike but for what oracles compare. */
final class FakeCluster implements Cluster {
  static final Membership FOUNDERS = Membership.ofVoters(List.of(1L, 2L, 3L));

  /** A seed that destroys nothing, so that every disk is well. */
  private static final long WELL = 1;

  Plan plan = Swarm.draw(WELL, 3, Swarm.EVENTS).withFaults(List.of());
  long now;
  long term = 1;
  long lastIndex;
  long ownMatch;
  long termAt;
  boolean mayLead = true;
  EntryId durable = EntryId.ORIGIN;
  Claim claim = new Claim.Sound();
  Vote vote = Vote.NONE;
  Membership membership = FOUNDERS;
  Membership storedMembership = FOUNDERS;
  List<Member> listed = List.of();
  long appliedIndex;

  @Override
  public Plan plan() {
    return plan;
  }

  @Override
  public long now() {
    return now;
  }

  @Override
  public int memberCount() {
    return FOUNDERS.voters().size();
  }

  @Override
  public long memberId(int member) {
    return member + 1L;
  }

  @Override
  public Membership founders() {
    return FOUNDERS;
  }

  @Override
  public List<Member> announcedAtFirst() {
    return List.of(new Member(1, "", List.of(), List.of(), true));
  }

  @Override
  public boolean isQuorum(int member, IntPredicate holds) {
    var count = 0;
    for (var each = 0; each < memberCount(); each++) {
      count += holds.test(each) ? 1 : 0;
    }
    return count * 2 > memberCount();
  }

  @Override
  public EntryId durable(int member) {
    return durable;
  }

  @Override
  public EntryId lastDurable(int member) {
    return durable;
  }

  @Override
  public Vote durableVote(int member) {
    return vote;
  }

  @Override
  public long termAt(int member, long index) {
    return termAt;
  }

  @Override
  public Membership storedMembership(int member) {
    return storedMembership;
  }

  @Override
  public boolean hasLied(int member) {
    return false;
  }

  @Override
  public Claim claim(int member) {
    return claim;
  }

  @Override
  public AppliedState appliedState(int member) {
    var kv = new MvccStore(IndexMemory.onHeap()).view();
    return new AppliedState(appliedIndex, kv, 0, 0, List.of(), listed, "");
  }

  @Override
  public Membership membership(int member) {
    return membership;
  }

  @Override
  public boolean mayLead(int member) {
    return mayLead;
  }

  @Override
  public long term(int member) {
    return term;
  }

  @Override
  public long lastIndex(int member) {
    return lastIndex;
  }

  @Override
  public long ownMatch(int member) {
    return ownMatch;
  }
}
