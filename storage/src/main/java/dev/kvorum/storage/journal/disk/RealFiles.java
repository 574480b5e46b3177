package dev.kvorum.storage.journal.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What disks of real files have in common: looking at what lies below a directory. */
abstract class RealFiles implements Disk {
  /** Paths are relative to it. */
  final Path root;

  RealFiles(Path root) {
    this.root = root;
  }

  @Override
  public final List<String> list(String directory) throws DiskFaultException {
    var path = root.resolve(directory);
    if (!Files.isDirectory(path)) {
      return List.of();
    }
    try (var entries = Files.list(path)) {
      return entries.map(entry -> String.valueOf(entry.getFileName())).sorted().toList();
    } catch (IOException e) {
      throw readFault(directory, e);
    }
  }

  @Override
  public final boolean exists(String path) {
    return Files.exists(root.resolve(path));
  }

  @Override
  public final long size(String path) throws DiskFaultException {
    try {
      return Files.size(root.resolve(path));
    } catch (IOException e) {
      throw readFault(path, e);
    }
  }

  @Override
  public final long usableBytes() throws DiskFaultException {
    try {
      return Files.getFileStore(root).getUsableSpace();
    } catch (IOException e) {
      throw readFault("", e);
    }
  }

  @Override
  public final long totalBytes() throws DiskFaultException {
    try {
      return Files.getFileStore(root).getTotalSpace();
    } catch (IOException e) {
      throw readFault("", e);
    }
  }

  /** Reads until the target is full or the file ends; returns how many bytes there were. */
  static int readFully(FileChannel channel, long offset, ByteBuffer target) throws IOException {
    var done = 0;
    while (target.hasRemaining()) {
      var size = channel.read(target, offset + done);
      if (size < 0) {
        break;
      }
      done += size;
    }
    return done;
  }

  static DiskFaultException readFault(String path, IOException cause) {
    return new DiskFaultException(new DiskFault(DiskFault.Kind.READ, path, detail(cause)));
  }

  /** The operating system's own words. */
  static String detail(IOException e) {
    var reason = e instanceof FileSystemException f ? f.getReason() : e.getMessage();
    return reason == null ? e.getClass().getSimpleName() : reason;
  }

  @Override
  public final String toString() {
    return root.toString();
  }
}
