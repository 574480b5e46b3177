package dev.kvorum.server.boot;

/**
 * The member must not start, and nothing was changed. The message is one line for the operator and
 * says what to do.
 */
public final class StartRefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  public StartRefusedException(String message) {
    super(message);
  }
}
