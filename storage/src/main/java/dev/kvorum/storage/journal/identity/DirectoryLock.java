package dev.kvorum.storage.journal.identity;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Tells whether a process holds a data directory, without taking it. */
public final class DirectoryLock {
  private DirectoryLock() {}

  /** Whether a process holds the file {@code LOCK} in the directory; creates nothing. */
  public static boolean isHeld(Path directory) throws IOException {
    var path = directory.resolve(DataDirectory.LOCK);
    if (!Files.isWritable(path)) {
      // Without the file, or on a file system that nobody can write to, nobody serves.
      return false;
    }
    try (var channel = FileChannel.open(path, StandardOpenOption.WRITE);
        var lock = channel.tryLock()) {
      return lock == null;
    } catch (OverlappingFileLockException _) {
      return true;
    }
  }
}
