package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.vote.Claim;

/**
 * Members whose disk forgot what they acknowledged (rules P5 and P6).
 *
 * <p>A lost acknowledgement is dangerous only in an election: the entries that this member helped
 * to commit may be missed by a candidate that it would now vote for. So a damaged member does not
 * campaign and votes only for a candidate that cannot miss them ({@link Election}). It is as good
 * as before when all that it may have acknowledged is in its log again:
 *
 * <ul>
 *   <li>The extent is known. Its durable log, as far as it equals the leader's, has reached the
 *       claimed position. Had an entry at or before that position been committed, the leader's log,
 *       and with it this one, would contain it.
 *   <li>The extent is unknown. The leader takes down its last index and has its leadership
 *       confirmed by a quorum in which the damaged member does not count. So no later leader had
 *       been elected, with this member's forgotten help or without it, when the index was taken
 *       down, and everything committed until then lies at or below it. Once the damaged member's
 *       durable log matches up to there, the leader says so.
 * </ul>
 */
final class Healing {
  private final RaftState state;
  private final Following following;
  private final LeaderReads leaderReads;
  private final Divergence divergence;

  Healing(RaftState state, Following following, LeaderReads leaderReads, Divergence divergence) {
    this.state = state;
    this.following = following;
    this.leaderReads = leaderReads;
    this.divergence = divergence;
  }

  // On the damaged member.

  /** The log grew, on disk: perhaps it has all that was lost. */
  void proceed() {
    if (state.claim() instanceof Claim.Reached(var position)
        && following.durablyMatched().compareTo(position) >= 0) {
      state.claim(new Claim.Sound(), "the log matches the leader's beyond what was claimed");
    }
  }

  void onCureNotice(Message.CureNotice notice) {
    if (state.claim() instanceof Claim.Unknown
        && following.durablyMatched().index() >= notice.index()) {
      state.claim(new Claim.Sound(), "the log matches a confirmed leader's");
    }
  }

  void onDamageNotice(Message.DamageNotice notice) {
    var isHere = following.durablyMatched().compareTo(notice.acknowledged()) >= 0;
    if (notice.incarnation() == state.incarnation && !isHere) {
      state.claim(
          state.claim().and(new Claim.Reached(notice.acknowledged())),
          "the leader remembers more than this member");
    }
  }

  // On the leader.

  /** Tells which life of the peer answers; false if it is one that has ended. */
  boolean recognizes(Progress progress, long incarnation, Message response) {
    if (incarnation < progress.incarnation()) {
      state.trace(new TraceRecord.MessageIgnored(response, "from an earlier life"));
      return false;
    }
    if (incarnation > progress.incarnation()) {
      progress.newLife(incarnation);
      divergence.newLife(progress.member());
    }
    return true;
  }

  /**
   * Compares what a new life of the peer has with what the old one acknowledged: if it is less, it
   * has forgotten (rule P6). It is told so with every answer until it has caught up; by then it is
   * healed. Returns whether this answer was what gave it away.
   */
  boolean compare(Progress progress, Message.AppendResponse response) {
    // Within one life no refusal, however late, names less than what an earlier life acknowledged.
    var acknowledged = progress.acknowledgedBefore();
    var forgotten =
        response.rejected() && response.hint().index() < acknowledged && !progress.amnesiac();
    if (forgotten) {
      state.trace(
          new TraceRecord.AmnesiaSeen(progress.member(), acknowledged, response.hint().index()));
      progress.forget(response.hint().index());
    }
    var hasCaughtUp = !response.rejected() && response.index() >= acknowledged;
    if (progress.amnesiac() && !hasCaughtUp) {
      state.send(
          new Message.DamageNotice(
              state.self,
              progress.member(),
              state.term(),
              response.incarnation(),
              claim(acknowledged)));
    }
    return forgotten;
  }

  /** The acknowledged entry; its term if the log still knows it, else the highest it can have. */
  private EntryId claim(long index) {
    return state.log.knows(index) ? state.log.id(index) : new EntryId(state.term(), index);
  }

  /** A damaged member asks, with each heartbeat's answer, to be healed. */
  void onSeeksCure(Progress progress) {
    if (progress.cureIndex() == 0) {
      progress.seekCure(state.log.last(), leaderReads.ask());
    }
    if (progress.match() >= progress.cureIndex()
        && leaderReads.isConfirmedWithout(progress.member(), progress.cureRound())) {
      state.send(
          new Message.CureNotice(
              state.self, progress.member(), state.term(), progress.cureIndex()));
      progress.seekCure(0, 0);
    }
  }
}
