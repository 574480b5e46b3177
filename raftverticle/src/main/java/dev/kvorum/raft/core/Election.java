package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.vote.Claim;
import java.util.TreeMap;

/**
 * Who leads: campaigns, votes, timeouts (Raft paper 5.2 and 5.4.1), with pre-vote (thesis 9.6), the
 * check of the quorum and the loyalty to a leader that is heard (thesis 6.2 and 4.2.3).
 *
 * <p>A candidate's own vote counts only once it is durable, so a lone voter's campaign goes through
 * the disk as well: it leads in the step that learns that its vote is safe.
 */
final class Election {
  private final RaftState state;
  private final RandomNumbers random;
  private final Replication replication;
  private final Reconfiguration reconfiguration;
  private final LeaderReads leaderReads;
  private final FollowerReads followerReads;
  private final Transfer transfer;
  private final Divergence divergence;

  /** Ticks since this member heard from its leader, voted or campaigned; of a leader, checked. */
  private int elapsed;

  /** The silence after which this member campaigns. */
  private int timeout;

  /** Who answered this campaign, and what. */
  private final TreeMap<Long, Boolean> votes = new TreeMap<>();

  /** The term in which a leader asked for a campaign that had to be put off. */
  private long toldInTerm;

  /** The persist that carries the candidate's own vote. */
  private long ownVoteSequence;

  Election(
      RaftState state,
      Replication replication,
      Reconfiguration reconfiguration,
      LeaderReads leaderReads,
      FollowerReads followerReads,
      Transfer transfer,
      Divergence divergence) {
    this.state = state;
    this.replication = replication;
    this.reconfiguration = reconfiguration;
    this.leaderReads = leaderReads;
    this.followerReads = followerReads;
    this.transfer = transfer;
    this.divergence = divergence;
    random = new RandomNumbers(state.config.seed() ^ state.self);
    restartTimer();
  }

  private void restartTimer() {
    elapsed = 0;
    timeout =
        state.config.timeouts().electionTicks()
            + random.below(state.config.timeouts().electionTicks());
  }

  // Time.

  void tickFollower() {
    elapsed++;
    if (elapsed < timeout) {
      return;
    }
    if (mayLead()) {
      restartTimer();
      campaign();
    } else {
      // Who does not campaign must not take a leader for alive that is silent for so long: others
      // ask it whether it knows one (TailInquiry), and its readers would go on asking that one.
      forgetLeader();
    }
  }

  void tickLeader() {
    elapsed++;
    if (elapsed < state.config.timeouts().electionTicks()) {
      return;
    }
    elapsed = 0;
    if (state.config.rules().checkQuorum() && !quorumIsActive()) {
      state.trace(new TraceRecord.QuorumLost(state.term()));
      becomeFollower(0);
      return;
    }
    transfer.abort("the election timeout has passed");
  }

  private boolean quorumIsActive() {
    var tally =
        state.peers.tally(
            member -> member == state.self || replication.peer(member).recentlyActive(),
            _ -> false);
    for (var progress : state.peers.all()) {
      progress.recentlyActive(false);
    }
    return tally == Tally.WON;
  }

  /** A follower heard its leader, or a leader begins to hand over: wait anew. */
  void restartPatience() {
    elapsed = 0;
  }

  /** Whether this member has heard its leader so lately that nobody should campaign. */
  private boolean isLoyal() {
    return state.config.rules().checkQuorum()
        && state.leader() != 0
        && elapsed < state.config.timeouts().electionTicks();
  }

  // Campaigns.

  /** Whether this member could be the leader: a voter that is whole in log, state and memory. */
  boolean mayLead() {
    return state.peers.isVoter(state.self)
        && !state.log.installing()
        && !state.isUnfit()
        && state.claim() instanceof Claim.Sound;
  }

  /** At boot: nobody else can lead, so nobody is waited for. */
  void start() {
    if (state.peers.isLoneVoter(state.self)) {
      campaign();
    }
  }

