package dev.kvorum.storage.checkpoint;

/**
 * When the next checkpoint is due. It bounds what a start has to read one by one, at a price: a
 * checkpoint writes some 30 bytes for each key. So it is due when so many records were written that
 * it writes no more than the journal and the state store did for them: 600 bytes a record in a
 * large store, which is twice a record with a value of 256 bytes.
 *
 * <p>A compaction makes the present checkpoint useless (see {@link
 * dev.kvorum.storage.mvcc.KeptIndex}), and then the next one is due soon, but not more often than
 * once in a while.
 */
public final class CheckpointRule {
  /**
   * What is small.
   *
   * @param records a start reads them in a moment, whatever the size of the index
   * @param keys an index of so many is built from its records in a moment
   * @param restNanos how long nothing is done for a compaction's sake after a checkpoint, or after
   *     one that was given up
   */
  public record Limits(long records, long keys, long restNanos) {
    /** What the server uses. */
    public static final Limits SERVER = new Limits(100_000, 50_000, 30_000_000_000L);
  }

  /** Beyond the small number of records, one for so many keys. */
  private static final long KEYS_PER_RECORD = 20;

  private final Limits limits;
  private long startedNanos;
  private long coveredRecords;
  private long coveredRevision;

  /** The same before the last checkpoint was begun. */
  private long coveredRecordsBefore;

  private long coveredRevisionBefore;
  private boolean hasStarted;
  private boolean gaveUp;

  /**
   * @param coveredRevision that of the checkpoint that is there, 0 for none
   */
  public CheckpointRule(long coveredRevision, Limits limits) {
    this.coveredRevision = coveredRevision;
    coveredRevisionBefore = coveredRevision;
    this.limits = limits;
  }

  /**
   * Whether it is time to begin.
   *
   * @param records how many were written since the process began, with those that its start read
   * @param keys that live
   * @param compactRevision the newest compaction's
   */
  public boolean isDue(long records, long keys, long compactRevision, long nowNanos) {
    var isUseless = compactRevision > coveredRevision && keys >= limits.keys();
    var hasRested = !hasStarted || nowNanos - startedNanos >= limits.restNanos();
    var hasMuch = records - coveredRecords >= Math.max(limits.records(), keys / KEYS_PER_RECORD);
    return (hasMuch && (hasRested || !gaveUp)) || (isUseless && hasRested);
  }

  /** A checkpoint is begun; should it fail, the next one is due when this one would not be. */
  public void began(long records, long revision, long nowNanos) {
    coveredRecordsBefore = coveredRecords;
    coveredRevisionBefore = coveredRevision;
    coveredRecords = records;
    coveredRevision = revision;
    startedNanos = nowNanos;
    hasStarted = true;
    gaveUp = false;
  }

  /** It was given up because of something that passes: it is due as before, after a rest. */
  public void gaveUp() {
    gaveUp = true;
    coveredRecords = coveredRecordsBefore;
    coveredRevision = coveredRevisionBefore;
  }
}
