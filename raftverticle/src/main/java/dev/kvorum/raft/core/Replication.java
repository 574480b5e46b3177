package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import java.util.List;

/**
 * The leader's side of the log: taking entries in, sending them, counting who has them (Raft paper
 * 5.3 and 5.4.2).
 *
 * <p>Entries go to the peers while the leader's own disk still writes them; the leader counts
 * itself only when its disk is done, like any other member.
 */
final class Replication {
  private final RaftState state;
  private final Transfer transfer;
  private final Divergence divergence;

  /** Payload bytes of this term's proposals that are not yet committed. */
  private long uncommittedBytes;

  /** The first entry of this leader's term. */
  private long firstOfTerm;

  /** Ticks since the last heartbeats. */
  private int heartbeatElapsed;

  /** The round that heartbeats carry. */
  private long readRound;

  Replication(RaftState state, Transfer transfer, Divergence divergence) {
    this.state = state;
    this.transfer = transfer;
    this.divergence = divergence;
  }

  /** The progress of a member of the configuration. */
  Progress peer(long member) {
    var progress = state.peers.get(member);
    if (progress == null) {
      throw new InvariantViolation(member + " is a member");
    }
    return progress;
  }

  /**
   * Begins to lead: an empty entry of the new term commits what earlier terms left behind, because
   * entries of earlier terms are never committed by counting (Raft paper figure 8).
   */
  void lead() {
    var log = state.log;
    for (var progress : state.peers.all()) {
      progress.reset(log.last());
      if (progress.member() == state.self) {
        progress.becomeReplicate();
        progress.matchOwn(ownMatch());
      }
    }
    uncommittedBytes = 0;
    heartbeatElapsed = 0;
    readRound = 0;
    firstOfTerm = log.last() + 1;
    log.append(new Entry(state.term(), firstOfTerm, Entry.Type.EMPTY, Bytes.EMPTY));
    sendToAll();
  }

  /** Whether an entry of this leader's own term is committed, and so all before it. */
  boolean hasCommittedInTerm() {
    return state.log.commit() >= firstOfTerm;
  }

  // Taking in.

  /**
   * Whether so many payload bytes may come in. Without anything uncommitted any size may, or it
   * never could.
   */
  boolean hasRoomFor(long bytes) {
    return uncommittedBytes == 0
        || bytes == 0
        || uncommittedBytes + bytes <= state.config.budgets().maxUncommittedBytes();
  }

  /** Appends to the log, sends, and returns the first index. */
  long append(Entry.Type type, List<Bytes> payloads) {
    var log = state.log;
    var first = log.last() + 1;
    var index = first;
    for (var payload : payloads) {
      log.append(new Entry(state.term(), index++, type, payload));
      uncommittedBytes += payload.size();
    }
    sendToAll();
    return first;
  }

  /** What the leader itself has: what its own disk has, not what is on the way there. */
  private long ownMatch() {
    return state.log.durable();
  }

  /** This leader's own disk has come further. */
  void onDurable() {
    var own = state.peers.get(state.self);
    if (own != null) {
      own.matchOwn(ownMatch());
      advanceCommit();
    }
  }

  // Sending.

  /** Sends to every peer what it lacks, or at least the commit index. */
  void sendToAll() {
    for (var progress : state.peers.all()) {
      if (progress.member() != state.self) {
        send(progress, true);
      }
    }
  }

  /**
   * Sends the next append to the peer, if it may have one. Without entries to send, one goes only
   * if {@code evenEmpty}. Returns whether one went.
   */
  boolean send(Progress progress, boolean evenEmpty) {
    if (progress.isPaused()) {
      return false;
    }
    var log = state.log;
    var previous = progress.next() - 1;
    if (previous < log.base().index()) {
      requestSnapshot(progress);
      return false;
    }
    var entries = nextEntries(progress);
    if (entries.isEmpty() && !evenEmpty) {
      return false;
    }
    sendAppend(progress, previous, entries);
    return true;
  }

