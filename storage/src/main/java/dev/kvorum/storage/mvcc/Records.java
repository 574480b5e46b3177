package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Revision;

/**
 * Record contents that were brought to memory before the machine runs. Asking for a revision that
 * was not announced as needed is a bug of the machine, and the implementation throws.
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
}
