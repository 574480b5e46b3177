package dev.kvorum.storage.journal;

import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskResult;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Carries the jobs of a {@link Journal} to its disk and the results back to its loop. Every method
 * is called on the loop.
 */
public final class JournalDriver {
  private final Journal journal;
  private final Disk disk;
  private final Executor loop;
  private final Consumer<JournalOutcome> listener;

  public JournalDriver(
      Journal journal, Disk disk, Executor loop, Consumer<JournalOutcome> listener) {
    this.journal = journal;
    this.disk = disk;
    this.loop = loop;
    this.listener = listener;
  }

  /** Sends the next job, if there is one. Call it once after a turn's appends. */
  public void pump() {
    var job = journal.poll();
    if (job != null) {
      disk.submit(job.operations(), result -> loop.execute(() -> completed(result)));
    }
  }

  private void completed(DiskResult result) {
    // The next job goes out first, so that the disk works while the outcomes are handled.
    var outcomes = journal.completed(result);
    pump();
    outcomes.forEach(listener);
  }
}
