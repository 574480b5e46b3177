package dev.kvorum.storage.journal.disk;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A disk that has another one do its work. Whoever changes one thing about a disk, its reads or the
 * time it takes, extends this and says that one thing.
 */
public abstract class ForwardingDisk implements Disk {
  private final Disk beneath;

  /**
   * @param beneath does the work
   */
  protected ForwardingDisk(Disk beneath) {
    this.beneath = beneath;
  }

  @Override
  public void submit(List<DiskOperation> operations, Completion completion) {
    beneath.submit(operations, completion);
  }

  @Override
  public void perform(List<DiskOperation> operations) throws DiskFaultException {
    beneath.perform(operations);
  }

  @Override
  public int read(String path, long offset, ByteBuffer target) throws DiskFaultException {
    return beneath.read(path, offset, target);
  }

  @Override
  public List<String> list(String directory) throws DiskFaultException {
    return beneath.list(directory);
  }

  @Override
  public boolean exists(String path) {
    return beneath.exists(path);
  }

  @Override
  public long size(String path) throws DiskFaultException {
    return beneath.size(path);
  }

  @Override
  public long usableBytes() throws DiskFaultException {
    return beneath.usableBytes();
  }

  @Override
  public long totalBytes() throws DiskFaultException {
    return beneath.totalBytes();
  }

  @Override
  public @Nullable Disk pastCache(String path) {
    return beneath.pastCache(path);
  }

  @Override
  public void close() {
    beneath.close();
  }
}
