package dev.kvorum.verticles.stage;

import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.Revision;
import java.util.List;

/** What the log waits for until it goes on: at most one turn is under way to it at any time. */
final class LogTurns {
  private boolean fetching;
  private boolean continuing;
  private boolean waitingForBackend;

  /** Whether something will bring the log its next turn. */
  boolean isBusy() {
    return fetching || continuing || waitingForBackend;
  }

  /** The log goes on in a later turn of the loop. */
  StoreEffect next() {
    continuing = true;
    return new StoreEffect.Continue();
  }

  /** What {@link #next} asked for is here. */
  void came() {
    continuing = false;
  }

  /** The log goes on when the records are there. */
  StoreEffect fetch(List<Revision> missing) {
    fetching = true;
    return new StoreEffect.Fetch(missing);
  }

  /** What {@link #fetch} asked for is here. */
  void fetched() {
    InvariantViolation.check(fetching, "records arrive only when they were asked for");
    fetching = false;
  }

  /** The log goes on when the backend has taken something. */
  void waitForBackend() {
    waitingForBackend = true;
  }

  boolean isWaitingForBackend() {
    return waitingForBackend;
  }

  /** The backend has taken enough. */
  void backendHasRoom() {
    waitingForBackend = false;
  }
}
