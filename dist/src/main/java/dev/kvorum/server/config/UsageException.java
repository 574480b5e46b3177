package dev.kvorum.server.config;

/** The arguments do not parse: the program says so with a hint at its usage and exits with 2. */
final class UsageException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String reason;

  UsageException(String reason) {
    super(reason);
    this.reason = reason;
  }

  /** The message, which is never absent. */
  String reason() {
    return reason;
  }
}
