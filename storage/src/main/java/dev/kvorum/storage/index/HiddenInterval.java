package dev.kvorum.storage.index;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.KeyRange;

/**
 * Every key of an interval.
 *
 * @param range the keys that have no tombstone yet
 */
record HiddenInterval(KeyRange range, long since) implements Hidden {
  @Override
  public boolean hides(Bytes key) {
    return range.contains(key);
  }

  @Override
  public boolean hidesSomeOf(KeyRange wanted) {
    return range.overlaps(wanted);
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
