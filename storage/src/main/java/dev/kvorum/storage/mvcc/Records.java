package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Revision;
import org.jspecify.annotations.Nullable;

/**
 * Record contents that were brought to memory before the machine runs. Asking {@link #get} for a
 * revision that was not announced as needed is a bug of the machine, and the implementation throws.
 */
@FunctionalInterface
public interface Records {
  /** For work that needs no contents. */
  Records NONE =
      revision -> {
        throw new IllegalStateException("record was not announced as needed: " + revision);
      };

  /** The serialized {@code mvccpb.KeyValue} of the record. */
  Bytes get(Revision revision);

  /**
   * The record, or null when it has to be fetched first. Only an {@link Execution} asks like this;
   * for everybody else each record is there.
   */
  default @Nullable Bytes find(Revision revision) {
    return get(revision);
  }
}
