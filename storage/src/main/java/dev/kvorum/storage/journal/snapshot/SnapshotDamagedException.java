package dev.kvorum.storage.journal.snapshot;

/** A snapshot file is not what was written; the message says where. */
public final class SnapshotDamagedException extends Exception {
  private static final long serialVersionUID = 1L;

  public SnapshotDamagedException(String message) {
    super(message);
  }
}
