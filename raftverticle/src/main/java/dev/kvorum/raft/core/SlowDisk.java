package dev.kvorum.raft.core;

import org.jspecify.annotations.Nullable;

/**
 * A disk that does not answer (rule P18). Without this a leader whose sync hangs would lead on: its
 * heartbeats need no disk, and its followers commit for it. But it applies nothing, because it
 * applies only what its own disk has, and so it answers nobody.
 *
 * <p>The age of the oldest write under way is the measure. From half an election timeout on the
 * member counts as slow: it says so in the answers to heartbeats and is not chosen as successor.
 * From one election timeout on a leader hands over by itself.
 */
final class SlowDisk {
  private final RaftState state;
  private boolean slow;

  /** Who was asked to take over last, and did not. */
  private long lastTarget;

  SlowDisk(RaftState state) {
    this.state = state;
  }

  /** Whether this member is too slow to be given the leadership. */
  boolean isSlow() {
    return slow;
  }

  void tick() {
    state.persistence.tick();
    judge();
  }

  /** The disk has completed something. */
  void judge() {
    var age = state.persistence.oldestAgeTicks();
    var isSlow = 2 * age >= state.config.timeouts().electionTicks() && age > 0;
    if (isSlow != slow) {
      slow = isSlow;
      state.trace(new TraceRecord.DiskPaceChanged(slow, age));
    }
  }

  /** Whom the leader must hand over to now because its own disk hangs, or 0. */
  long successor() {
    if (state.persistence.oldestAgeTicks() < state.config.timeouts().electionTicks()) {
      lastTarget = 0;
      return 0;
    }
    var best = best(lastTarget);
    if (best == null) {
      best = best(0);
    }
    lastTarget = best == null ? 0 : best.member();
    return lastTarget;
  }

  /** The voter who is there, not slow itself, and has the most. */
  private @Nullable Progress best(long except) {
    Progress best = null;
    for (var progress : state.peers.all()) {
      var suits =
          progress.member() != state.self
              && progress.member() != except
              && state.peers.isVoter(progress.member())
              && progress.state() == Progress.State.REPLICATE
              && !progress.slowDisk();
      if (suits && (best == null || progress.match() > best.match())) {
        best = progress;
      }
    }
    return best;
  }
}
