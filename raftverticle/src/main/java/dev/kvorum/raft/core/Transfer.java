package dev.kvorum.raft.core;

/**
 * Handing the leadership to a chosen voter (Raft thesis 3.10): no more proposals are taken, the
 * voter is brought up to date, then told to campaign at once.
 */
final class Transfer {
  private final RaftState state;

  /** Who is to lead, or 0. */
  private long target;

  Transfer(RaftState state) {
    this.state = state;
  }

  boolean isUnderWay() {
    return target != 0;
  }

  long target() {
    return target;
  }

  /** Begins to hand over. Returns whether the target still has to be brought up to date. */
  boolean start(long newTarget) {
    abort("another target was named");
    if (newTarget == state.self || !state.peers.isVoter(newTarget)) {
      state.trace(new TraceRecord.TransferEnded(newTarget, "no other voter"));
      return false;
    }
    target = newTarget;
    state.trace(new TraceRecord.TransferStarted(target));
    return !finishIfCaughtUp();
  }

  /** Something about the target's log may have changed. Returns whether it was told to campaign. */
  boolean finishIfCaughtUp() {
    if (target == 0) {
      return false;
    }
    var progress = state.peers.get(target);
    if (progress == null || progress.match() != state.log.last()) {
      return false;
    }
    // The message may be lost, so the target stays named, and proposals refused, until the leader's
    // next election timeout.
    state.send(new Message.TimeoutNow(state.self, target, state.term()));
    return true;
  }

  /** A leader that must not lead any more steps down: a voter that has everything need not wait. */
  void takeLeave() {
    for (var progress : state.peers.all()) {
      if (mayTakeOver(progress) && progress.match() == state.log.last()) {
        state.send(new Message.TimeoutNow(state.self, progress.member(), state.term()));
        return;
      }
    }
  }

  private boolean mayTakeOver(Progress progress) {
    return progress.member() != state.self && state.peers.isVoter(progress.member());
  }

  /** The configuration changed: the target may not be a voter any more. */
  void configurationChanged() {
    if (target != 0 && !state.peers.isVoter(target)) {
      abort("the target is no voter any more");
    }
  }

  void abort(String reason) {
    if (target != 0) {
      state.trace(new TraceRecord.TransferEnded(target, reason));
      target = 0;
    }
  }
}
