package dev.kvorum.server;

import dev.kvorum.raft.verticle.FlightRecorder;
import dev.kvorum.raft.verticle.NodeGuard;
import dev.kvorum.server.logging.Logging;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
  private final Path dumpFile;

  /**
   * @param directory where the recorder's events are left, as {@code flight-recorder}
   */
  HaltingGuard(FlightRecorder recorder, Path directory) {
    this.recorder = recorder;
    dumpFile = directory.resolve("flight-recorder");
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
      if (!(cause instanceof DiskFaultException)) {
        dump();
      }
    } finally {
      Runtime.getRuntime().halt(cause instanceof DiskFaultException ? DISK_FAILED : BUG);
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
}
