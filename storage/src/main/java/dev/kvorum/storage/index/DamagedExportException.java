package dev.kvorum.storage.index;

/** What should be an exported index is not. */
public final class DamagedExportException extends Exception {
  private static final long serialVersionUID = 1L;

  public DamagedExportException(String message) {
    super(message);
  }
}
