package dev.kvorum.simulator.world;

/** A member must not start with the disk that it found; the message is for its operator. */
final class RefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  RefusedException(String message) {
    super(message);
  }
}
