package dev.kvorum.storage.backend;

import dev.kvorum.storage.model.InvariantViolation;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs the calls into an engine and stops it for good at the first that throws. An engine that
 * failed once may have half of a transaction in memory and anything on disk; an answer from it
 * afterwards would be believed. So the first failure is kept, and every later call gets it again
 * instead of an answer. Only {@link BackendFullException} is no failure: whoever throws it has made
 * sure of that.
 */
public final class FailStop {
  private final String engine;
  private final AtomicReference<@Nullable BackendException> failure = new AtomicReference<>();

  /**
   * @param engine names the engine and its place in messages
   */
  public FailStop(String engine) {
    this.engine = engine;
  }

  /** Runs a call whose answer is never null. */
  public <T> T call(String what, Supplier<T> action) {
    refuseAfterFailure(what);
    try {
      return action.get();
    } catch (RuntimeException | Error thrown) {
      throw fail(what, thrown);
    }
  }

  /** Runs a call that may find nothing. */
  public <T> @Nullable T read(String what, Supplier<? extends @Nullable T> action) {
    refuseAfterFailure(what);
    try {
      return action.get();
    } catch (RuntimeException | Error thrown) {
      throw fail(what, thrown);
    }
  }

  public void run(String what, Runnable action) {
    refuseAfterFailure(what);
    try {
      action.run();
    } catch (RuntimeException | Error thrown) {
      throw fail(what, thrown);
    }
  }

  public boolean hasFailed() {
    return failure.get() != null;
  }

  private void refuseAfterFailure(String what) {
    var first = failure.get();
    if (first != null) {
      throw new BackendException(engine + ": " + what + " refused after an earlier failure", first);
    }
  }

  /**
   * A damaged store also shows itself by errors of the virtual machine: a length that was read from
   * it asks for too much memory. Only a bug of ours stays what it is.
   */
  private BackendException fail(String what, Throwable thrown) {
    if (thrown instanceof InvariantViolation bug) {
      throw bug;
    }
    if (thrown instanceof BackendFullException full) {
      throw full;
    }
    var wrapped =
        thrown instanceof BackendException known
            ? known
            : new BackendException(engine + ": " + what + " failed: " + thrown, thrown);
    failure.compareAndSet(null, wrapped);
    return wrapped;
  }
}
