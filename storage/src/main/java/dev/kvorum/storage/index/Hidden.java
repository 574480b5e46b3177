package dev.kvorum.storage.index;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.KeyRange;

/**
 * Keys of which none lives at a main revision or above it, whatever the pages say: they were
 * deleted in that revision, all together, and their tombstones are still being written.
 *
 * <p>Below the revision the pages are right, since a tombstone that is not written yet would not
 * count there either.
 *
 * @param range the keys that have no tombstone yet; none of them has a record of the revision or
 *     above
 * @param since the main revision of the delete
 */
record Hidden(KeyRange range, long since) {
  boolean hides(Bytes key, long revision) {
    return revision >= since && range.contains(key);
  }

  /** Whether some key of the interval may be hidden at the revision. */
  boolean hidesSomeOf(KeyRange wanted, long revision) {
    return revision >= since && range.overlaps(wanted);
  }

  /** The part of the interval that is below the hidden keys; it may be empty. */
  KeyRange below(KeyRange wanted) {
    var end = wanted.to();
    return end != null && end.compareTo(range.from()) <= 0
        ? wanted
        : new KeyRange(wanted.from(), range.from());
  }

  /** The part of the interval that is above the hidden keys; it may be empty. */
  KeyRange above(KeyRange wanted) {
    var end = range.to();
    if (end == null) {
      return new KeyRange(wanted.from(), wanted.from());
    }
    return wanted.from().compareTo(end) >= 0 ? wanted : new KeyRange(end, wanted.to());
  }
}
