package dev.kvorum.verticles.store;

import java.util.TreeMap;

/**
 * Who still reads history. A pin remembers the compact revision that its holder's view saw; records
 * that a later compaction gave up are not removed from the backend before the pin is gone.
 *
 * <p>Any thread may pin and release.
 */
public final class Pins {
  private final TreeMap<Long, Integer> holders = new TreeMap<>();

  /** Holds everything that is readable at this compact revision until the pin is closed. */
  public synchronized Pin pin(long compactRevision) {
    holders.merge(compactRevision, 1, Integer::sum);
    return new Pin(this, compactRevision);
  }

  /** Whether records given up by the compaction at {@code compactRevision} may be removed. */
  public synchronized boolean allowsRemovalAt(long compactRevision) {
    return holders.isEmpty() || holders.firstKey() >= compactRevision;
  }

  private synchronized void release(long compactRevision) {
    holders.computeIfPresent(compactRevision, (_, count) -> count == 1 ? null : count - 1);
  }

  /** One holder's claim; closing it twice is harmless. */
  public static final class Pin implements AutoCloseable {
    private final Pins pins;
    private final long compactRevision;
    private boolean released;

    private Pin(Pins pins, long compactRevision) {
      this.pins = pins;
      this.compactRevision = compactRevision;
    }

    @Override
    public void close() {
      synchronized (pins) {
        if (!released) {
          released = true;
          pins.release(compactRevision);
        }
      }
    }
  }
}
