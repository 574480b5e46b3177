package dev.kvorum.storage.backend;

/** The engine failed: its directory can no longer be trusted and must be rebuilt. */
public final class BackendException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public BackendException(String what, Throwable cause) {
    super(what, cause);
  }

  public BackendException(String what) {
    super(what);
  }
}
