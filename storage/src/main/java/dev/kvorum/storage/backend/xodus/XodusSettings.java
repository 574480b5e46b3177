package dev.kvorum.storage.backend.xodus;

import jetbrains.exodus.ConfigurationStrategy;
import jetbrains.exodus.env.EnvironmentConfig;

/**
 * How we run Xodus, and why. Nothing is read from system properties, so a store behaves the same
 * whoever opens it.
 *
 * @param fileSizeBytes size of one log file, a multiple of {@link #PAGE_BYTES}. It is part of the
 *     format: file names are log addresses, so a store is always opened with the size it was made
 *     with
 * @param cacheBytes memory for log pages, held until close
 * @param cleaningStartsMillis how long after opening files that are mostly garbage begin to be
 *     rewritten in the background; away from the start, which has better things to do
 */
record XodusSettings(int fileSizeBytes, int cacheBytes, int cleaningStartsMillis) {
  /**
   * Xodus adds it to the time of day. With the largest number there is the sum would overflow, and
   * the engine flush its page after every record: 4 kB of garbage and three quarters of the time
   * that a commit of small records takes.
   */
  private static final long NEVER_MILLIS = Long.MAX_VALUE / 2;

  /**
   * Files are cleaned until so much of them is in use. The engine's own share of a small record is
   * a tenth, so with half of the files in use they would be more than twice as large as the
   * records.
   */
  private static final int LEAST_USED_PERCENT = 60;

  /** One page of the log cache; also part of the format. */
  static final int PAGE_BYTES = 16 << 10;

  /**
   * What the server uses. Opening walks the whole last file, a full file is synced before the next
   * one begins, and only whole files are cleaned: all three want small files. The cache is small
   * because hot values are cached above the port, and so small that its pages fit into what the
   * young generation keeps of one collection: with 16 MiB a list over everything moved a tenth of
   * what it read to the old generation, as garbage.
   */
  static final XodusSettings SERVER = new XodusSettings(8 << 20, 6 << 20, 60_000);

  XodusSettings {
    if (fileSizeBytes % PAGE_BYTES != 0 || fileSizeBytes < 4 * XodusBucket.PART_BYTES) {
      throw new IllegalArgumentException(
          "a log file of " + fileSizeBytes + " bytes does not hold whole pages and four parts");
    }
  }

  EnvironmentConfig toConfig() {
    return new EnvironmentConfig(ConfigurationStrategy.IGNORE)
        // The journal is the truth and the caller says when to sync. Xodus's own period would sync
        // in the middle of a commit; a sync that nobody waits for promises nothing. A commit writes
        // all it has to its files all the same, and so finds out when the disk is full.
        .setLogDurableWrite(false)
        .setLogSyncPeriod(NEVER_MILLIS)
        // A store that does not read back is set aside and rebuilt, never emptied in place.
        .setLogClearInvalid(false)
        .setLogFileSize(fileSizeBytes >> 10)
        .setLogCachePageSize(PAGE_BYTES)
        .setMemoryUsage(cacheBytes)
        // A cache of its own: the shared one takes its size from whichever store opened first and
        // outlives them all.
        .setLogCacheShared(false)
        // The one without locks gives pages that are neighbours one place: it drops each when the
        // other is asked for, and a search or a delete needs both again and again.
        .setLogCacheNonBlocking(false)
        .setLogCacheOpenFilesCount(64)
        // Sealing a full file by its permission bits would only hinder a rename or a copy.
        .setFullFileReadonly(false)
        // Any file system will do, since losing the store costs a rebuild and no data. The check
        // for removable, remote and memory disks would walk all mounts at every start.
        .setLogAllowRemovable(true)
        .setLogAllowRemote(true)
        .setLogAllowRamDisk(true)
        .setLogLockTimeout(0)
        .setEnvCloseForcedly(true)
        .setEnvGatherStatistics(false)
        .setManagementEnabled(false)
        .setGcStartIn(cleaningStartsMillis)
        .setGcMinUtilization(LEAST_USED_PERCENT)
        // Bounds how long one cleaning step may keep the only writer waiting.
        .setGcUseExclusiveTransaction(true)
        .setGcTransactionAcquireTimeout(50)
        .setGcTransactionTimeout(50);
  }
}
