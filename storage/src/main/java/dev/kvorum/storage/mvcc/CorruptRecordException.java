package dev.kvorum.storage.mvcc;

/** What the engine gave back is not what was stored: the state directory must be rebuilt. */
public final class CorruptRecordException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CorruptRecordException(String evidence) {
    super(evidence);
  }
}
