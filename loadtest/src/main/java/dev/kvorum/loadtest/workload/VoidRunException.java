package dev.kvorum.loadtest.workload;

/** A measurement that counts for nothing because the work was not done as asked. */
public final class VoidRunException extends Exception {
  private static final long serialVersionUID = 1L;

  public VoidRunException(String message) {
    super(message);
  }
}
