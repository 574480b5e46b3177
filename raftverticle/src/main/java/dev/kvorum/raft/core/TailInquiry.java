package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.vote.Claim;
import java.util.ArrayList;
import java.util.Collections;
import java.util.TreeMap;

/**
 * What to do when damaged members' claims keep everybody from leading (rule P7). A claim says "I
 * may have acknowledged entries up to here"; most of them were never committed, and then the claim
 * is too cautious. A damaged voter that has known no leader for long asks <em>all</em> voters what
 * they have, and lowers its own claim to what the answers leave possible.
 *
 * <p>The argument. Let {@code p} be the last entry of the voter whose log is most up to date.
 *
 * <ol>
 *   <li>Suppose an entry e was committed and that voter lacks it. A quorum acknowledged e. Each of
 *       these voters still has e or has lost it.
 *   <li>If one still has e, its log ends at or beyond e, so {@code p} is at or beyond e in the
 *       order of (term, index). If p's term is later than e's, that term's leader had e (leader
 *       completeness), and every log that reaches into its term has it too. If the terms are equal,
 *       one leader's log has no gaps. Either way the voter has e: a contradiction.
 *   <li>So the whole quorum has lost e, and every one of its members claims at least e, which is
 *       beyond p.
 * </ol>
 *
 * Hence: if the voters with a claim beyond p are no quorum, nothing beyond p was ever committed,
 * and every claim may fall to p. If they are a quorum, it may have been, and nobody has it: then
 * nobody may ever lead ({@link Finding.TailLost}), until a person decides.
 *
 * <p>Where what is lost begins. A lost entry e is beyond p. If e is of p's term, its index is
 * higher than p's: one leader's log has no gaps. It is of that term if one of the quorum claims
 * nothing of a later one. Otherwise e may be of a later term, and then its index tells nothing
 * about p: e may have been written in the place of entries of p's log, which were never committed,
 * and which are to be seen again on a member that lost e. All that is certain then is that e is
 * behind every index that a voter knows to be committed, since that voter's log has what was
 * committed there.
 *
 * <p>The answers must stay true after they were given. An inquiry therefore enters a new term, like
 * a campaign: whoever answered acknowledges nothing of an earlier term any more, so nothing of an
 * earlier term is committed afterwards except by a later leader that had it when it answered. To
 * disturb nobody it first asks beforehand, as a campaign does: who knows a leader stays silent.
 */
final class TailInquiry {
  /** The shortest time without a leader after which to ask, in election timeouts. */
  private static final int PATIENCE_TIMEOUTS = 3;

  private enum Phase {
    IDLE,
    BEFOREHAND,
    ASKING
  }

  private final RaftState state;
  private final Election election;
  private final RandomNumbers random;
  private final TreeMap<Long, Message.TailReport> reports = new TreeMap<>();
  private Phase phase = Phase.IDLE;
  private long askedInTerm;
  private int leaderlessTicks;
  private int patienceTicks;

  TailInquiry(RaftState state, Election election) {
    this.state = state;
    this.election = election;
    random = new RandomNumbers(~state.config.seed() ^ state.self);
    drawPatience();
  }

  private void drawPatience() {
    var timeout = state.config.timeouts().electionTicks();
    patienceTicks = PATIENCE_TIMEOUTS * timeout + random.below(2 * timeout);
  }

  // Asking.

  void tick() {
    if (state.leader() != 0 || !mayHelp()) {
      leaderlessTicks = 0;
      phase = Phase.IDLE;
      return;
    }
    leaderlessTicks++;
    if (leaderlessTicks >= patienceTicks) {
      leaderlessTicks = 0;
      drawPatience();
      begin();
    }
  }

  private boolean mayHelp() {
    return !(state.claim() instanceof Claim.Sound) && state.peers.isVoter(state.self);
  }

  private void begin() {
    state.trace(new TraceRecord.TailInquired(state.term() + 1, true));
    phase = Phase.BEFOREHAND;
    ask(state.term() + 1, true);
  }

  private void ask(long term, boolean beforehand) {
    askedInTerm = term;
    reports.clear();
    for (var peer : state.peers.all()) {
      if (peer.member() != state.self && state.peers.isVoter(peer.member())) {
        state.send(new Message.TailInquiry(state.self, peer.member(), term, beforehand));
      }
    }
    count(report(state.self, term, beforehand));
  }

