package dev.kvorum.storage.backend.xodus;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * The files that Xodus appends to, seen from outside. Xodus ignores a sync of a channel that is
 * closed and only warns when it cannot sync the directory; the caller of {@link
 * dev.kvorum.storage.backend.Backend#sync()} throws journal away afterwards, so the same files are
 * synced once more here, where a failure is a failure. It costs nothing when they are clean.
 */
final class LogFiles {
  private static final String SUFFIX = ".xd";

  private final Path directory;

  /** Names ascend with log addresses; files below this one were synced and do not change. */
  private String firstUnsynced = "";

  LogFiles(Path directory) {
    this.directory = directory;
  }

  /** Returns when every file and the directory itself are durable. */
  void force() {
    try {
      for (var file : list()) {
        if (name(file).compareTo(firstUnsynced) >= 0) {
          forceFile(file);
          firstUnsynced = name(file);
        }
      }
      try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private static void forceFile(Path file) throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
      channel.force(false);
    } catch (NoSuchFileException _) {
      // The cleaner removed it since it was listed: what was live in it lies in a later file.
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
      throw new UncheckedIOException(failed);
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
