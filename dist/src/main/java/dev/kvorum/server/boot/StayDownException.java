package dev.kvorum.server.boot;

import dev.kvorum.storage.journal.identity.FailureMark;
import java.time.Duration;
import java.time.Instant;

/**
 * Disks failed twice within ten minutes: starting once more does not help, and the member stays
 * down for as long (P9). Nothing was changed. The message is one line for the operator.
 */
public final class StayDownException extends Exception {
  private static final long serialVersionUID = 1L;

  private StayDownException(String message) {
    super(message);
  }

  static void unlessRested(FailureMark failure, Instant now) throws StayDownException {
    var rest = failure.rest(now);
    if (rest != null) {
      throw new StayDownException(
          ("the disk failed twice within %d minutes, the last time at %s; the member stays down for"
                  + " %d more seconds: look at the disk, or move the data to another one")
              .formatted(
                  FailureMark.REST.toMinutes(),
                  failure.newest(),
                  Math.max(1, rest.plus(Duration.ofMillis(999)).toSeconds())));
    }
  }
}
