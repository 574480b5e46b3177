package dev.kvorum.storage.index;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.KeyRange;
import java.util.List;

/**
 * Certain keys, with others between them. All of them live in the pages, since they have neither a
 * tombstone nor any other record of the revision or above it: so what is hidden of an interval can
 * be counted without a look at the pages, and be taken from what they say.
 *
 * @param keys in ascending order, none twice; they are not copied and do not change
 * @param first those before this index have their tombstones and are not hidden any more
 */
record HiddenKeys(List<Bytes> keys, int first, long since) implements Hidden {
  @Override
  public boolean hides(Bytes key) {
    var at = ceiling(key);
    return at < keys.size() && keys.get(at).equals(key);
  }

  @Override
  public boolean hidesSomeOf(KeyRange wanted) {
    return count(wanted) > 0;
  }

  /** How many keys of the interval are hidden. */
  int count(KeyRange wanted) {
    return wanted.isEmpty() ? 0 : end(wanted) - ceiling(wanted.from());
  }

  /** The index of the first key above the interval, or of the end. */
  int end(KeyRange wanted) {
    var to = wanted.to();
    return to == null ? keys.size() : ceiling(to);
  }

  /** The index of the first hidden key that is this one or above it, or of the end. */
  int ceiling(Bytes key) {
    var low = first;
    var high = keys.size();
    while (low < high) {
      var middle = (low + high) >>> 1;
      if (keys.get(middle).compareTo(key) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
