package dev.kvorum.storage.backend;

import dev.kvorum.storage.model.Bytes;
import org.jspecify.annotations.Nullable;

/** A consistent view of a {@link Backend}. Used and closed by the thread that opened it. */
public interface ReadView extends AutoCloseable {
  /** The value of the key, or null. */
  @Nullable Bytes get(Bucket bucket, Bytes key);

  /**
   * Visits entries in ascending key order, beginning with the first key that is not below {@code
   * from} (empty: the first of all), until the visitor returns false or the bucket ends.
   */
  void scan(Bucket bucket, Bytes from, Visitor visitor);

  @Override
  void close();

  /** Sees one entry; returns whether it wants the next. */
  @FunctionalInterface
  interface Visitor {
    boolean visit(Bytes key, Bytes value);
  }
}
