package dev.kvorum.storage.backend;

import dev.kvorum.storage.model.Bytes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A consistent view of a {@link Backend}. Used and closed by the thread that opened it. */
public interface ReadView extends AutoCloseable {
  /** The value of the key, or null. */
  @Nullable Bytes get(Bucket bucket, Bytes key);

  /** Gets many values one after the other; quick where the keys ascend. */
  default void getAll(Bucket bucket, List<Bytes> keys, Found found) {
    for (var i = 0; i < keys.size(); i++) {
      found.value(i, get(bucket, keys.get(i)));
    }
  }

  /**
   * Visits entries in ascending key order, beginning with the first key that is not below {@code
   * from} (empty: the first of all), until the visitor returns false or the bucket ends.
   */
  void scan(Bucket bucket, Bytes from, Visitor visitor);

  @Override
  void close();

  /** Sees the value of one key of many. */
  @FunctionalInterface
  interface Found {
    /**
     * Takes the value of the next key.
     *
     * @param number which of the keys, from 0
     * @param value theirs until the method returns: it may stand where the next one will be. Null
     *     if there is none
     */
    void value(int number, @Nullable Bytes value);
  }

  /** Sees one entry; returns whether it wants the next. */
  @FunctionalInterface
  interface Visitor {
    boolean visit(Bytes key, Bytes value);
  }
}
