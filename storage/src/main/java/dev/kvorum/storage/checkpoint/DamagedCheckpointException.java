package dev.kvorum.storage.checkpoint;

/** A checkpoint is not what was written, or not of this release, or not of this member. */
public final class DamagedCheckpointException extends Exception {
  private static final long serialVersionUID = 1L;

  DamagedCheckpointException(String message) {
    super(message);
  }
}
