package dev.kvorum.verticles.store;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Revision;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Records by revision, at most a given number of bytes, the least recently used going first.
 *
 * <p>Cut into stripes with a lock each, so that front-end loops rarely meet. A record of a revision
 * never changes, so nothing is ever invalidated.
 */
final class ValueCache {
  private static final int STRIPES = 16;

  /** What an entry costs beside its bytes: map node, revision, array and wrapper headers. */
  private static final int ENTRY_OVERHEAD_BYTES = 136;

  private final Stripe[] stripes = new Stripe[STRIPES];

  ValueCache(long capacityBytes) {
    for (var i = 0; i < STRIPES; i++) {
      stripes[i] = new Stripe(capacityBytes / STRIPES);
    }
  }

  @Nullable Bytes get(Revision revision) {
    return stripe(revision).get(revision);
  }

  void put(Revision revision, Bytes serialized) {
    stripe(revision).put(revision, serialized);
  }

  private Stripe stripe(Revision revision) {
    return stripes[(int) ((revision.main() * 31 + revision.sub()) & (STRIPES - 1))];
  }

  private static final class Stripe {
    private final long capacityBytes;
    private final LinkedHashMap<Revision, Bytes> entries = new LinkedHashMap<>(16, 0.75f, true);
    private long sizeBytes;

    Stripe(long capacityBytes) {
      this.capacityBytes = capacityBytes;
    }

    synchronized @Nullable Bytes get(Revision revision) {
      return entries.get(revision);
    }

    synchronized void put(Revision revision, Bytes serialized) {
      if (cost(serialized) > capacityBytes || entries.putIfAbsent(revision, serialized) != null) {
        return;
      }
      sizeBytes += cost(serialized);
      while (sizeBytes > capacityBytes) {
        var eldest = entries.pollFirstEntry();
        sizeBytes -= cost(eldest.getValue());
      }
    }

    private static long cost(Bytes serialized) {
      return (long) serialized.size() + ENTRY_OVERHEAD_BYTES;
    }
  }
}
