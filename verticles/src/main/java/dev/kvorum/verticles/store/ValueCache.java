package dev.kvorum.verticles.store;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Revision;
import org.jspecify.annotations.Nullable;

/**
 * Records by revision, at most a given number of bytes; what was neither written nor read for the
 * longest time goes first.
 *
 * <p>Cut into stripes with a lock each, so that front-end loops rarely meet. A record of a revision
 * never changes, so nothing is ever invalidated.
 */
final class ValueCache {
  private static final int STRIPES = 16;

  private final RecordRing[] stripes = new RecordRing[STRIPES];

  ValueCache(int capacityBytes) {
    for (var i = 0; i < STRIPES; i++) {
      stripes[i] = new RecordRing(capacityBytes / STRIPES);
    }
  }

  @Nullable Bytes get(Revision revision) {
    var stripe = stripe(revision);
    synchronized (stripe) {
      return stripe.get(revision);
    }
  }

  void put(Revision revision, Bytes serialized) {
    var stripe = stripe(revision);
    synchronized (stripe) {
      stripe.put(revision, serialized);
    }
  }

  private RecordRing stripe(Revision revision) {
    return stripes[(int) ((revision.main() * 31 + revision.sub()) & (STRIPES - 1))];
  }
}
