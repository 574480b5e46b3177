package dev.kvorum.server;

import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskOperation;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Measures how long the journal waits for its disk. */
final class TimedDisk implements Disk {
  private final Disk disk;
  private final LongConsumer tookNanos;

  /**
   * @param tookNanos hears of every job that ended, on the disk's thread
   */
  TimedDisk(Disk disk, LongConsumer tookNanos) {
    this.disk = disk;
    this.tookNanos = tookNanos;
  }

  @Override
  public void submit(List<DiskOperation> operations, Completion completion) {
    var began = System.nanoTime();
    disk.submit(
        operations,
        result -> {
          tookNanos.accept(System.nanoTime() - began);
          completion.completed(result);
        });
  }

  @Override
  public void perform(List<DiskOperation> operations) throws DiskFaultException {
    disk.perform(operations);
  }

  @Override
  public int read(String path, long offset, ByteBuffer target) throws DiskFaultException {
    return disk.read(path, offset, target);
  }

  @Override
  public List<String> list(String directory) throws DiskFaultException {
    return disk.list(directory);
  }

  @Override
  public boolean exists(String path) {
    return disk.exists(path);
  }

  @Override
  public long size(String path) throws DiskFaultException {
    return disk.size(path);
  }

  @Override
  public long usableBytes() throws DiskFaultException {
    return disk.usableBytes();
  }

  @Override
  public long totalBytes() throws DiskFaultException {
    return disk.totalBytes();
  }

  @Override
  public @Nullable Disk pastCache(String path) {
    return disk.pastCache(path);
  }

  @Override
  public void close() {
    disk.close();
  }
}
