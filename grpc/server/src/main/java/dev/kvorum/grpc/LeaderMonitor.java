package dev.kvorum.grpc;

import dev.kvorum.storage.model.Failure;
import dev.kvorum.verticles.service.Service;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Refuses calls whose clients want no member without a leader, when there is none as they begin,
 * and ends those that last when there has been none for a while (contract S22.2). A moment without
 * one, as in an election, ends nothing. Used on one loop; while nobody wants it, it has no timer.
 */
final class LeaderMonitor {
  /** So many looks in a row must find no leader. */
  private static final int LOOKS = 3;

  private static final GrpcStatus NO_LEADER = GrpcStatus.of(Failure.NO_LEADER);

  private final Vertx vertx;
  private final Service service;
  private final Duration interval;

  /** Some of them may have ended since the last look. */
  private final Set<GrpcCall> calls = new LinkedHashSet<>();

  private int looksWithoutLeader;
  private boolean armed;

  /**
   * @param interval between two looks
   */
  LeaderMonitor(Vertx vertx, Service service, Duration interval) {
    this.vertx = vertx;
    this.service = service;
    this.interval = interval;
  }

  /**
   * Whether the call may begin; one that may not is finished, with the same status whatever it
   * asks: locks and elections give errors of the store another code, and this is none.
   */
  boolean admits(GrpcCall call) {
    if (!call.context().requireLeader() || service.hasLeader()) {
      return true;
    }
    call.finish(NO_LEADER);
    return false;
  }

  /** A call that lasts has begun. */
  void began(GrpcCall call) {
    if (call.context().requireLeader() && !call.isClosed()) {
      calls.add(call);
      arm();
    }
  }

  private void arm() {
    if (!armed && !calls.isEmpty()) {
      armed = true;
      vertx.setTimer(Math.max(1, interval.toMillis()), ignored -> look());
    }
  }

  private void look() {
    armed = false;
    calls.removeIf(GrpcCall::isClosed);
    looksWithoutLeader = service.hasLeader() ? 0 : looksWithoutLeader + 1;
    if (looksWithoutLeader >= LOOKS) {
      List.copyOf(calls).forEach(call -> call.finish(NO_LEADER));
      calls.clear();
    }
    if (calls.isEmpty()) {
      looksWithoutLeader = 0;
    }
    arm();
  }
}
