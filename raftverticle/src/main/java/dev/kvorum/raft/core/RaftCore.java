package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.vote.Claim;
import dev.kvorum.storage.model.InvariantViolation;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One member's Raft: a deterministic machine. Everything that can happen is a {@link RaftEvent};
 * everything that should follow is in the {@link Outcome} of {@link #step}. The machine never
 * waits: the disk, the peers and the state machine answer by further events.
 *
 * <p>What a step decides is cut by decision: {@link Election} (who leads), {@link Proposals} (what
 * is taken in), {@link Replication} and {@link Following} (the two ends of the log), {@link
 * Reconfiguration} (who takes part), {@link LeaderReads} and {@link FollowerReads} (linearizable
 * reads), {@link Transfer} (handing over), {@link Healing} and {@link TailInquiry} (members whose
 * disk forgot), {@link SlowDisk} (members whose disk hangs), {@link Divergence} (members whose
 * state is wrong), {@link Applying} (handing out). Here is only the way in and the way out: the
 * rules about terms that hold for every message.
 *
 * <p>One thread at a time may call.
 */
public final class RaftCore {
  private final RaftState state;
  private final Election election;
  private final Replication replication;
  private final Following following;
  private final Reconfiguration reconfiguration;
  private final LeaderReads leaderReads;
  private final FollowerReads followerReads;
  private final Proposals proposals;
  private final Transfer transfer;
  private final Healing healing;
  private final TailInquiry tailInquiry;
  private final Divergence divergence;
  private final SlowDisk slowDisk;
  private final Applying applying;

  /** What the world was told last. */
  private Standing standing;

  public RaftCore(RaftConfig config, RaftBoot boot) {
    state = new RaftState(config, boot);
    transfer = new Transfer(state);
    divergence = new Divergence(state);
    slowDisk = new SlowDisk(state);
    replication = new Replication(state, transfer, divergence);
    reconfiguration = new Reconfiguration(state, replication, transfer);
    proposals = new Proposals(state, replication, reconfiguration, transfer);
    leaderReads = new LeaderReads(state, replication);
    followerReads = new FollowerReads(state);
    following = new Following(state, divergence, slowDisk);
    healing = new Healing(state, following, leaderReads, divergence);
    election =
        new Election(
            state, replication, reconfiguration, leaderReads, followerReads, transfer, divergence);
    tailInquiry = new TailInquiry(state, election);
    applying = new Applying(state);
    standing = new Standing(Role.FOLLOWER, state.term(), 0);
  }

  /** The first step of all: hands out what is known committed; a lone voter campaigns. */
  public Outcome start() {
    election.start();
    return finish(0);
  }

  /** Takes one event in. The outcome is valid until the next step. */
  public Outcome step(RaftEvent event) {
    state.outcome.clear();
    var commitBefore = state.log.commit();
    switch (event) {
      case RaftEvent.Tick _ -> tick();
      case RaftEvent.Propose(var commands) ->
          state.outcome.proposal = proposals.propose(Entry.Type.COMMAND, commands);
      case RaftEvent.ChangeMembership(var change) ->
          state.outcome.proposal =
              proposals.propose(Entry.Type.MEMBERSHIP, List.of(change.encode()));
      case RaftEvent.Receive(var message) -> receive(message);
      case RaftEvent.Persisted(var sequence, var last) -> persisted(sequence, last);
      case RaftEvent.Applied(var index) -> applied(index);
      case RaftEvent.MembershipApplied(var index, var change) -> {
        if (reconfiguration.onApplied(index, change)) {
          transfer.takeLeave();
          election.becomeFollower(0);
        } else if (state.isLeader()) {
          leaderReads.proceed();
        } else {
          election.membershipApplied();
        }
      }
      case RaftEvent.ReadRequest(var token) -> {
        if (state.isLeader()) {
          leaderReads.request(token);
        } else {
          followerReads.request(token);
        }
      }
      case RaftEvent.StateHashed(var hash) -> divergence.onStateHash(hash);
      case RaftEvent.JournalUnreadable(var index) -> {
        state.unfit(new Finding.JournalUnreadable(index));
        stepAsideIfUnfit();
      }
      case RaftEvent.TransferLeadership(var target) -> transferTo(target);
      case RaftEvent.Campaign _ -> election.campaign();
      case RaftEvent.ForgetLeader _ -> election.forgetLeader();
      case RaftEvent.Unreachable(var peer) -> {
        var progress = state.peers.get(peer);
        if (state.isLeader() && progress != null) {
          replication.onUnreachable(progress);
        }
      }
      case RaftEvent.SnapshotReported(var peer, var index, var delivered) -> {
        var progress = state.peers.get(peer);
        if (state.isLeader() && progress != null) {
          replication.onSnapshotReported(progress, index, delivered);
        }
      }
      case RaftEvent.CompactLog(var index) -> state.log.compactTo(index);
      case RaftEvent.EntriesRead(var reader, var from, var entries) -> {
        if (reader == state.self) {
          applying.onEntriesRead(from, entries);
        } else if (state.isLeader()) {
          replication.onEntriesRead(reader, from, entries);
        }
      }
    }
    return finish(commitBefore);
  }

  private Outcome finish(long commitBefore) {
    if (state.isLeader() && state.log.commit() != commitBefore) {
      leaderReads.proceed();
    }
    applying.handOut();
    state.flush();
    if (state.peers.all().length == 1) {
      state.log.evictHandedOut();
    }
    state.log.evict(state.config.budgets().maxTailBytes());
    if (standing.role() != state.role()
        || standing.term() != state.term()
        || standing.leader() != state.leader()) {
      standing = new Standing(state.role(), state.term(), state.leader());
      state.outcome.standing = standing;
    }
    return state.outcome;
  }

  private void tick() {
    slowDisk.tick();
    if (state.isLeader()) {
      election.tickLeader();
    } else {
      election.tickFollower();
      followerReads.tick();
      tailInquiry.tick();
    }
    if (state.isLeader()) {
      replication.tick();
      divergence.tick();
      giveWayIfTheDiskHangs();
    }
  }

  private void giveWayIfTheDiskHangs() {
    if (!transfer.isUnderWay()) {
      var successor = slowDisk.successor();
      if (successor != 0) {
        transferTo(successor);
      }
    }
  }

  // Handing over.

  private void transferTo(long target) {
    if (!state.isLeader()) {
      if (state.leader() != 0) {
        state.send(new Message.TransferRequest(state.self, state.leader(), state.term(), target));
      }
      return;
    }
    if (target == transfer.target()) {
      // Asking again must not prolong the wait, or a lost message would never be given up.
      return;
    }
    // The target gets one election timeout.
    election.restartPatience();
    if (transfer.start(target)) {
      replication.send(replication.peer(target), true);
    }
  }

  // Messages.

  private void receive(Message message) {
    if (message.to() != state.self || message.from() == state.self) {
      ignore(message, "not for this member");
      return;
    }
    if (election.ignores(message)) {
      ignore(message, "the leader is alive");
      return;
    }
    if (message.term() > state.term() && !namesFutureTerm(message)) {
      election.becomeFollower(message.term(), isFromLeader(message) ? message.from() : 0);
    } else if (isFromEarlierTerm(message)) {
      answerFromLaterTerm(message);
      return;
    }
    dispatch(message);
  }

  /** What is asked beforehand, and a yes to it, speak of a term that nobody has entered. */
  private static boolean namesFutureTerm(Message message) {
    return switch (message) {
      case Message.VoteRequest request -> request.preVote();
      case Message.VoteResponse response -> response.preVote() && response.granted();
      case Message.TailInquiry inquiry -> inquiry.beforehand();
      case Message.TailReport report -> report.beforehand();
      default -> false;
    };
  }

  private static boolean isFromLeader(Message message) {
    return message instanceof Message.Append
        || message instanceof Message.Heartbeat
        || message instanceof Message.InstallSnapshot;
  }

  /** Nothing that was said in an earlier term counts in this one: no vote, no acknowledgement. */
  private boolean isFromEarlierTerm(Message message) {
    return message.term() < state.term() && !isTermless(message);
  }

  /** Wishes of clients, passed on, are as good in a later term. */
  private static boolean isTermless(Message message) {
    return message instanceof Message.ForwardedProposal
        || message instanceof Message.TransferRequest;
  }

  /**
   * A message from an earlier term is void. But its sender may be stuck: a leader whose followers
   * moved on while it was cut off, or a candidate whose term is behind although nobody listens to
   * it. Hearing of this term lets it catch up; without pre-vote and the loyalty to leaders it would
   * find out by a campaign.
   */
  private void answerFromLaterTerm(Message message) {
    // A member that never campaigns, a damaged one say, has no other way to be found.
    var silentElsewhere =
        state.config.rules().checkQuorum() || state.config.rules().preVote() || !election.mayLead();
    if (silentElsewhere
        && (message instanceof Message.Append || message instanceof Message.Heartbeat)) {
      state.send(
          new Message.AppendResponse(
              state.self,
              message.from(),
              state.term(),
              state.incarnation,
              true,
              0,
              EntryId.ORIGIN));
    } else if (message instanceof Message.TailInquiry inquiry && inquiry.beforehand()) {
      tailInquiry.answerFromLaterTerm(inquiry);
    } else if (message instanceof Message.VoteRequest request && request.preVote()) {
      state.send(
          new Message.VoteResponse(
              state.self,
              message.from(),
              state.term(),
              true,
              false,
              state.log.id(state.log.commit())));
    } else {
      ignore(message, "from an earlier term");
    }
  }

  private void dispatch(Message message) {
    switch (message) {
      case Message.VoteRequest request -> election.onVoteRequest(request);
      case Message.VoteResponse response -> election.onVoteResponse(response);
      case Message.Append append -> {
        follow(append.from());
        following.onAppend(append);
        healing.proceed();
      }
      case Message.Heartbeat heartbeat -> {
        follow(heartbeat.from());
        following.onHeartbeat(heartbeat);
      }
      case Message.InstallSnapshot snapshot -> {
        follow(snapshot.from());
        following.onInstallSnapshot(snapshot);
      }
      case Message.AppendResponse response -> {
        var progress = answeringPeer(response);
        if (progress != null && healing.recognizes(progress, response.incarnation(), response)) {
          if (healing.compare(progress, response)) {
            replication.send(progress, true);
          } else if (response.rejected()) {
            replication.onRejected(progress, response);
          } else {
            replication.onAccepted(progress, response.index());
          }
        }
      }
      case Message.HeartbeatResponse response -> {
        var progress = answeringPeer(response);
        if (progress != null && healing.recognizes(progress, response.incarnation(), response)) {
          progress.slowDisk(response.slowDisk());
          replication.onHeartbeatResponse(progress);
          leaderReads.onHeartbeatResponse(progress, response.readRound());
          if (response.seeksCure()) {
            healing.onSeeksCure(progress);
          }
          divergence.onAnswer(progress.member(), response.stateHash());
          stepAsideIfUnfit();
        }
      }
      case Message.ForwardedProposal proposal -> {
        if (state.isLeader()) {
          proposals.propose(proposal.type(), proposal.payloads());
        } else {
          ignore(message, "this member does not lead");
        }
      }
      case Message.ReadIndexRequest request -> {
        if (state.isLeader()) {
          leaderReads.onRequest(request);
        } else {
          ignore(message, "this member does not lead");
        }
      }
      case Message.ReadIndexResponse response -> followerReads.onResponse(response);
      case Message.TransferRequest request -> {
        if (state.isLeader()) {
          transferTo(request.target());
        } else {
          ignore(message, "this member does not lead");
        }
      }
      case Message.TimeoutNow _ -> {
        if (state.role() == Role.FOLLOWER) {
          election.campaignForTransfer();
        }
      }
      case Message.TailInquiry inquiry -> tailInquiry.onInquiry(inquiry);
      case Message.TailReport report -> tailInquiry.onReport(report);
      case Message.DivergenceNotice notice -> divergence.onNotice(notice);
      case Message.DamageNotice notice -> healing.onDamageNotice(notice);
      case Message.CureNotice notice -> healing.onCureNotice(notice);
    }
  }

  private void stepAsideIfUnfit() {
    if (state.isUnfit() && state.isLeader()) {
      transfer.takeLeave();
      election.becomeFollower(0);
    }
  }

  /** The sender leads this term. */
  private void follow(long leader) {
    InvariantViolation.check(!state.isLeader(), "a term has one leader");
    election.becomeFollower(leader);
    election.restartPatience();
  }

  private @Nullable Progress answeringPeer(Message response) {
    if (!state.isLeader()) {
      ignore(response, "this member does not lead");
      return null;
    }
    var progress = state.peers.get(response.from());
    if (progress == null) {
      ignore(response, "the sender is no member");
    }
    return progress;
  }

  private void ignore(Message message, String reason) {
    state.trace(new TraceRecord.MessageIgnored(message, reason));
  }

  // The disk and the state machine.

  private void persisted(long sequence, EntryId last) {
    var completion = state.persistence.complete(sequence, last);
    if (completion.installed()) {
      state.log.endInstall();
      applying.replaced();
    }
    state.log.durableTo(completion.provenIndex());
    slowDisk.judge();
    state.persistence.release(state.term(), state.outcome.messages);
    election.onDurable();
    if (state.isLeader()) {
      replication.onDurable();
    }
    healing.proceed();
  }

  private void applied(long index) {
    applying.onApplied(index);
    if (state.isLeader()) {
      reconfiguration.proceed();
    }
  }

  // What others may know.

  public Role role() {
    return state.role();
  }

  public long term() {
    return state.term();
  }

  /** The leader of this term as far as known, or 0. */
  public long leader() {
    return state.leader();
  }

  /** Whether this member could be the leader: a voter that is whole in log, state and memory. */
  public boolean mayLead() {
    return election.mayLead();
  }

  /** Whom this member voted for in this term, or 0. */
  public long vote() {
    return state.vote();
  }

  public long commitIndex() {
    return state.log.commit();
  }

  public long appliedIndex() {
    return state.log.applied();
  }

  public long durableIndex() {
    return state.log.durable();
  }

  public EntryId lastEntry() {
    return state.log.lastId();
  }

  /** Whether this very entry stands in the log, durable or not. */
  public boolean has(EntryId entry) {
    return state.log.has(entry);
  }

  /** Position before the first entry that the log still has. */
  public EntryId logBase() {
    return state.log.base();
  }

  /** The configuration in force. */
  public Membership membership() {
    return state.peers.membership();
  }

  public Claim claim() {
    return state.claim();
  }

  /** How long the oldest write has been at the disk, in ticks; 0 if there is none. */
  public long diskAgeTicks() {
    return state.persistence.oldestAgeTicks();
  }

  /** To whom the leadership is being handed over, or 0. */
  public long transferTarget() {
    return transfer.target();
  }

  /** What this leader knows of the members' logs, in ascending order of members. */
  public List<Progress> progress() {
    return List.of(state.peers.all());
  }

  /** What holds between any two steps; run after each step in tests and simulation. */
  public void invariant() {
    state.log.invariant();
    state.peers.invariant();
    if (state.isLeader()) {
      InvariantViolation.check(state.leader() == state.self, "a leader knows who leads");
      InvariantViolation.check(state.vote() == state.self, "a leader voted for itself");
      InvariantViolation.check(
          state.log.lastId().term() == state.term(), "a leader's log ends in its term");
    }
  }

  @Override
  public String toString() {
    return "member=%x role=%s term=%d vote=%x leader=%x %s %s"
        .formatted(
            state.self,
            state.role(),
            state.term(),
            state.vote(),
            state.leader(),
            state.log,
            state.peers.membership());
  }
}
