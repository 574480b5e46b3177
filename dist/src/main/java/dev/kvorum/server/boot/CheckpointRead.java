package dev.kvorum.server.boot;

import dev.kvorum.storage.checkpoint.Checkpoint;
import dev.kvorum.storage.checkpoint.Checkpoints;
import dev.kvorum.storage.checkpoint.DamagedCheckpointException;
import dev.kvorum.storage.index.IndexMemory;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The reading of the index checkpoint, on a thread of its own beside the rest of a start. */
final class CheckpointRead {
  private static final Logger LOGGER = LoggerFactory.getLogger(CheckpointRead.class);

  private final long beganNanos = System.nanoTime();
  private final FutureTask<@Nullable Checkpoint> task;
  private volatile long endedNanos = beganNanos;

  private CheckpointRead(Checkpoints checkpoints) {
    task = new FutureTask<>(() -> read(checkpoints));
  }

  private @Nullable Checkpoint read(Checkpoints checkpoints) throws DamagedCheckpointException {
    try {
      return checkpoints.read(IndexMemory.offHeap());
    } finally {
      endedNanos = System.nanoTime();
    }
  }

  /** Begins to read. */
  static CheckpointRead begin(Checkpoints checkpoints) {
    var read = new CheckpointRead(checkpoints);
    Thread.ofPlatform().name("kvorum-checkpoint-read").daemon().start(read.task);
    return read;
  }

  /** Waits until it is read; null if there is none that can be used, which was logged. */
  @Nullable Checkpoint await() {
    try {
      return task.get();
    } catch (ExecutionException failed) {
      // Whatever it was: everything that a checkpoint says stands in the records as well.
      var line = LOGGER.atWarn().addKeyValue("reason", String.valueOf(failed.getCause()));
      if (failed.getCause() instanceof DamagedCheckpointException damaged) {
        line = LOGGER.atWarn().addKeyValue("reason", damaged.getMessage());
      }
      line.log(LoadLog.NOT_USED);
      return null;
    } catch (InterruptedException interrupt) {
      throw new IllegalStateException("nobody interrupts a start", interrupt);
    }
  }

  /** How long it took, once it is awaited. */
  Duration took() {
    return Duration.ofNanos(endedNanos - beganNanos);
  }
}
