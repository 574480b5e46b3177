package dev.kvorum.server.boot;

import dev.kvorum.storage.journal.DiskSpace;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.identity.DataDirectory;
import dev.kvorum.storage.journal.identity.DirectoryRefusedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a start does that finds no space (P15): it gives back what it has kept, the ballast first,
 * then state stores that were set aside, and then it waits. It neither ends, since whoever starts
 * it again would do so for ever, nor does it leave anything behind with each attempt.
 */
final class SpaceWait {
  private static final Logger LOGGER = LoggerFactory.getLogger(SpaceWait.class);
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** A quota shows nothing in what is free, so an attempt is made now and then in any case. */
  private static final int LOOKS_BEFORE_AN_ATTEMPT = 15;

  private final Path data;
  private final @Nullable Path log;
  private boolean told;

  SpaceWait(Path data, @Nullable Path log) {
    this.data = data;
    this.log = log;
  }

  /** Returns when another attempt is worth while. The directory must be closed. */
  void await(String missing) throws DirectoryRefusedException, DiskFaultException {
    if (gaveBack()) {
      return;
    }
    if (!told) {
      told = true;
      LOGGER
          .atError()
          .addKeyValue("error", missing)
          .addKeyValue("data-dir", data)
          .log("the disk is full; the start waits until there is space");
    }
    var before = usableBytes();
    for (var look = 0; look < LOOKS_BEFORE_AN_ATTEMPT; look++) {
      LockSupport.parkNanos(LOOK_NANOS);
      if (usableBytes() > before) {
        return;
      }
    }
  }

  private boolean gaveBack() throws DirectoryRefusedException, DiskFaultException {
    if (!Files.exists(data)) {
      return false;
    }
    try (var directory = DataDirectory.open(data, log)) {
      if (DiskSpace.giveUpBallast(directory.logDisk())) {
        LOGGER.warn("the disk is full; the ballast was given back");
        return true;
      }
      if (directory.deleteStatesSetAside()) {
        LOGGER.warn("the disk is full; state stores that had been set aside were deleted");
        return true;
      }
      return false;
    }
  }

  /** Of the file systems of both directories together; 0 where they do not say. */
  private long usableBytes() {
    return usableBytes(data) + (log == null ? 0 : usableBytes(log));
  }

  private static long usableBytes(Path directory) {
    var there = directory.toAbsolutePath();
    while (!Files.exists(there)) {
      var parent = there.getParent();
      if (parent == null) {
        return 0;
      }
      there = parent;
    }
    try {
      return Files.getFileStore(there).getUsableSpace();
    } catch (IOException _) {
      return 0;
    }
  }
}
