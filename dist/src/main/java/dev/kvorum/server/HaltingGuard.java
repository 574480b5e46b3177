package dev.kvorum.server;

import dev.kvorum.raft.verticle.FlightRecorder;
import dev.kvorum.raft.verticle.NodeGuard;
import dev.kvorum.server.logging.Logging;
import dev.kvorum.storage.journal.disk.DiskFault;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Stops the process when a machine's model of the world is wrong, or its disk has failed. */
final class HaltingGuard implements NodeGuard {
  private static final Logger LOGGER = LoggerFactory.getLogger(HaltingGuard.class);

  private static final int SHOWN_RECORDS = 64;

  /** A disk that hangs must not keep the process from ending. */
  private static final Duration MARK_LIMIT = Duration.ofMillis(500);

  private final FlightRecorder recorder;
  private final Predicate<DiskFault> leaveFailureMark;

  /**
   * @param leaveFailureMark tells the next start that a disk has failed, as far as disks still take
   *     anything; says whether one did
   */
  HaltingGuard(FlightRecorder recorder, Predicate<DiskFault> leaveFailureMark) {
    this.recorder = recorder;
    this.leaveFailureMark = leaveFailureMark;
  }

  @Override
  public void halt(String why, Throwable cause) {
    var fault = cause instanceof DiskFaultException failed ? failed.fault() : null;
    try {
      if (fault != null && !isMarked(fault)) {
        LOGGER.warn("the next start could not be told that the disk failed");
      }
      LOGGER
          .atError()
          .addMarker(Logging.FATAL)
          .addKeyValue("flight-recorder", recorder.last(SHOWN_RECORDS))
          .setCause(cause)
          .log(why + "; the process stops, what was acknowledged is in the journal");
    } finally {
      Runtime.getRuntime().halt(fault != null ? ExitStatus.DISK_FAILED : ExitStatus.BUG);
    }
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
