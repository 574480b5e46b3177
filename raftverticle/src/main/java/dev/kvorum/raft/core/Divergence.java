package dev.kvorum.raft.core;

import dev.kvorum.storage.model.StateHash;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Whether all members' state machines hold the same (rule P14). Raft makes the logs equal; a bug or
 * a flipped bit may still make states differ, and nothing else would ever notice.
 *
 * <p>Each state machine tells its hash at every 4,096th index, and once a second where it stands
 * while nothing happens. The leader's heartbeats name one such index, and the answers bring each
 * member's hash at it. A member that differs from what a quorum has is wrong: it rebuilds itself.
 * If the answers differ and no quorum agrees, nobody knows who is right.
 *
 * <p>A comparison is one round. It ends when all members who are there have answered, or after some
 * heartbeats; the next one takes the newest index. Rounds may be skipped: a difference does not go
 * away by itself, for the hash is of everything that the state holds.
 */
final class Divergence {
  /** How many of its own hashes a member remembers for the leader to ask for. */
  private static final int REMEMBERED = 32;

  /** A round that is not complete by then is given up, in heartbeat intervals. */
  private static final int ROUND_HEARTBEATS = 20;

  /** Where the answers contradict each other, the silent ones are waited for so much longer. */
  private static final int PATIENCE_IN_DOUBT = 10;

  private final RaftState state;
  private final StateHash[] own = new StateHash[REMEMBERED];
  private int ownCount;
  private StateHash newest = StateHash.NONE;

  /** On the leader: the hashes at the index that is being compared. */
  private final TreeMap<Long, StateHash> answers = new TreeMap<>();

  private long askedIndex;
  private int elapsedTicks;

  Divergence(RaftState state) {
    this.state = state;
  }

  /** This member's state machine stands at the index, or has come past it, with that hash. */
  void onStateHash(StateHash hash) {
    if (hash.index() <= newest.index()) {
      return;
    }
    newest = hash;
    own[ownCount++ % REMEMBERED] = hash;
    if (state.isLeader() && askedIndex == 0) {
      begin();
    }
  }

  /** What this member had at the index, or {@link StateHash#NONE}. */
  StateHash at(long index) {
    if (index == 0) {
      return StateHash.NONE;
    }
    for (var hash : own) {
      if (hash != null && hash.index() == index) {
        return hash;
      }
    }
    return StateHash.NONE;
  }

  // On the leader.

  /** Begins to lead. */
  void lead() {
    askedIndex = 0;
    begin();
  }

  private void begin() {
    answers.clear();
    elapsedTicks = 0;
    askedIndex = newest.index();
    if (askedIndex != 0) {
      answers.put(state.self, newest);
    }
  }

  /** The index to compare, for the heartbeats that go out now; 0 for none. */
  long ask() {
    return askedIndex;
  }

  /** Time has passed; counted in ticks, because reads make heartbeats of their own. */
  void tick() {
    elapsedTicks++;
    var patience = ROUND_HEARTBEATS * state.config.timeouts().heartbeatTicks();
    if (askedIndex != 0
        && elapsedTicks > patience
        && (!isInDoubt() || elapsedTicks > PATIENCE_IN_DOUBT * patience)) {
      end();
    }
  }

  private boolean isInDoubt() {
    return agreed() == null && answers.values().stream().distinct().count() > 1;
  }

  private void end() {
    if (isInDoubt()) {
      // Some voter is silent; those who spoke contradict each other.
      state.find(new Finding.NoMajority(askedIndex));
    }
    var compared = askedIndex;
    askedIndex = 0;
    answers.clear();
    if (newest.index() > compared) {
      begin();
    }
  }

  void onAnswer(long member, StateHash hash) {
    if (askedIndex == 0 || hash.index() != askedIndex) {
      return;
    }
    if (answers.put(member, hash) == null) {
      judge();
      if (answers.size() >= state.peers.all().length
          || (agreed() == null && state.peers.everyVoter(answers::containsKey))) {
        end();
      }
    }
  }

  /** Another life of the member speaks: its state is another one, too. */
  void newLife(long member) {
    answers.remove(member);
  }

  private void judge() {
    var agreed = agreed();
    if (agreed == null) {
      return;
    }
    for (var answer : answers.entrySet()) {
      if (!answer.getValue().equals(agreed)) {
        tell(answer.getKey());
      }
    }
  }

  /** What a quorum has, or null. A lone voter's word against a learner's proves nothing. */
  private @Nullable StateHash agreed() {
    for (var hash : answers.values()) {
      var supporters = answers.values().stream().filter(hash::equals).count();
      if (supporters > 1 && hasQuorum(hash)) {
        return hash;
      }
    }
    return null;
  }

  private boolean hasQuorum(StateHash hash) {
    return state.peers.tally(voter -> hash.equals(answers.get(voter)), _ -> false) == Tally.WON;
  }

  private void tell(long member) {
    state.trace(new TraceRecord.DivergenceSeen(member, askedIndex));
    if (member == state.self) {
      quarantine(askedIndex);
    } else {
      var progress = state.peers.get(member);
      if (progress != null) {
        state.send(
            new Message.DivergenceNotice(
                state.self, member, state.term(), progress.incarnation(), askedIndex));
      }
    }
  }

  // On the member that is wrong.

  void onNotice(Message.DivergenceNotice notice) {
    if (notice.incarnation() == state.incarnation) {
      quarantine(notice.index());
    }
  }

  private void quarantine(long index) {
    if (!state.isUnfit()) {
      state.unfit(new Finding.StateDiverged(index));
    }
  }
}
