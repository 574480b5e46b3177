package dev.kvorum.verticles.stage;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Revision;
import org.jspecify.annotations.Nullable;

/** The records that can be read without a disk. */
public interface RecordPort {
  /** The serialized record of that revision, or null when the backend must be asked. */
  @Nullable Bytes find(Revision revision);

  /**
   * Whether so much waits for the backend that applying must pause: a long log must not be taken
   * into memory faster than the backend writes it down.
   */
  boolean isFull();

  /**
   * Whether so much waits for the backend that who holds it back there should make haste: well
   * before clients are refused, which is well before {@link #isFull}.
   */
  boolean isFilling();

  /** A record just made by the store; found from now on, at least until it is flushed. */
  void add(Revision revision, Bytes serialized);
}
