package dev.kvorum.simulator.client;

/**
 * A session that a seed decides on. What it does follows from its own seed and from what it hears.
 *
 * @param client its number among all clients
 */
public record SessionPlan(Kind kind, int client, long seed) {
  /** What a session keeps going. */
  public enum Kind {
    WATCH,
    LEASE,
    LOCK
  }
}
