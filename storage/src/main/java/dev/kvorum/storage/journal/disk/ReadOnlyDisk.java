package dev.kvorum.storage.journal.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * Real files that are only looked at, for the offline check: it must not change what it judges, not
 * even on a file system that is mounted read-only. Used by one thread.
 */
public final class ReadOnlyDisk implements Disk {
  private final Path root;

  public ReadOnlyDisk(Path root) {
    this.root = root;
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
      var done = 0;
      while (target.hasRemaining()) {
        var size = channel.read(target, offset + done);
        if (size < 0) {
          break;
        }
        done += size;
      }
      return done;
    } catch (IOException e) {
      throw fault(path, e);
    }
  }

  @Override
  public List<String> list(String directory) throws DiskFaultException {
    var path = root.resolve(directory);
    if (!Files.isDirectory(path)) {
      return List.of();
    }
    try (var entries = Files.list(path)) {
      return entries.map(entry -> String.valueOf(entry.getFileName())).sorted().toList();
    } catch (IOException e) {
      throw fault(directory, e);
    }
  }

  @Override
  public boolean exists(String path) {
    return Files.exists(root.resolve(path));
  }

  @Override
  public long size(String path) throws DiskFaultException {
    try {
      return Files.size(root.resolve(path));
    } catch (IOException e) {
      throw fault(path, e);
    }
  }

  @Override
  public long usableBytes() throws DiskFaultException {
    try {
      return Files.getFileStore(root).getUsableSpace();
    } catch (IOException e) {
      throw fault("", e);
    }
  }

  @Override
  public void close() {
    // Every read opens and closes its file.
  }

  private static DiskFaultException fault(String path, IOException cause) {
    var reason = cause.getMessage();
    return new DiskFaultException(
        new DiskFault(
            DiskFault.Kind.READ, path, reason == null ? cause.getClass().getSimpleName() : reason));
  }
}