  /** Campaigns, first by a pre-vote if that is the rule. */
  void campaign() {
    if (mayCampaign()) {
      if (state.config.rules().preVote()) {
        campaignBeforehand();
      } else {
        campaignForReal(false);
      }
    }
  }

  /**
   * Campaigns because the leader asked for it: at once, or as soon as the change of configuration
   * that made the leader ask has been applied.
   */
  void campaignForTransfer() {
    if (mayCampaign()) {
      campaignForReal(true);
    } else if (state.log.hasCommittedMembershipToApply()) {
      toldInTerm = state.term();
    }
  }

  /** A membership entry was applied: what was put off for it may be done now. */
  void membershipApplied() {
    if (state.role() != Role.FOLLOWER && !state.peers.isVoter(state.self)) {
      // A candidate that learns of its own removal gives up. It could still win, because the others
      // answer whoever asks, and would then lead a cluster that it may not propose anything to.
      becomeFollower(0);
      return;
    }
    if (toldInTerm == state.term() && state.role() == Role.FOLLOWER) {
      toldInTerm = 0;
      campaignForTransfer();
    }
  }

  private boolean mayCampaign() {
    if (state.isLeader()) {
      return skip("this member leads");
    }
    if (!mayLead()) {
      return skip("this member must not lead");
    }
    // With a configuration change committed but not in force, this member would count the votes by
    // a configuration that may be two steps behind another member's: no common majority then.
    if (state.log.hasCommittedMembershipToApply()) {
      return skip("a membership change is not yet applied");
    }
    return true;
  }

  private boolean skip(String reason) {
    state.trace(new TraceRecord.CampaignSkipped(reason));
    return false;
  }

  private void campaignBeforehand() {
    state.trace(new TraceRecord.Campaigned(state.term() + 1, true, false));
    leave();
    state.stand(Role.PRE_CANDIDATE, 0);
    askForVotes(state.term() + 1, true, false);
    // Nothing is promised by a vote beforehand, so the own one needs no disk.
    count(state.self, true);
  }

  private void campaignForReal(boolean forTransfer) {
    state.trace(new TraceRecord.Campaigned(state.term() + 1, false, forTransfer));
    leave();
    state.enterTerm(state.term() + 1);
    state.voteFor(state.self);
    state.stand(Role.CANDIDATE, 0);
    ownVoteSequence = state.persistence.nextSequence();
    askForVotes(state.term(), false, forTransfer);
  }

  private void askForVotes(long term, boolean preVote, boolean forTransfer) {
    var last = state.log.lastId();
    for (var peer : state.peers.all()) {
      if (peer.member() != state.self && state.peers.isVoter(peer.member())) {
        state.send(
            new Message.VoteRequest(state.self, peer.member(), term, preVote, forTransfer, last));
      }
    }
  }

  /** The disk has completed something: perhaps the candidate's own vote. */
  void onDurable() {
    if (state.role() == Role.CANDIDATE
        && !votes.containsKey(state.self)
        && state.persistence.isDone(ownVoteSequence)) {
      count(state.self, true);
    }
  }

  // Votes.

  /**
   * Somebody asks for a vote in this term, or beforehand for one in a later term. Requests that a
   * loyal member ignores do not come here.
   */
  void onVoteRequest(Message.VoteRequest request) {
    var reason = refusal(request);
    var granted = reason.isEmpty();
    state.trace(
        new TraceRecord.VoteAnswered(
            request.from(), request.term(), request.preVote(), granted, reason));
    if (granted && !request.preVote()) {
      state.voteFor(request.from());
      elapsed = 0;
    }
    state.send(
        new Message.VoteResponse(
            state.self,
            request.from(),
            granted ? request.term() : state.term(),
            request.preVote(),
            granted,
            state.log.id(state.log.commit())));
  }

