package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.vote.Claim;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.StateHash;
import java.util.List;

/**
 * What members say to each other. Messages are immutable, may be lost, doubled, delayed and
 * reordered, and always carry the sender's term; only pre-votes and inquiries beforehand name a
 * term nobody is in yet.
 */
public sealed interface Message {
  /** The sender. */
  long from();

  /** The receiver. */
  long to();

  /** The sender's term; of a pre-vote and of its grant, the term that would be campaigned for. */
  long term();

  /** Which connection carries a message, so that no heartbeat waits behind data. */
  enum Lane {
    CONTROL,
    DATA
  }

  /** Which connection carries this. */
  default Lane lane() {
    return switch (this) {
      case Append _, AppendResponse _, ForwardedProposal _, InstallSnapshot _ -> Lane.DATA;
      case VoteRequest _,
          VoteResponse _,
          Heartbeat _,
          HeartbeatResponse _,
          ReadIndexRequest _,
          ReadIndexResponse _,
          TransferRequest _,
          TimeoutNow _,
          DamageNotice _,
          CureNotice _,
          TailInquiry _,
          TailReport _,
          DivergenceNotice _ ->
          Lane.CONTROL;
    };
  }

  /**
   * Asks for a vote.
   *
   * @param preVote whether this only asks if the vote would be given
   * @param transfer whether the leader itself wants this campaign, so that hearing from it is no
   *     reason to ignore the request
   * @param last the last entry of the candidate's log
   */
  record VoteRequest(long from, long to, long term, boolean preVote, boolean transfer, EntryId last)
      implements Message {}

  /**
   * Answers {@link VoteRequest}; a refusal carries the refuser's own term.
   *
   * @param committed the last entry that the voter knows committed. A candidate that has it learns
   *     so what it can learn from nobody else if the voter, a removed leader say, knows more than
   *     all who may lead (the liveness counter-example is in {@code docs/raft.md})
   */
  record VoteResponse(
      long from, long to, long term, boolean preVote, boolean granted, EntryId committed)
      implements Message {}

  /**
   * Entries for the follower's log.
   *
   * @param previous the entry before the first one here, which the follower must have
   * @param entries in order, without gaps; may be empty
   * @param commit the leader's commit index
   */
  record Append(long from, long to, long term, EntryId previous, List<Entry> entries, long commit)
      implements Message {}

  /**
   * Answers {@link Append} and {@link InstallSnapshot}.
   *
   * @param incarnation the follower's; a leader ignores what an earlier life of it said
   * @param rejected whether the follower lacks the append's previous entry
   * @param index accepted: all up to here equals the leader's log and is durable at the follower;
   *     rejected: the previous index that did not match
   * @param hint rejected: the last entry of the follower that may be the leader's too; else zero
   */
  record AppendResponse(
      long from, long to, long term, long incarnation, boolean rejected, long index, EntryId hint)
      implements Message {}

  /**
   * The leader lives.
   *
   * @param commit the commit index, as far as the leader knows the follower's log to be the same
   * @param readRound the number of the leader's latest round of asking whether it still leads
   * @param hashIndex the index at which the members' states are being compared, 0 for none
   */
  record Heartbeat(long from, long to, long term, long commit, long readRound, long hashIndex)
      implements Message {}

  /**
   * Answers {@link Heartbeat}.
   *
   * @param incarnation the follower's; a new one makes the leader look what is left of its log
   * @param readRound the heartbeat's
   * @param seeksCure whether the follower is damaged to an unknown extent
   * @param slowDisk whether the follower's disk is too slow for it to lead
   * @param stateHash what the follower had at the heartbeat's index, if it knows
   */
  record HeartbeatResponse(
      long from,
      long to,
      long term,
      long incarnation,
      long readRound,
      boolean seeksCure,
      boolean slowDisk,
      StateHash stateHash)
      implements Message {}

  /**
   * The follower has received, through the stream beside the log, a whole and verified snapshot.
   * The follower's own shell hands this in when the last chunk is there.
   *
   * @param position the last entry that the snapshot contains
   * @param membership the configuration at that entry
   */
  record InstallSnapshot(long from, long to, long term, EntryId position, Membership membership)
      implements Message {}

  /** A follower passes on what was proposed to it; nobody answers. */
  record ForwardedProposal(long from, long to, long term, Entry.Type type, List<Bytes> payloads)
      implements Message {}

  /**
   * A follower asks for the index up to which it must have applied to read the latest.
   *
   * @param incarnation the follower's
   * @param ticket the number of this very request, never used again in this incarnation
   */
  record ReadIndexRequest(long from, long to, long term, long incarnation, long ticket)
      implements Message {}

  /** Answers {@link ReadIndexRequest}. */
  record ReadIndexResponse(long from, long to, long term, long incarnation, long ticket, long index)
      implements Message {}

  /** A follower was asked to move the leadership and passes that on to the leader. */
  record TransferRequest(long from, long to, long term, long target) implements Message {}

  /** The leader tells a follower to campaign at once. */
  record TimeoutNow(long from, long to, long term) implements Message {}

  /**
   * The leader tells a follower that it once acknowledged more than it has.
   *
   * @param incarnation the life of the follower that is meant
   * @param acknowledged the last entry that the follower acknowledged in an earlier life
   */
  record DamageNotice(long from, long to, long term, long incarnation, EntryId acknowledged)
      implements Message {}

  /**
   * The leader tells a member damaged to an unknown extent what heals it: a log that equals the
   * leader's up to an index.
   *
   * @param index the leader's last index when a quorum without the damaged member confirmed it
   */
  record CureNotice(long from, long to, long term, long index) implements Message {}

  /**
   * A damaged voter, without a leader for long, asks every voter what it has.
   *
   * @param beforehand whether this only asks if nobody knows a leader; else everybody enters the
   *     term and so acknowledges nothing of an earlier one any more
   */
  record TailInquiry(long from, long to, long term, boolean beforehand) implements Message {}

  /**
   * Answers {@link TailInquiry}.
   *
   * @param last the end of the voter's log, durable
   * @param committed the highest index that the voter knows to be committed
   * @param claim what the voter itself may have lost
   * @param membership the configuration that the voter knows, or nobody while it knows of a change
   *     that it has not applied
   */
  record TailReport(
      long from,
      long to,
      long term,
      boolean beforehand,
      EntryId last,
      long committed,
      Claim claim,
      Membership membership)
      implements Message {}

  /**
   * The leader tells a member that its state machine went wrong.
   *
   * @param incarnation the life of the member that is meant; the next one has another state
   * @param index where a quorum has the same state and the member another
   */
  record DivergenceNotice(long from, long to, long term, long incarnation, long index)
      implements Message {}
}
