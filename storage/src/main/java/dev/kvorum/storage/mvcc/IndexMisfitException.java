package dev.kvorum.storage.mvcc;

/**
 * An index that was kept does not belong to the records beside it. Nothing is lost: it is built
 * from the records.
 */
public final class IndexMisfitException extends Exception {
  private static final long serialVersionUID = 1L;

  public IndexMisfitException(String message) {
    super(message);
  }
}
