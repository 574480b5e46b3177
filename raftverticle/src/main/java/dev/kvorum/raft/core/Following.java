package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.vote.Claim;
import dev.kvorum.storage.model.InvariantViolation;

/** The follower's side of the log: what the leader of this term says is done (Raft paper 5.3). */
final class Following {
  private final RaftState state;
  private final Divergence divergence;
  private final SlowDisk slowDisk;

  /** The log equals the leader's of this term up to here. */
  private long matched;

  private long matchedTerm;

  Following(RaftState state, Divergence divergence, SlowDisk slowDisk) {
    this.state = state;
    this.divergence = divergence;
    this.slowDisk = slowDisk;
  }

  void onAppend(Message.Append append) {
    var log = state.log;
    var previous = append.previous();
    if (previous.index() < log.commit()) {
      // Old news. What is committed equals the leader's, so the commit index is a true answer.
      for (var entry : append.entries()) {
        var id = EntryId.of(entry);
        InvariantViolation.check(
            id.index() > log.commit() || !log.knows(id.index()) || log.has(id),
            "a committed entry is never overwritten");
      }
      accept(append.from(), log.commit());
      return;
    }
    if (!matches(previous)) {
      var hint = log.lastThatMayMatch(previous.index(), previous.term());
      state.trace(new TraceRecord.AppendRejected(append.from(), previous, hint));
      state.send(
          new Message.AppendResponse(
              state.self,
              append.from(),
              state.term(),
              state.incarnation,
              true,
              previous.index(),
              hint));
      return;
    }
    for (var entry : append.entries()) {
      if (isThere(entry)) {
        continue;
      }
      if (entry.index() <= log.last()) {
        state.trace(new TraceRecord.LogOverwritten(entry.index(), log.last()));
        log.truncateFrom(entry.index());
        state.persistence.logReplacedFrom(entry.index());
      }
      log.append(entry);
    }
    var same = previous.index() + append.entries().size();
    commitTo(commitShown(append, same));
    accept(append.from(), same);
  }

  /**
   * What is there already is not written again, and above all cuts nothing off: an append that is
   * late may end before entries that this member has acknowledged since.
   */
  private boolean isThere(Entry entry) {
    return state.log.has(EntryId.of(entry));
  }

  /**
   * Only what this append has shown to be the leader's may be taken for committed; what stands
   * behind it in the log may be another leader's.
   */
  private static long commitShown(Message.Append append, long same) {
    return Math.min(append.commit(), same);
  }

  /** The consistency check: equal here, and so equal everywhere before (log matching). */
  private boolean matches(EntryId previous) {
    return state.log.has(previous);
  }

  private void accept(long leader, long index) {
    if (matchedTerm != state.term()) {
      matchedTerm = state.term();
      matched = 0;
    }
    matched = Math.max(matched, index);
    state.sendAfterLog(
        new Message.AppendResponse(
            state.self, leader, state.term(), state.incarnation, false, index, EntryId.ORIGIN));
  }

  private void commitTo(long index) {
    if (index > state.log.commit()) {
      state.log.commitTo(index);
    }
  }

  /** The last entry that is the leader's of this term and durable here. */
  EntryId durablyMatched() {
    var log = state.log;
    var index = matchedTerm == state.term() ? Math.min(matched, log.durable()) : 0;
    return log.knows(index) ? log.id(index) : EntryId.ORIGIN;
  }

  void onHeartbeat(Message.Heartbeat heartbeat) {
    var log = state.log;
    if (heartbeat.commit() > log.last()) {
      // Rule P6. The leader knows that this member acknowledged the entry, yet it is not here.
      state.claim(
          state.claim().and(new Claim.Reached(new EntryId(state.term(), heartbeat.commit()))),
          "the leader's commit position lies above the log");
    } else {
      commitTo(heartbeat.commit());
    }
    state.send(
        new Message.HeartbeatResponse(
            state.self,
            heartbeat.from(),
            state.term(),
            state.incarnation,
            heartbeat.readRound(),
            state.claim() instanceof Claim.Unknown,
            slowDisk.isSlow(),
            divergence.at(heartbeat.hashIndex())));
  }

  /** A whole snapshot has arrived beside the log. */
  void onInstallSnapshot(Message.InstallSnapshot snapshot) {
    var log = state.log;
    var position = snapshot.position();
    if (log.installing()) {
      ignore(position, "another one is being installed");
      return;
    }
    if (!isAhead(position)) {
      ignore(position, "it is not ahead of the commit index");
      accept(snapshot.from(), log.commit());
      return;
    }
    if (log.has(position)) {
      // The log has it all: the snapshot's only news is that it is committed.
      ignore(position, "the log has it all");
      commitTo(position.index());
      accept(snapshot.from(), position.index());
      return;
    }
    InvariantViolation.check(position.term() > 0, "a snapshot ends with an entry");
    state.trace(new TraceRecord.SnapshotAccepted(position));
    state.install(new SnapshotInstall(position, snapshot.membership()));
    state.trace(new TraceRecord.MembershipChanged(snapshot.membership()));
    accept(snapshot.from(), position.index());
  }

  /** Whether the snapshot knows more committed entries than this member. */
  private boolean isAhead(EntryId position) {
    return position.index() > state.log.commit();
  }

  private void ignore(EntryId position, String reason) {
    state.trace(new TraceRecord.SnapshotIgnored(position, reason));
  }
}