  private List<Entry> nextEntries(Progress progress) {
    var log = state.log;
    var from = progress.next();
    if (from > log.last()
        || (progress.state() == Progress.State.REPLICATE && progress.inflights().isFull())) {
      return List.of();
    }
    if (from < log.tailFirst()) {
      // A probe asks only whether the previous entry is there; its entries can wait until then.
      if (progress.state() == Progress.State.REPLICATE && !progress.reading()) {
        progress.reading(true);
        state.outcome.entryReads.add(
            new EntryRead(
                progress.member(),
                from,
                log.tailFirst() - 1,
                state.config.windows().maxAppendBytes()));
      }
      return List.of();
    }
    return log.slice(
        from, log.endWithin(from, log.last(), state.config.windows().maxAppendBytes()));
  }

  private void sendAppend(Progress progress, long previous, List<Entry> entries) {
    var log = state.log;
    var bytes = 0L;
    for (var entry : entries) {
      bytes += entry.payload().size();
    }
    state.send(
        new Message.Append(
            state.self, progress.member(), state.term(), log.id(previous), entries, log.commit()));
    progress.sent(entries.size(), bytes);
    progress.sentCommit(log.commit());
  }

  private void requestSnapshot(Progress progress) {
    if (!progress.recentlyActive()) {
      // A snapshot is too much work to be sent to somebody who is not there.
      return;
    }
    progress.becomeSnapshot(state.log.base().index());
    traceProgress(progress);
    state.outcome.snapshotRequests.add(
        new SnapshotRequest(progress.member(), state.term(), state.log.base().index()));
  }

  /** The journal has read old entries for a peer. */
  void onEntriesRead(long member, long from, List<Entry> entries) {
    var progress = state.peers.get(member);
    if (progress == null || !progress.reading()) {
      return;
    }
    progress.reading(false);
    if (progress.state() != Progress.State.REPLICATE
        || progress.isPaused()
        || progress.next() != from
        || from - 1 < state.log.base().index()) {
      // The peer has moved on meanwhile.
      sendAll(progress);
      return;
    }
    if (entries.isEmpty()) {
      requestSnapshot(progress);
      return;
    }
    state.log.checkRead(from, entries);
    sendAppend(progress, from - 1, entries);
    sendAll(progress);
  }

  private void sendAll(Progress progress) {
    while (send(progress, false)) {
      // Fills the window.
    }
  }

  // Heartbeats.

  void tick() {
    heartbeatElapsed++;
    if (heartbeatElapsed >= state.config.timeouts().heartbeatTicks()) {
      heartbeatToAll(readRound);
    }
  }

  /** Sends heartbeats that also carry the round of asking for leadership. */
  void heartbeatToAll(long round) {
    heartbeatElapsed = 0;
    readRound = round;
    var hashIndex = divergence.ask();
    for (var progress : state.peers.all()) {
      if (progress.member() != state.self) {
        state.send(
            new Message.Heartbeat(
                state.self,
                progress.member(),
                state.term(),
                commitToTell(progress),
                round,
                hashIndex));
      }
    }
  }

  /** No commit index above the match: the peer may have something else there. */
  private long commitToTell(Progress progress) {
    return Math.min(progress.match(), state.log.commit());
  }

  /** The peer lives and may be sent to again. */
  void onHeartbeatResponse(Progress progress) {
    progress.recentlyActive(true);
    progress.resume();
    // An append may have been lost: this one, even if empty, brings the refusal that tells.
    if (progress.match() < state.log.last() || progress.state() == Progress.State.PROBE) {
      send(progress, true);
    }
  }

  // Answers.

