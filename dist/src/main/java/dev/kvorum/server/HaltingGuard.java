package dev.kvorum.server;

import dev.kvorum.raft.verticle.FlightRecorder;
import dev.kvorum.raft.verticle.NodeGuard;
import dev.kvorum.server.logging.Logging;
import dev.kvorum.storage.journal.disk.DiskFault;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Stops the process when a machine's model of the world is wrong, or its disk has failed. */
final class HaltingGuard implements NodeGuard {
  private static final Logger LOGGER = LoggerFactory.getLogger(HaltingGuard.class);

  private static final int SHOWN_RECORDS = 64;

  /** A disk that hangs must not keep the process from ending. */
  private static final Duration MARK_LIMIT = Duration.ofMillis(500);

  private final FlightRecorder recorder;
  private final Path dumpFile;
  private final Predicate<DiskFault> leaveFailureMark;
  private final Runnable distrust;

  /**
   * @param directory where the recorder's events are left, as {@code flight-recorder}
   * @param leaveFailureMark tells the next start that a disk has failed, as far as disks still take
   *     anything; says whether one did
   * @param distrust takes from the next start what it need not check, best effort
   */
  HaltingGuard(
      FlightRecorder recorder,
      Path directory,
      Predicate<DiskFault> leaveFailureMark,
      Runnable distrust) {
    this.recorder = recorder;
    dumpFile = directory.resolve("flight-recorder");
    this.leaveFailureMark = leaveFailureMark;
    this.distrust = distrust;
  }

  @Override
  public void halt(String why, Throwable cause) {
    var fault = cause instanceof DiskFaultException failed ? failed.fault() : null;
    try {
      distrust();
      if (fault != null && !isMarked(fault)) {
        LOGGER.warn("the next start could not be told that the disk failed");
      }
      LOGGER
          .atError()
          .addMarker(Logging.FATAL)
          .addKeyValue("flight-recorder", recorder.last(SHOWN_RECORDS))
          .setCause(cause)
          .log(why + "; the process stops, what was acknowledged is in the journal");
      if (!(cause instanceof DiskFaultException)) {
        dump();
      }
    } finally {
      Runtime.getRuntime().halt(fault != null ? ExitStatus.DISK_FAILED : ExitStatus.BUG);
    }
  }

  /** Best effort: the log has the last decisions, the file has all events. */
  private void dump() {
    try {
      Files.createDirectories(dumpFile.getParent());
      Files.write(dumpFile, recorder.dump());
      LOGGER.atError().addKeyValue("file", dumpFile).log("the flight recorder's events are kept");
    } catch (IOException e) {
      LOGGER.atError().setCause(e).log("the flight recorder's events cannot be kept");
    }
  }

  private void distrust() {
    var done = new CompletableFuture<@Nullable Void>();
    Thread.ofPlatform()
        .name("distrust")
        .daemon()
        .start(
            () -> {
              try {
                distrust.run();
              } finally {
                done.complete(null);
              }
            });
    done.completeOnTimeout(null, MARK_LIMIT.toMillis(), TimeUnit.MILLISECONDS).join();
  }

  private boolean isMarked(DiskFault fault) {
    var marked = new CompletableFuture<Boolean>();
    Thread.ofPlatform()
        .name("failure-mark")
        .daemon()
        .start(() -> marked.complete(leaveFailureMark.test(fault)));
    return marked.completeOnTimeout(false, MARK_LIMIT.toMillis(), TimeUnit.MILLISECONDS).join();
  }
}
