package dev.kvorum.storage.backend.xodus;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** The files that Xodus appends to, seen from outside: their size, and their way to the disk. */
final class LogFiles {
  private static final String SUFFIX = ".xd";

  private final Path directory;

  /**
   * Names ascend with log addresses, and only the last file grows: a file below this one was synced
   * after its last byte.
   */
  private String firstUnsynced = "";

  LogFiles(Path directory) {
    this.directory = directory;
  }

  /** On return every byte written before the call, and every file's name, is durable. */
  synchronized void force() {
    try {
      for (var file : list()) {
        if (name(file).compareTo(firstUnsynced) >= 0) {
          forceFile(file);
          firstUnsynced = name(file);
        }
      }
      forceDirectory();
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot sync " + directory, failed);
    }
  }

  private static void forceFile(Path file) throws IOException {
    try (var opened = new RandomAccessFile(file.toFile(), "rw")) {
      opened.getFD().sync();
    } catch (FileNotFoundException missing) {
      // The cleaner may have removed it since it was listed, after what was live in it had moved to
      // a later file.
      if (Files.exists(file)) {
        throw missing;
      }
    }
  }

  private void forceDirectory() throws IOException {
    // Directories are synced by a channel only, and an interrupted thread cannot use one.
    var interrupted = Thread.interrupted();
    try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  long sizeBytes() {
    try {
      var total = 0L;
      for (var file : list()) {
        try {
          total += Files.size(file);
        } catch (NoSuchFileException _) {
          // Removed by the cleaner since it was listed.
        }
      }
      return total;
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot list " + directory, failed);
    }
  }

  private List<Path> list() throws IOException {
    try (var files = Files.list(directory)) {
      return files.filter(file -> name(file).endsWith(SUFFIX)).sorted().toList();
    }
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }
}
