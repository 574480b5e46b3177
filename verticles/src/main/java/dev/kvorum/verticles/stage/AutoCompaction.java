package dev.kvorum.verticles.stage;

import java.util.ArrayDeque;
import java.util.OptionalLong;

/**
 * Decides when to compact and to which revision (contract S8). A machine: time is an argument, and
 * the caller wakes it every {@link #intervalNanos()}.
 */
public sealed interface AutoCompaction {
  /** How often {@link #wake} wants to be called. */
  long intervalNanos();

  /**
   * Looks at the present revision.
   *
   * @param nowNanos this member's elapsed time
   * @param leading whether this member may act; others only keep the record of revisions
   * @return the revision to compact to now, if any
   */
  OptionalLong wake(long nowNanos, long revision, boolean leading);

  /** The mode's name in flags and logs. */
  String mode();

  /** The compaction that {@link #wake} asked for took place, or had taken place before. */
  void succeeded(long nowNanos, long revision);

  /** Keeps the history of the last {@code period}. */
  final class Periodic implements AutoCompaction {
    private static final long HOUR_NANOS = 3_600_000_000_000L;
    private static final int WAKES_A_COMPACTION = 10;

    private final long compactionNanos;
    private final long windowSize;
    private final ArrayDeque<Long> window = new ArrayDeque<>();
    private long waitNanos;
    private long lastSuccessNanos;
    private long lastRevision;

    public Periodic(long periodNanos, long nowNanos, long revision) {
      if (periodNanos < WAKES_A_COMPACTION) {
        throw new IllegalArgumentException("period of " + periodNanos + " ns");
      }
      compactionNanos = Math.min(periodNanos, HOUR_NANOS);
      windowSize = periodNanos / intervalNanos();
      waitNanos = periodNanos;
      lastSuccessNanos = nowNanos;
      window.add(revision);
    }

    @Override
    public long intervalNanos() {
      return compactionNanos / WAKES_A_COMPACTION;
    }

    @Override
    public OptionalLong wake(long nowNanos, long revision, boolean leading) {
      // The oldest entry is the revision one period ago, so it is read before the window moves on.
      var target = window.getFirst();
      window.addLast(revision);
      if (window.size() > windowSize) {
        window.removeFirst();
      }
      var due = nowNanos - lastSuccessNanos >= waitNanos;
      return leading && due && target != lastRevision
          ? OptionalLong.of(target)
          : OptionalLong.empty();
    }

    @Override
    public void succeeded(long nowNanos, long revision) {
      lastRevision = revision;
      lastSuccessNanos = nowNanos;
      waitNanos = compactionNanos;
    }

    @Override
    public String mode() {
      return "periodic";
    }
  }

  /** Keeps the last {@code retention} revisions. */
  final class ByRevision implements AutoCompaction {
    private static final long INTERVAL_NANOS = 300_000_000_000L;

    private final long retention;
    private long lastRevision;

    public ByRevision(long retention) {
      this.retention = retention;
    }

    @Override
    public long intervalNanos() {
      return INTERVAL_NANOS;
    }

    @Override
    public OptionalLong wake(long nowNanos, long revision, boolean leading) {
      var target = revision - retention;
      return leading && target > 0 && target != lastRevision
          ? OptionalLong.of(target)
          : OptionalLong.empty();
    }

    @Override
    public void succeeded(long nowNanos, long revision) {
      lastRevision = revision;
    }

    @Override
    public String mode() {
      return "revision";
    }
  }
}
