package dev.kvorum.storage.checkpoint;

/**
 * When the next checkpoint is due. It bounds what a start has to read one by one, at a price: a
 * checkpoint writes some 30 bytes for each key. So it is due when as many records were written as
 * make that little beside the records themselves.
 *
 * <p>A compaction makes the present checkpoint useless (see {@link
 * dev.kvorum.storage.mvcc.KeptIndex}), and then the next one is due soon, but not more often than
 * once in a while.
 */
public final class CheckpointRule {
  /** What a start reads in a moment, whatever the size of the index. */
  private static final long FEW_RECORDS = 200_000;

  /** Of the keys, how many records more. */
  private static final long KEYS_PER_RECORD = 4;

  /** An index that is built from its records in a moment needs no checkpoint. */
  private static final long FEW_KEYS = 50_000;

  private final long restNanos;
  private long startedNanos;
  private long coveredRecords;
  private long coveredRevision;
  private boolean hasStarted;

  /**
   * @param coveredRevision that of the checkpoint that is there, 0 for none
   * @param restNanos how long nothing is done for a compaction's sake after a checkpoint
   */
  public CheckpointRule(long coveredRevision, long restNanos) {
    this.coveredRevision = coveredRevision;
    this.restNanos = restNanos;
  }

  /**
   * Whether it is time to begin.
   *
   * @param records how many were written since the process began, with those that its start read
   * @param keys that live
   * @param compactRevision the newest compaction's
   */
  public boolean isDue(long records, long keys, long compactRevision, long nowNanos) {
    var isUseless = compactRevision > coveredRevision && keys >= FEW_KEYS;
    var hasRested = !hasStarted || nowNanos - startedNanos >= restNanos;
    return records - coveredRecords >= Math.max(FEW_RECORDS, keys / KEYS_PER_RECORD)
        || (isUseless && hasRested);
  }

  /** A checkpoint is begun; should it fail, the next one is due when this one would not be. */
  public void began(long records, long revision, long nowNanos) {
    coveredRecords = records;
    coveredRevision = revision;
    startedNanos = nowNanos;
    hasStarted = true;
  }
}
