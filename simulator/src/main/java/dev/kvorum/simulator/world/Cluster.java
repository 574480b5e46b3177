package dev.kvorum.simulator.world;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.simulator.plan.Plan;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.vote.Claim;
import dev.kvorum.storage.journal.vote.Vote;
import dev.kvorum.storage.model.Member;
import dev.kvorum.storage.state.AppliedState;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What an oracle may ask of the members, all of them at one moment, which no member can. Members
 * are counted from 0.
 */
public interface Cluster {
  /** The plan of the run. */
  Plan plan();

  /** Nanoseconds since the run began. */
  long now();

  // Who takes part.

  /** How many members there are, those included that have gone. */
  int memberCount();

  /** The id that the member has in Raft. */
  long memberId(int member);

  /** Who takes part at the beginning. */
  Membership founders();

  /** The members that every list shows at first. */
  List<Member> announcedAtFirst();

  /**
   * Whether something holds for a quorum of the configuration in force, of one of the two before
   * it, or of the one that this member has come to just now.
   */
  boolean isQuorum(int member, IntPredicate holds);

  // What a member's disk knows.

  /** The last entry that the member's journal knows to be durable. */
  EntryId durable(int member);

  /** The last entry that the member's journal knew to be durable; one that is down keeps it. */
  EntryId lastDurable(int member);

  /** The vote that the member's journal knows to be durable, or null while it is down. */
  @Nullable Vote durableVote(int member);

  /** The term of the entry in the member's durable journal, or 0 if it is not there. */
  long termAt(int member, long index);

  /** The configuration in the member's state store, or null while it is down. */
  @Nullable Membership storedMembership(int member);

  /** Whether the member's disk ever lied, so that nothing is known of what it holds. */
  boolean hasLied(int member);

  // What a member believes.

  /** What the member says that it may have lost; a member that is down says nothing. */
  Claim claim(int member);

  /** What the member shows its readers now, or null while it is down. */
  @Nullable AppliedState appliedState(int member);

  /** The configuration that the member uses, or null while it is down. */
  @Nullable Membership membership(int member);

  /** Whether the member, which runs, is no leader and could be one. */
  boolean mayLead(int member);

  /** The term that the member, which runs, is in. */
  long term(int member);

  /** Where the log of the member, which runs, ends. */
  long lastIndex(int member);

  /** How far the member, which leads, counts its own log. */
  long ownMatch(int member);
}