  /** Why the vote is refused, or nothing. A learner may vote: its configuration may be old. */
  private String refusal(Message.VoteRequest request) {
    if (!mayGrantVote(request)) {
      return state.vote() != 0 ? "voted for " + state.vote() : "follows " + state.leader();
    }
    if (!isUpToDate(request.last())) {
      return "the log " + state.log.lastId() + " is ahead of " + request.last();
    }
    if (isBeyondClaim(request.last())) {
      return "";
    }
    return state.claim() instanceof Claim.Reached(var position)
        ? "entries up to " + position + " may be lost here"
        : "an unknown number of entries is lost here";
  }

  /** One vote a term, and none where a leader is known; nothing is promised beforehand. */
  private boolean mayGrantVote(Message.VoteRequest request) {
    var ahead = request.preVote() && request.term() > state.term();
    var free = state.vote() == 0 && state.leader() == 0;
    return ahead || free || state.vote() == request.from();
  }

  /** Whether a log that ends there has all that this one has (Raft paper 5.4.1). */
  private boolean isUpToDate(EntryId candidateLast) {
    return candidateLast.compareTo(state.log.lastId()) >= 0;
  }

  /** Whether a log that ends there has all that this member may have lost (rule P5). */
  private boolean isBeyondClaim(EntryId candidateLast) {
    return !state.claim().isBeyond(candidateLast);
  }

  /** Whether the message must not even be looked at, because the leader is alive and well. */
  boolean ignores(Message message) {
    return switch (message) {
      case Message.VoteRequest request ->
          request.term() > state.term() && isLoyal() && !request.transfer();
      case Message.TailInquiry inquiry -> inquiry.term() > state.term() && isLoyal();
      default -> false;
    };
  }

  void onVoteResponse(Message.VoteResponse response) {
    var log = state.log;
    var committed = response.committed();
    if (!state.isLeader() && committed.index() > log.commit() && log.has(committed)) {
      // Committed is committed, whoever says so and when.
      log.commitTo(committed.index());
    }
    var expected = response.preVote() ? Role.PRE_CANDIDATE : Role.CANDIDATE;
    if (state.role() == expected) {
      count(response.from(), response.granted());
    }
  }

  private void count(long voter, boolean granted) {
    takeDown(voter, granted);
    var tally =
        state.peers.tally(
            member -> votes.getOrDefault(member, false),
            member -> !votes.getOrDefault(member, true));
    var preVote = state.role() == Role.PRE_CANDIDATE;
    state.trace(new TraceRecord.VoteCounted(voter, state.term(), preVote, granted, tally));
    switch (tally) {
      case PENDING -> {}
      case LOST -> becomeFollower(0);
      case WON -> {
        if (preVote) {
          campaignForReal(false);
        } else {
          becomeLeader();
        }
      }
    }
  }

  /** Only the first answer counts; a repeated one is a doubled message. */
  private void takeDown(long voter, boolean granted) {
    votes.putIfAbsent(voter, granted);
  }

  // Changes of role.

  /** Follows a leader of this term, or nobody (0). */
  void becomeFollower(long leader) {
    if (state.role() == Role.FOLLOWER && state.leader() == leader) {
      return;
    }
    leave();
    state.stand(Role.FOLLOWER, leader);
    followerReads.leaderChanged();
  }

  /** Enters a later term as follower of its leader, or of nobody yet (0). */
  void becomeFollower(long term, long leader) {
    leave();
    state.enterTerm(term);
    state.stand(Role.FOLLOWER, leader);
    followerReads.leaderChanged();
  }

  private void becomeLeader() {
    leave();
    state.stand(Role.LEADER, state.self);
    reconfiguration.lead();
    replication.lead();
    divergence.lead();
    leaderReads.lead(followerReads.takeAll());
  }

  /** Ends the present role: what belonged to it is forgotten. */
  private void leave() {
    if (state.isLeader()) {
      transfer.abort("this member leads no more");
      followerReads.addAll(leaderReads.takeOwn());
    }
    votes.clear();
    restartTimer();
  }

  /** Forgets who leads, so that a vote can be given to another at once. */
  void forgetLeader() {
    if (state.role() == Role.FOLLOWER && state.leader() != 0) {
      state.stand(Role.FOLLOWER, 0);
      followerReads.leaderChanged();
    }
  }
}
