package dev.kvorum.verticles.stage;

/**
 * How fast a long job goes on that nobody waits for, or not at once: a compaction's slices on the
 * store's loop, the hash before them on its thread, the tombstones of a large delete, a list of
 * very many keys. After each piece it rests, and everybody else has the processor.
 *
 * <p>Whether there is anybody else the log tells: somebody puts if an entry was applied a moment
 * ago, and then the job has a quarter of its thread's time. Otherwise it need not rest. The moment
 * is longer than the disk's sync and a busy loop keep the next entries waiting: between two slices
 * none is applied most of the time, however many clients put.
 *
 * <p>A job that a quarter of the time does not finish within its patience is a very large one, and
 * somebody waits for it after all. After it, for the same time, it has half of the time, and then
 * three quarters. The space that a compaction gives back is needed some minutes later; for the last
 * tombstone of a delete wait the watchers of all that was changed behind it.
 *
 * <p>For a list somebody waits from the beginning: it has half of its threads' time throughout.
 *
 * <p>A machine: times and indexes are arguments. One for each job, and one for the lists of a loop;
 * what was applied between two lists seems to be new to the second, which may rest for a moment.
 */
public final class WorkPace {
  /** With a quarter of the time rests are so many times as long as the work before them. */
  static final int RESTS_A_WORK = 3;

  static final long COMPACTION_PATIENCE_NANOS = 60_000_000_000L;
  static final long SWEEP_PATIENCE_NANOS = 1_000_000_000L;

  /** A rest from which somebody else has something. */
  static final long SHORTEST_REST_NANOS = 200_000;

  /** For a list's next piece somebody waits, and others for their turn on the same threads. */
  static final long LONGEST_LIST_REST_NANOS = 5_000_000;

  /** Between two pieces of a job while a large delete is written; a tenth of the time is left. */
  static final long REST_BESIDE_SWEEP_NANOS = 20_000_000;

  /** After a piece that took very long, which is nobody's rule and happens, the job goes on. */
  static final long LONGEST_REST_NANOS = 100_000_000;

  /** So long after the last entry nobody puts. */
  static final long QUIET_AFTER_NANOS = 250_000_000;

  /** How long the job has the share that it begins with, and how long the next one. */
  private final long patienceNanos;

  /** How many times as long as the work rests are within its patience. */
  private final int restsAtFirst;

  private final long longestRestNanos;
  private final long beganNanos;
  private long lastIndex;

  /** When the last entry was seen to be applied. */
  private long lastNanos;

  private WorkPace(
      long patienceNanos,
      int restsAtFirst,
      long longestRestNanos,
      long appliedIndex,
      long nowNanos) {
    this.patienceNanos = patienceNanos;
    this.restsAtFirst = restsAtFirst;
    this.longestRestNanos = longestRestNanos;
    beganNanos = nowNanos;
    lastIndex = appliedIndex;
    lastNanos = nowNanos;
  }

  /**
   * For a compaction that begins now.
   *
   * @param appliedIndex of the log at present
   */
  public static WorkPace ofCompaction(long appliedIndex, long nowNanos) {
    return patient(COMPACTION_PATIENCE_NANOS, appliedIndex, nowNanos);
  }

  /**
   * For the tombstones of a delete that begins now.
   *
   * @param appliedIndex of the log at present
   */
  public static WorkPace ofSweep(long appliedIndex, long nowNanos) {
    return patient(SWEEP_PATIENCE_NANOS, appliedIndex, nowNanos);
  }

  /**
   * For lists.
   *
   * @param appliedIndex of the log at present
   */
  public static WorkPace ofLists(long appliedIndex, long nowNanos) {
    return new WorkPace(Long.MAX_VALUE, 1, LONGEST_LIST_REST_NANOS, appliedIndex, nowNanos);
  }

  private static WorkPace patient(long patienceNanos, long appliedIndex, long nowNanos) {
    return new WorkPace(patienceNanos, RESTS_A_WORK, LONGEST_REST_NANOS, appliedIndex, nowNanos);
  }

  /**
   * A piece of the job is done.
   *
   * @param workedNanos how long it took
   * @param appliedIndex of the log at present
   * @return how long to rest before the next piece; 0 for as long as a turn of the loop takes
   */
  public long restNanos(long workedNanos, long appliedIndex, long nowNanos) {
    if (appliedIndex != lastIndex) {
      lastIndex = appliedIndex;
      lastNanos = nowNanos;
    }
    return nowNanos - lastNanos >= QUIET_AFTER_NANOS
        ? 0
        : Math.clamp(rest(workedNanos, nowNanos), SHORTEST_REST_NANOS, longestRestNanos);
  }

  /**
   * The same while a large delete is being written, for whose last tombstone watchers wait: of two
   * long jobs the other one comes first, but not beyond the patience of this one.
   */
  public long restBesideSweepNanos(long workedNanos, long appliedIndex, long nowNanos) {
    var rest = restNanos(workedNanos, appliedIndex, nowNanos);
    return rest == 0 || nowNanos - beganNanos >= patienceNanos
        ? rest
        : Math.max(rest, REST_BESIDE_SWEEP_NANOS);
  }

  private long rest(long workedNanos, long nowNanos) {
    return switch ((int) Math.min(2, (nowNanos - beganNanos) / patienceNanos)) {
      case 0 -> restsAtFirst * workedNanos;
      case 1 -> workedNanos;
      default -> workedNanos / RESTS_A_WORK;
    };
  }
}
