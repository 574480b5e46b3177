package dev.kvorum.storage.index;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.KeyRange;

/**
 * Keys of which none lives at a main revision or above it, whatever the pages say: they were
 * deleted in that revision, all together, and their tombstones are still being written.
 *
 * <p>Below the revision the pages are right, since a tombstone that is not written yet would not
 * count there either.
 */
sealed interface Hidden permits HiddenInterval, HiddenKeys {
  /** The main revision of the delete, above that of every record of the hidden keys. */
  long since();

  boolean hides(Bytes key);

  /** Whether some key of the interval may be hidden. */
  boolean hidesSomeOf(KeyRange wanted);
}
