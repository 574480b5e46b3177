package dev.kvorum.storage.journal.disk;

/**
 * Decides at a crash what of the un-synced is on the disk: sector by sector, name by name, and for
 * the sizes of files. {@link CrashPolicy} has the ones worth trying.
 */
public interface Survival {
  /** What became of one sector that was written and not synced. */
  enum Sector {
    KEPT,
    GONE,
    /** The first half is the new one, the second half is what was there before. */
    SHORN
  }

  /** What became of the size of a file that had grown. */
  enum Size {
    /** It reaches as far as the sectors that were kept. */
    AS_CONTENT,
    /** It is the old one: what was kept behind it is gone as well. */
    OLD,
    /** It is the new one: what was not kept of the new part is zeros. */
    NEW
  }

  /**
   * One sector.
   *
   * @param order its place among all un-synced sector writes of the disk, oldest first
   * @param count how many there are
   */
  Sector sector(int order, int count);

  /** Whether a change of a directory survives; {@code order} and {@code count} as for sectors. */
  boolean name(int order, int count);

  /** What becomes of sizes. */
  Size size();

  /**
   * Whether of several writes to one sector the oldest one is found: the disk wrote them in the
   * reverse order.
   */
  default boolean reversed() {
    return false;
  }
}
