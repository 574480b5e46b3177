package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.vote.Claim;

/**
 * What the machine decided and why: for the log, the flight recorder and the tests. Made for rare
 * happenings only, never per entry.
 */
public sealed interface TraceRecord {
  /** The member's role, term or leader changed. */
  record RoleChanged(Role role, long term, long leader) implements TraceRecord {}

  /** The member begins a campaign. */
  record Campaigned(long term, boolean preVote, boolean transfer) implements TraceRecord {}

  /** A campaign that did not take place. */
  record CampaignSkipped(String reason) implements TraceRecord {}

  /** A vote was asked of this member. */
  record VoteAnswered(long candidate, long term, boolean preVote, boolean granted, String reason)
      implements TraceRecord {}

  /** A vote came in, and the count after it. */
  record VoteCounted(long voter, long term, boolean preVote, boolean granted, Tally tally)
      implements TraceRecord {}

  /** The leader had not heard from a quorum for an election timeout. */
  record QuorumLost(long term) implements TraceRecord {}

  /** The follower did not have an append's previous entry. */
  record AppendRejected(long leader, EntryId previous, EntryId hint) implements TraceRecord {}

  /** Entries that were never committed made room for the leader's. */
  record LogOverwritten(long fromIndex, long lastIndex) implements TraceRecord {}

  /** How the leader treats a peer changed. */
  record ProgressChanged(long peer, Progress.State state, long match, long next)
      implements TraceRecord {}

  /** The configuration in force changed. */
  record MembershipChanged(Membership membership) implements TraceRecord {}

  /** The state machine refused a membership entry, or it made no sense. */
  record MembershipRefused(long index, String reason) implements TraceRecord {}

  /** A received snapshot is being installed. */
  record SnapshotAccepted(EntryId position) implements TraceRecord {}

  /** A received snapshot was of no use. */
  record SnapshotIgnored(EntryId position, String reason) implements TraceRecord {}

  /** What is known about lost entries changed. */
  record ClaimChanged(Claim damage, String reason) implements TraceRecord {}

  /** A damaged voter asks all voters what they have, beforehand or for good. */
  record TailInquired(long term, boolean beforehand) implements TraceRecord {}

  /** The answers to an inquiry allow no conclusion. */
  record TailUndecided(String reason) implements TraceRecord {}

  /** A member's state is not what a quorum has. */
  record DivergenceSeen(long member, long index) implements TraceRecord {}

  /** The disk became slow, or quick again. */
  record DiskPaceChanged(boolean slow, long ageTicks) implements TraceRecord {}

  /** A peer's new life has less than its old one acknowledged. */
  record AmnesiaSeen(long peer, long acknowledged, long lastIndex) implements TraceRecord {}

  /** The leader begins to hand over. */
  record TransferStarted(long target) implements TraceRecord {}

  /** The hand-over is off. */
  record TransferEnded(long target, String reason) implements TraceRecord {}

  /** A message was not acted upon. */
  record MessageIgnored(Message message, String reason) implements TraceRecord {}
}
