package dev.kvorum.simulator.oracle;

/**
 * An oracle has seen what must never happen. An {@code Error}, as {@link
 * dev.kvorum.storage.model.InvariantViolation} is one: it ends the seed.
 */
public final class OracleViolation extends Error {
  private static final long serialVersionUID = 1L;

  /** The rule that was broken, a constant text by which failures are told apart. */
  private final String rule;

  public OracleViolation(String rule, String evidence) {
    super(rule + ": " + evidence);
    this.rule = rule;
  }

  public String rule() {
    return rule;
  }
}
