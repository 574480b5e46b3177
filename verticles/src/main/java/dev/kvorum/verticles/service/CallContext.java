package dev.kvorum.verticles.service;

/**
 * What is known of a call beside its message.
 *
 * @param deadlineNanos when the client stops waiting, on {@link System#nanoTime()}'s scale, or
 *     {@link #NO_DEADLINE}
 * @param requireLeader the client sent {@code hasleader: true} (contract S22.2)
 */
public record CallContext(long deadlineNanos, boolean requireLeader) {
  /** The client waits as long as the server does. */
  public static final long NO_DEADLINE = Long.MAX_VALUE;

  /** A call without metadata. */
  public static final CallContext PLAIN = new CallContext(NO_DEADLINE, false);
}
