package dev.kvorum.raft.core;

import java.util.ArrayList;
import java.util.List;

/**
 * Linearizable reads on a member that does not lead: it asks the leader for the index. All readers
 * waiting when a request goes out share it; one request is under way at a time.
 *
 * <p>A request is known by a ticket that is never used again in this member's life: a retry gets a
 * new one, and an answer to any other ticket is not accepted. Otherwise the late answer to an
 * earlier request, an index that was the latest once, would be taken for the answer to this one.
 */
final class FollowerReads {
  /** A request without an answer is made anew after so many heartbeat intervals. */
  private static final int RETRY_HEARTBEATS = 5;

  private final RaftState state;
  private List<Long> newcomers = new ArrayList<>();

  /** The readers of the request under way. */
  private List<Long> asking = new ArrayList<>();

  private long ticket;
  private int elapsed;

  FollowerReads(RaftState state) {
    this.state = state;
  }

  void request(long token) {
    newcomers.add(token);
    ask();
  }

  /** Readers who were waiting for this member as leader. */
  void addAll(List<Long> tokens) {
    newcomers.addAll(tokens);
  }

  /** This member leads now and serves its readers itself. */
  List<Long> takeAll() {
    asking.addAll(newcomers);
    var tokens = asking;
    newcomers = new ArrayList<>();
    asking = new ArrayList<>();
    return tokens;
  }

  /** There is another leader, or none: what was asked of the old one is void. */
  void leaderChanged() {
    newcomers = takeAll();
    ask();
  }

  void tick() {
    if (asking.isEmpty()) {
      return;
    }
    elapsed++;
    if (elapsed >= RETRY_HEARTBEATS * state.config.timeouts().heartbeatTicks()) {
      leaderChanged();
    }
  }

  private void ask() {
    if (newcomers.isEmpty() || !asking.isEmpty() || state.leader() == 0) {
      return;
    }
    var free = asking;
    asking = newcomers;
    newcomers = free;
    ticket++;
    elapsed = 0;
    state.send(
        new Message.ReadIndexRequest(
            state.self, state.leader(), state.term(), state.incarnation, ticket));
  }

  void onResponse(Message.ReadIndexResponse response) {
    if (asking.isEmpty() || !isAwaited(response)) {
      state.trace(new TraceRecord.MessageIgnored(response, "not the answer that is awaited"));
      return;
    }
    for (var token : asking) {
      state.outcome.reads.add(new ReadReady(token, response.index()));
    }
    asking.clear();
    ask();
  }

  /** Whether this answers the very request that is under way. */
  private boolean isAwaited(Message.ReadIndexResponse response) {
    return response.from() == state.leader()
        && response.incarnation() == state.incarnation
        && response.ticket() == ticket;
  }
}
