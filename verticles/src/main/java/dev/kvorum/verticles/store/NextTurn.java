package dev.kvorum.verticles.store;

import io.vertx.core.Context;
import io.vertx.core.internal.ContextInternal;
import java.util.concurrent.TimeUnit;

/**
 * How a long job on an event loop lets everybody else have a turn.
 *
 * <p>{@code runOnContext} alone does not: a loop takes what was queued meanwhile as the next task
 * of the same round, for up to a second, and looks at its sockets and timers only between rounds. A
 * timer of no time at all belongs to the next round. Vert.x has no such timer, so Netty's is used:
 * the one place in this module that knows what Vert.x is made of.
 */
public final class NextTurn {
  private NextTurn() {}

  /**
   * Runs the action on the context's event loop, after the timers and sockets that are due.
   *
   * @param context the caller's
   */
  public static void run(Context context, Runnable action) {
    run(context, 0, action);
  }

  /**
   * The same after a rest, which need not be as long as a millisecond.
   *
   * @param context the caller's
   */
  static void run(Context context, long restNanos, Runnable action) {
    var _ =
        ((ContextInternal) context)
            .nettyEventLoop()
            .schedule(
                () -> context.runOnContext(_ -> action.run()), restNanos, TimeUnit.NANOSECONDS);
  }
}
