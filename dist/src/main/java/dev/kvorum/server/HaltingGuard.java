package dev.kvorum.server;

import dev.kvorum.raft.verticle.FlightRecorder;
import dev.kvorum.raft.verticle.NodeGuard;
import dev.kvorum.server.logging.Logging;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Stops the process when a machine's model of the world is wrong, or its disk has failed. */
final class HaltingGuard implements NodeGuard {
  private static final Logger LOGGER = LoggerFactory.getLogger(HaltingGuard.class);

  /** {@code EX_SOFTWARE} and {@code EX_IOERR} of sysexits: an operator's tools know them. */
  private static final int BUG = 70;

  private static final int DISK_FAILED = 74;
  private static final int SHOWN_RECORDS = 64;

  private final FlightRecorder recorder;

  HaltingGuard(FlightRecorder recorder) {
    this.recorder = recorder;
  }

  @Override
  public void halt(String why, Throwable cause) {
    try {
      LOGGER
          .atError()
          .addMarker(Logging.FATAL)
          .addKeyValue("flight-recorder", recorder.last(SHOWN_RECORDS))
          .setCause(cause)
          .log(why + "; the process stops, what was acknowledged is in the journal");
    } finally {
      Runtime.getRuntime().halt(cause instanceof DiskFaultException ? DISK_FAILED : BUG);
    }
  }
}
