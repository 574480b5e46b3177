package dev.kvorum.server.boot;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * The opening and reading of the state store, on a thread of its own beside the scan of the
 * journal. Each takes about as long as the other, and only at the end does one ask the other.
 */
final class StateRead {
  private final long beganNanos = System.nanoTime();
  private final FutureTask<StateStore.Found> task;
  private volatile long endedNanos = beganNanos;

  private StateRead(StateStore store, CheckpointRead checkpoint) {
    task = new FutureTask<>(() -> look(store, checkpoint));
  }

  private StateStore.Found look(StateStore store, CheckpointRead checkpoint) {
    try {
      return store.look(checkpoint);
    } finally {
      endedNanos = System.nanoTime();
    }
  }

  /** Begins to open and to read. */
  static StateRead begin(StateStore store, CheckpointRead checkpoint) {
    var read = new StateRead(store, checkpoint);
    Thread.ofPlatform().name("kvorum-state-read").daemon().start(read.task);
    return read;
  }

  /**
   * Waits until it is read; what is open belongs to the caller from now on.
   *
   * @throws dev.kvorum.storage.backend.BackendFullException if opening needs space that is not
   *     there
   */
  StateStore.Found await() {
    try {
      return task.get();
    } catch (ExecutionException failed) {
      switch (failed.getCause()) {
        case RuntimeException fault -> throw fault;
        case Error fault -> throw fault;
        case null, default -> throw new IllegalStateException(failed.getCause());
      }
    } catch (InterruptedException interrupt) {
      throw new IllegalStateException("nobody interrupts a start", interrupt);
    }
  }

  /** How long it took, once it is awaited. */
  Duration took() {
    return Duration.ofNanos(endedNanos - beganNanos);
  }

  /**
   * The start ends without it: waits, and closes what was opened.
   *
   * @param reason gets what went wrong here as well
   */
  void abandon(Exception reason) {
    try {
      if (await() instanceof StateStore.Opened opened) {
        StateStore.closeQuietly(opened.backend());
      }
    } catch (RuntimeException fault) {
      reason.addSuppressed(fault);
    }
  }
}
