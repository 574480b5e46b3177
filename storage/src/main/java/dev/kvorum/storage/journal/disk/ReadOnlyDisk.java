package dev.kvorum.storage.journal.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * Real files that are only looked at, for the offline check: it must not change what it judges, not
 * even on a file system that is mounted read-only. Used by one thread.
 */
public final class ReadOnlyDisk extends RealFiles {
  public ReadOnlyDisk(Path root) {
    super(root);
  }

  @Override
  public void submit(List<DiskOperation> operations, Completion completion) {
    throw new UnsupportedOperationException("this disk is only looked at");
  }

  @Override
  public void perform(List<DiskOperation> operations) {
    if (!operations.isEmpty()) {
      throw new UnsupportedOperationException("this disk is only looked at");
    }
  }

  @Override
  public int read(String path, long offset, ByteBuffer target) throws DiskFaultException {
    try (var channel = FileChannel.open(root.resolve(path), StandardOpenOption.READ)) {
      return readFully(channel, offset, target);
    } catch (IOException e) {
      throw readFault(path, e);
    }
  }

  @Override
  public void close() {
    // Every read opens and closes its file.
  }
}
