package dev.kvorum.verticles.store;

import io.vertx.core.Vertx;

/**
 * How a long job on an event loop lets everybody else have a turn.
 *
 * <p>{@code runOnContext} alone does not: a loop takes what was queued meanwhile as the next task of
 * the same round, for up to a second, and looks at its sockets and timers only after the round. So
 * the next turn is asked for by another thread. By the time it is queued the loop has nothing else
 * to do, or has done it, and its timers and sockets come first.
 */
public final class NextTurn {
  private NextTurn() {}

  /** Runs the action on the caller's event loop, after what is due there. */
  public static void run(Vertx vertx, Runnable action) {
    vertx
        .<Void>executeBlocking(() -> null, false)
        .onComplete(_ -> action.run());
  }
}
