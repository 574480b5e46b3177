package dev.kvorum.simulator.world;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.simulator.plan.Plan;
import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.vote.Claim;
import dev.kvorum.storage.journal.vote.Vote;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.Member;
import dev.kvorum.storage.state.AppliedState;
import dev.kvorum.verticles.stage.MembershipRecord;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** The members of a run, as oracles ask for them. */
public final class LiveCluster implements Cluster {
  private final World world;

  LiveCluster(World world) {
    this.world = world;
  }

  private @Nullable Life life(int member) {
    return world.member(member).life();
  }

  private Life running(int member) {
    return InvariantViolation.present(life(member), "a member that runs");
  }

  @Override
  public Plan plan() {
    return world.plan();
  }

  @Override
  public long now() {
    return world.scheduler().now();
  }

  @Override
  public int memberCount() {
    return world.memberCount();
  }

  @Override
  public long memberId(int member) {
    return world.memberId(member);
  }

  @Override
  public Membership founders() {
    return world.founders();
  }

  @Override
  public List<Member> announcedAtFirst() {
    return Boot.listed(world.founders());
  }

  @Override
  public boolean isQuorum(int member, IntPredicate holds) {
    return world.quorums().isQuorum(member, holds);
  }

  @Override
  public EntryId durable(int member) {
    var life = life(member);
    return life == null ? EntryId.ORIGIN : life.raft().durable();
  }

  @Override
  public EntryId lastDurable(int member) {
    var journal = world.member(member).journal();
    return journal == null ? EntryId.ORIGIN : journal.lastDurable();
  }

  @Override
  public @Nullable Vote durableVote(int member) {
    var life = life(member);
    return life == null ? null : life.raft().journal().vote();
  }

  @Override
  public long termAt(int member, long index) {
    var journal = world.member(member).journal();
    return journal != null
            && index > journal.base().index()
            && index <= journal.lastDurable().index()
        ? journal.termAt(index)
        : 0;
  }

  @Override
  public @Nullable Membership storedMembership(int member) {
    try (var view = openStore(member)) {
      return view == null ? null : MembershipRecord.read(view, world.founders());
    }
  }

  /**
   * The member's state store with everything that it has applied, which is written now for that; or
   * null while it is down.
   */
  public @Nullable ReadView openStore(int member) {
    var life = life(member);
    if (life == null) {
      return null;
    }
    return life.store().openWritten();
  }

  @Override
  public boolean hasLied(int member) {
    return world.member(member).hasLied();
  }

  @Override
  public Claim claim(int member) {
    var life = life(member);
    return life == null ? new Claim.Sound() : life.core().claim();
  }

  @Override
  public @Nullable AppliedState appliedState(int member) {
    var life = life(member);
    return life == null ? null : life.applied();
  }

  @Override
  public @Nullable Membership membership(int member) {
    var life = life(member);
    return life == null ? null : life.core().membership();
  }

  @Override
  public boolean mayLead(int member) {
    var life = life(member);
    return life != null && !life.status().leading() && life.core().mayLead();
  }

  @Override
  public long term(int member) {
    return running(member).status().term();
  }

  @Override
  public long lastIndex(int member) {
    return running(member).core().lastEntry().index();
  }

  @Override
  public long ownMatch(int member) {
    return running(member).core().durableIndex();
  }
}
