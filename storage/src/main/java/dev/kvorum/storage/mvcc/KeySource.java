package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.model.Bytes;
import java.util.List;

/** Gives the keys that are to be deleted, in ascending order, some at a time. */
@FunctionalInterface
public interface KeySource {
  /**
   * The next keys.
   *
   * @param maxKeys how many at most, above 0; fewer are the last ones
   */
  List<Bytes> take(int maxKeys);
}