  /** The peer refuses an append, because it lacks the previous entry. */
  void onRejected(Progress progress, Message.AppendResponse response) {
    progress.recentlyActive(true);
    var hint = response.hint();
    var candidate = hint.index();
    if (hint.term() > 0) {
      // Everything of a term above the hint's cannot be in the peer's log: skip it all at once.
      candidate = state.log.lastThatMayMatch(hint.index(), hint.term()).index();
    }
    if (!progress.rejected(response.index(), candidate)) {
      return;
    }
    if (progress.state() == Progress.State.REPLICATE) {
      progress.becomeProbe();
      traceProgress(progress);
    }
    send(progress, true);
  }

  /** The peer has, durably, everything up to the index. */
  void onAccepted(Progress progress, long index) {
    progress.recentlyActive(true);
    InvariantViolation.check(index <= state.log.last(), "nobody has more than its leader");
    var news = progress.matchTo(index);
    if (!news && !(progress.match() == index && progress.state() == Progress.State.PROBE)) {
      return;
    }
    switch (progress.state()) {
      case PROBE -> replicate(progress);
      case SNAPSHOT -> {
        if (progress.match() >= state.log.base().index()) {
          progress.becomeProbe();
          replicate(progress);
        }
      }
      case REPLICATE -> {
        progress.inflights().releaseTo(index);
        if (!progress.inflights().isFull()) {
          progress.resume();
        }
      }
    }
    if (!advanceCommit() && progress.sentCommit() < committedFor(progress)) {
      send(progress, true);
    }
    if (progress.state() == Progress.State.REPLICATE) {
      sendAll(progress);
    }
    if (progress.member() == transfer.target()) {
      transfer.finishIfCaughtUp();
    }
  }

  private long committedFor(Progress progress) {
    return Math.min(state.log.commit(), progress.next() - 1);
  }

  private void replicate(Progress progress) {
    progress.becomeReplicate();
    traceProgress(progress);
  }

  void traceProgress(Progress progress) {
    state.trace(
        new TraceRecord.ProgressChanged(
            progress.member(), progress.state(), progress.match(), progress.next()));
  }

  /**
   * Commits what a quorum has, if its last entry is of this term: an entry of an earlier term could
   * still be overwritten although a quorum has it (Raft paper figure 8). Returns whether the commit
   * index rose.
   */
  boolean advanceCommit() {
    var log = state.log;
    var reached = state.peers.reached(Progress::match);
    if (reached <= log.commit() || reached == Long.MAX_VALUE || !mayCommitByCounting(reached)) {
      return false;
    }
    if (uncommittedBytes > 0) {
      countCommitted(log.commit() + 1, reached);
    }
    log.commitTo(reached);
    sendToAll();
    return true;
  }

  /** Only entries of this leader's own term are committed because a quorum has them. */
  private boolean mayCommitByCounting(long index) {
    return state.log.term(index) == state.term();
  }

  private void countCommitted(long from, long to) {
    if (to == state.log.last()) {
      uncommittedBytes = 0;
      return;
    }
    for (var index = Math.max(from, firstOfTerm); index <= to; index++) {
      uncommittedBytes -= state.log.get(index).payload().size();
    }
  }

  /** The configuration changed: quorums may be smaller, and there may be somebody new to feed. */
  void configurationChanged() {
    var own = state.peers.get(state.self);
    if (own != null) {
      own.becomeReplicate();
      own.matchOwn(ownMatch());
    }
    if (!advanceCommit()) {
      for (var progress : state.peers.all()) {
        if (progress.member() != state.self) {
          send(progress, progress.state() == Progress.State.PROBE);
        }
      }
    }
  }

  // Reports of the world around.

  void onUnreachable(Progress progress) {
    if (progress.state() == Progress.State.REPLICATE) {
      // What was sent optimistically is probably lost: feel the way again.
      progress.becomeProbe();
      traceProgress(progress);
    }
  }

  void onSnapshotReported(Progress progress, long index, boolean delivered) {
    if (progress.state() == Progress.State.SNAPSHOT) {
      progress.snapshotEnded(delivered ? Math.min(index, state.log.last()) : 0);
      traceProgress(progress);
    }
  }
}