  // Answering.

  void onInquiry(Message.TailInquiry inquiry) {
    if (inquiry.beforehand() && state.leader() != 0) {
      state.trace(new TraceRecord.MessageIgnored(inquiry, "a leader is known"));
      return;
    }
    state.sendAfterLog(report(inquiry.from(), inquiry.term(), inquiry.beforehand()));
  }

  /** The inquirer's term is behind: it learns of this one and asks again. */
  void answerFromLaterTerm(Message.TailInquiry inquiry) {
    state.sendAfterLog(report(inquiry.from(), state.term(), false));
  }

  private Message.TailReport report(long to, long term, boolean beforehand) {
    // Between two configurations quorums mean different things to different members.
    var settled = !state.log.hasMembershipToApply();
    return new Message.TailReport(
        state.self,
        to,
        term,
        beforehand,
        state.log.lastId(),
        state.log.commit(),
        state.claim(),
        settled ? state.peers.membership() : Membership.NOBODY);
  }

  // Counting.

  void onReport(Message.TailReport report) {
    var awaited = report.beforehand() ? Phase.BEFOREHAND : Phase.ASKING;
    if (phase != awaited || report.term() != askedInTerm || !mayHelp()) {
      state.trace(new TraceRecord.MessageIgnored(report, "not the answer that is awaited"));
      return;
    }
    count(report);
  }

  private void count(Message.TailReport report) {
    reports.put(report.from(), report);
    if (state.peers.everyVoter(reports::containsKey)) {
      conclude();
    }
  }

  private void conclude() {
    var beforehand = phase == Phase.BEFOREHAND;
    phase = Phase.IDLE;
    for (var report : reports.values()) {
      if (!report.membership().equals(state.peers.membership())) {
        state.trace(new TraceRecord.TailUndecided("the members know different configurations"));
        return;
      }
    }
    if (beforehand) {
      election.becomeFollower(state.term() + 1, 0);
      state.trace(new TraceRecord.TailInquired(state.term(), false));
      phase = Phase.ASKING;
      ask(state.term(), false);
      return;
    }
    var best = mostUpToDate();
    if (state.peers.tally(voter -> hasLostBeyond(voter, best), _ -> false) == Tally.WON) {
      halt(best);
    } else {
      lower(best);
    }
  }

  private EntryId mostUpToDate() {
    var best = EntryId.ORIGIN;
    for (var report : reports.values()) {
      best = report.last().compareTo(best) > 0 ? report.last() : best;
    }
    return best;
  }

  /** Whether the voter may have acknowledged, and then lost, an entry beyond this position. */
  private boolean hasLostBeyond(long voter, EntryId position) {
    var report = reports.get(voter);
    return report != null && report.claim().isBeyond(position);
  }

  private void lower(EntryId best) {
    var claim = state.claim();
    var lowered = claim.isBeyond(best) ? new Claim.Reached(best) : claim;
    var whole = !lowered.isBeyond(state.log.lastId());
    state.claim(
        whole ? new Claim.Sound() : lowered, "nothing beyond " + best + " was ever committed");
  }

  private void halt(EntryId best) {
    var members = new ArrayList<Long>();
    var claimed = new ArrayList<Long>();
    for (var report : reports.values()) {
      if (report.claim().isBeyond(best)) {
        members.add(report.from());
        claimed.add(
            report.claim() instanceof Claim.Reached(var position)
                ? position.index()
                : Long.MAX_VALUE);
      }
    }
    // What is lost is before the claims of a quorum.
    claimed.sort(Collections.reverseOrder());
    var quorum = Quorum.size(state.peers.membership().voters().size());
    var to = claimed.get(Math.min(quorum, claimed.size()) - 1);
    var from = Math.min(lastThatIsThere(best) + 1, to);
    state.find(new Finding.TailLost(from, to, members));
  }

  /** The index up to which nothing that was ever committed is lost. */
  private long lastThatIsThere(EntryId best) {
    var endOfTerm = new EntryId(best.term(), Long.MAX_VALUE);
    var laterTerm = state.peers.tally(voter -> hasLostBeyond(voter, endOfTerm), _ -> false);
    if (laterTerm != Tally.WON) {
      return best.index();
    }
    var committed = 0L;
    for (var report : reports.values()) {
      committed = Math.max(committed, report.committed());
    }
    return committed;
  }
}
