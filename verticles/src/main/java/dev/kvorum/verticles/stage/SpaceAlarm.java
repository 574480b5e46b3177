package dev.kvorum.verticles.stage;

import dev.kvorum.storage.journal.DiskSpace;

/**
 * Decides when a disk that fills up is worth an alarm (P15).
 *
 * <p>An operator who disarms the alarm has been told; the same shortage is not told twice. It is
 * told again when it has become twice as bad, or when it has come back after there was clearly
 * enough space: a quarter more than what should stay free, so that a disk at the border does not
 * alarm with every file that comes and goes.
 */
public final class SpaceAlarm {
  /** What was free when the alarm was raised; {@link Long#MAX_VALUE} while there is no shortage. */
  private long toldAtBytes = Long.MAX_VALUE;

  /** Whether what was seen now is to be raised. */
  public boolean observe(DiskSpace space) {
    if (space.isLow()) {
      var worse = toldAtBytes == Long.MAX_VALUE || space.freeBytes() < toldAtBytes / 2;
      if (worse) {
        toldAtBytes = space.freeBytes();
      }
      return worse;
    }
    if (space.freeBytes() >= space.keptFreeBytes() / 4 * 5) {
      toldAtBytes = Long.MAX_VALUE;
    }
    return false;
  }
}
