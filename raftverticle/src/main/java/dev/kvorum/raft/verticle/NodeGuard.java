package dev.kvorum.raft.verticle;

/**
 * The wrapper around every step of a machine. A violated invariant, or any error that nobody
 * expected, stops the process: going on with a wrong model would be worse. Vert.x on its own would
 * log the exception and call the next handler.
 */
public interface NodeGuard {
  /** Runs the step; does not return when it throws. */
  default void run(Runnable step) {
    try {
      step.run();
    } catch (RuntimeException | Error bug) {
      halt("a step failed", bug);
    }
  }

  /** Stops the process at once, after leaving what is known for those who look into it. */
  void halt(String why, Throwable cause);
}
