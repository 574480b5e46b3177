package dev.kvorum.storage.backend;

/**
 * There was no space for a change: nothing of it is in the engine, what was there before can still
 * be read, and the same change may be tried again when there is space. Unlike after a {@link
 * BackendException}, nothing has to be rebuilt.
 */
public final class BackendFullException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public BackendFullException(String what, Throwable cause) {
    super(what, cause);
  }

  public BackendFullException(String what) {
    super(what);
  }
}
