package dev.kvorum.loadtest.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What files occupy, and what a process has written. */
public final class DiskUsage {
  private DiskUsage() {}

  /** What {@code du} says of a file or a directory, in bytes; 0 if it is not there. */
  public static long of(Path path) throws InterruptedException {
    if (!Files.exists(path)) {
      return 0;
    }
    try {
      // Files may go while it looks, of which it complains on the other output.
      Process du =
          new ProcessBuilder("du", "-s", "-B1", path.toString())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String line = new String(du.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      du.waitFor();
      return Long.parseLong(line.substring(0, line.indexOf('\t')));
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
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
