package dev.kvorum.server.notation;

/** A text that is not what it should be, in Go's notation. */
public final class NotationException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String reason;
  private final boolean outOfRange;

  NotationException(String reason, boolean outOfRange) {
    super(reason);
    this.reason = reason;
    this.outOfRange = outOfRange;
  }

  /** The message, which is never absent. */
  public String reason() {
    return reason;
  }

  /** Whether it reads as a number, but one that is too large or too small. */
  public boolean outOfRange() {
    return outOfRange;
  }
}
