package dev.kvorum.storage.journal.identity;

/**
 * The directory cannot be used and was left untouched. The message is one line for the operator and
 * says what to do.
 */
public final class DirectoryRefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  public DirectoryRefusedException(String message) {
    super(message);
  }
}
