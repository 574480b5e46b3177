package dev.kvorum.server;

import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskOperation;
import dev.kvorum.storage.journal.disk.ForwardingDisk;
import java.util.List;
import java.util.function.LongConsumer;

/** Measures how long the journal waits for its disk. */
final class TimedDisk extends ForwardingDisk {
  private final LongConsumer tookNanos;

  /**
   * @param tookNanos hears of every job that ended, on the disk's thread
   */
  TimedDisk(Disk disk, LongConsumer tookNanos) {
    super(disk);
    this.tookNanos = tookNanos;
  }

  @Override
  public void submit(List<DiskOperation> operations, Completion completion) {
    var began = System.nanoTime();
    super.submit(
        operations,
        result -> {
          tookNanos.accept(System.nanoTime() - began);
          completion.completed(result);
        });
  }
}
