package dev.kvorum.storage.model;

import org.jspecify.annotations.Nullable;

/**
 * Our model of the world is wrong: a bug, not a fault and not bad input. An {@code Error}, so that
 * nobody handles it by accident; the wrapper around every step stops the node.
 */
public final class InvariantViolation extends Error {
  private static final long serialVersionUID = 1L;

  public InvariantViolation(String fact) {
    super(fact);
  }

  /** Throws unless the fact holds. */
  public static void check(boolean holds, String fact) {
    if (!holds) {
      throw new InvariantViolation(fact);
    }
  }

  /** The value, which the fact says is there; throws where it is null. */
  public static <T> T present(@Nullable T value, String fact) {
    if (value == null) {
      throw new InvariantViolation(fact);
    }
    return value;
  }
}
