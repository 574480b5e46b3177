package dev.kvorum.raft.core;

import dev.kvorum.storage.model.InvariantViolation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Linearizable reads on the leader (ReadIndex, Raft thesis 6.4). A read may be answered with the
 * commit index of the moment it came, once a quorum has confirmed, after that moment, that this
 * member still leads, and once an entry of this leader's term is committed (before that the leader
 * does not know how far its predecessors committed).
 *
 * <p>Confirmations are counted by position, not by identity. The leader numbers its rounds 1, 2, 3,
 * ... within its term; a heartbeat carries the latest number and its answer brings it back. A peer
 * that answered round n has confirmed all rounds up to n, so one number a peer is all there is to
 * keep, and a doubled, late or lost answer can do no harm. (A map from request ids to answers is
 * what went wrong elsewhere: an id that was used again found the answers of its first use.)
 */
final class LeaderReads {
  /** Rounds that may be under way before further readers wait for the next one. */
  private static final int MAX_ROUNDS = 4;

  /** A reader: this member itself with a token, or a peer with its incarnation and ticket. */
  private record Reader(long member, long incarnation, long token) {}

  private record Waiting(long round, long index, Reader reader) {}

  private final RaftState state;
  private final Replication replication;

  /** Readers for whom no round has begun. */
  private final List<Reader> newcomers = new ArrayList<>();

  /** Readers by ascending round. */
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();

  private long round;
  private long confirmed;

  LeaderReads(RaftState state, Replication replication) {
    this.state = state;
    this.replication = replication;
  }

  /** Begins to lead, with the readers who had been waiting here for some leader. */
  void lead(List<Long> tokens) {
    round = 0;
    confirmed = 0;
    newcomers.clear();
    waiting.clear();
    for (var token : tokens) {
      newcomers.add(new Reader(state.self, 0, token));
    }
  }

  /** This member leads no more: its own readers must ask the next leader. */
  List<Long> takeOwn() {
    var tokens = new ArrayList<Long>();
    for (var each : waiting) {
      if (each.reader.member == state.self) {
        tokens.add(each.reader.token);
      }
    }
    for (var reader : newcomers) {
      if (reader.member == state.self) {
        tokens.add(reader.token);
      }
    }
    waiting.clear();
    newcomers.clear();
    return tokens;
  }

  void request(long token) {
    newcomers.add(new Reader(state.self, 0, token));
    beginRound();
  }

  void onRequest(Message.ReadIndexRequest request) {
    newcomers.add(new Reader(request.from(), request.incarnation(), request.ticket()));
    beginRound();
  }

  /** The commit index rose, or the configuration changed: waiting readers may be served. */
  void proceed() {
    confirm();
    beginRound();
  }

  private void beginRound() {
    if (newcomers.isEmpty() || !knowsAllCommitted()) {
      return;
    }
    if (state.peers.isLoneVoter(state.self)) {
      for (var reader : newcomers) {
        answer(reader, state.log.commit());
      }
      newcomers.clear();
      return;
    }
    if (round - confirmed >= MAX_ROUNDS) {
      return;
    }
    round++;
    for (var reader : newcomers) {
      waiting.addLast(new Waiting(round, state.log.commit(), reader));
    }
    newcomers.clear();
    replication.heartbeatToAll(round);
  }

  /** Before an entry of its own term is committed, a leader may not know of all that is. */
  private boolean knowsAllCommitted() {
    return replication.hasCommittedInTerm();
  }

  /** Begins a round for the leader's own sake and returns its number. */
  long ask() {
    round++;
    replication.heartbeatToAll(round);
    return round;
  }

  void onHeartbeatResponse(Progress progress, long answered) {
    InvariantViolation.check(answered <= round, "only a round that began is confirmed");
    progress.readRound(answered);
    confirm();
    beginRound();
  }

  private void confirm() {
    var reached = Math.min(round, state.peers.reached(this::confirmedBy));
    if (reached <= confirmed) {
      return;
    }
    confirmed = reached;
    while (!waiting.isEmpty() && waiting.getFirst().round <= confirmed) {
      var served = waiting.removeFirst();
      answer(served.reader, served.index);
    }
  }

  private long confirmedBy(Progress progress) {
    return progress.member() == state.self ? round : progress.readRound();
  }

  /** Whether a quorum in which this member does not count has confirmed the round. */
  boolean isConfirmedWithout(long member, long asked) {
    return state.peers.reached(each -> each.member() == member ? 0 : confirmedBy(each)) >= asked;
  }

  private void answer(Reader reader, long index) {
    if (reader.member == state.self) {
      state.outcome.reads.add(new ReadReady(reader.token, index));
    } else {
      state.send(
          new Message.ReadIndexResponse(
              state.self, reader.member, state.term(), reader.incarnation, reader.token, index));
    }
  }
}
