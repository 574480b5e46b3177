package dev.kvorum.server;

import dev.kvorum.server.boot.DiskFailedException;
import dev.kvorum.server.boot.StayDownException;

/** How the process ends when nobody asked it to; from 64 on in the sense of sysexits. */
final class ExitStatus {
  /** A start that failed, as etcd's does. */
  static final int FAILED = 1;

  /** Flags that make no sense, as etcd's. */
  static final int MISUSED = 2;

  /** {@code EX_SOFTWARE}: a violated invariant. */
  static final int BUG = 70;

  /** {@code EX_IOERR}: a write or sync failed. */
  static final int DISK_FAILED = 74;

  /** {@code EX_TEMPFAIL}: the disk failed again and again; a start is worth while later. */
  static final int STAYS_DOWN = 75;

  private ExitStatus() {}

  static int ofFailedStart(Throwable failure) {
    return switch (failure) {
      case DiskFailedException _ -> DISK_FAILED;
      case StayDownException _ -> STAYS_DOWN;
      default -> FAILED;
    };
  }
}
