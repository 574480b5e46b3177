package dev.kvorum.loadtest.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** What files occupy, and what a process has written. */
public final class DiskUsage {
  /** The unit in which Linux counts the blocks of a file. */
  private static final long BLOCK_BYTES = 512;

  private DiskUsage() {}

  /** What {@code du} says of a file or a directory, in bytes; 0 if it is not there. */
  public static long of(Path path) {
    try {
      if (!Files.isDirectory(path)) {
        return ((Number) Files.getAttribute(path, "unix:blocks")).longValue() * BLOCK_BYTES;
      }
      long bytes = 0;
      try (var entries = Files.newDirectoryStream(path)) {
        for (Path entry : entries) {
          bytes += of(entry);
        }
      }
      return bytes;
    } catch (NoSuchFileException gone) {
      return 0;
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  /** Bytes that a live process has sent to disks ({@code write_bytes} of {@code /proc/PID/io}). */
  public static long writtenBy(long pid) {
    try {
      return Files.readAllLines(Path.of("/proc", Long.toString(pid), "io")).stream()
          .filter(line -> line.startsWith("write_bytes:"))
          .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(':') + 1).trim()))
          .findFirst()
          .orElse(0);
    } catch (IOException gone) {
      throw new UncheckedIOException("process " + pid + " cannot be read", gone);
    }
  }
}
