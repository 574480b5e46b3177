package dev.kvorum.storage.journal;

/**
 * One finding about what is on the disk, for the log, the metrics, the audit file and the offline
 * check alike (P21).
 *
 * @param path the file, relative to the disk's root
 * @param sector where in it, -1 for the file as a whole
 * @param batch the number of the batch concerned, 0 if none is
 * @param detail what people read
 */
public record Verdict(Kind kind, String path, int sector, long batch, String detail) {
  /** What a finding means; the rows of the table in the description of the storage format. */
  public enum Kind {
    /** As it was written. */
    SOUND,
    /** Something in a place that nothing uses cannot be read; nothing is missing. */
    STRAY,
    /** A batch that a crash cut short. It was never acknowledged. */
    TORN,
    /** A synced write vanished: the disk does not tell the truth about syncs. */
    LOST,
    /** What was durable is rotten, misplaced or unreadable. */
    ROT,
    /** Whole sectors that do not fit together: not what this program wrote. */
    CONTRADICTION;

    /** Whether something that was acknowledged may be missing. */
    public boolean isDamage() {
      return switch (this) {
        case SOUND, STRAY, TORN -> false;
        case LOST, ROT, CONTRADICTION -> true;
      };
    }
  }

  /** A finding about a file as a whole. */
  public static Verdict of(Kind kind, String path, String detail) {
    return new Verdict(kind, path, -1, 0, detail);
  }

  /** The line that people read. */
  public String message() {
    return path + (sector < 0 ? "" : ", sector " + sector) + ": " + detail;
  }
}
