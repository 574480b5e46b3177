package dev.kvorum.storage.backend;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Sets a state directory aside that is not to be trusted, so that a new one can be built in its
 * place and a person can still look at the old one. Nothing is deleted here.
 */
public final class Quarantine {
  /** Where, below the data directory, the rejected directories lie. */
  public static final String DIRECTORY = "quarantine";

  private final Path dataDirectory;

  public Quarantine(Path dataDirectory) {
    this.dataDirectory = dataDirectory;
  }

  /**
   * Renames {@code state} to {@code quarantine/state-<stamp>}, with a number behind it when that
   * name is taken. On return the rename is durable.
   *
   * @param state a directory on the same file system as the data directory; its engine is closed
   * @param utcStamp the caller's time in a form that is legal in file names, such as {@code
   *     20261121T010203Z}
   * @return where the directory is now
   * @throws BackendException when it cannot be moved; then it is where it was
   */
  public Path setAside(Path state, String utcStamp) {
    try {
      var quarantine = dataDirectory.resolve(DIRECTORY);
      Files.createDirectories(quarantine);
      var target = quarantine.resolve("state-" + utcStamp);
      for (var number = 2; Files.exists(target); number++) {
        target = quarantine.resolve("state-" + utcStamp + "-" + number);
      }
      Files.move(state, target, StandardCopyOption.ATOMIC_MOVE);
      force(quarantine);
      force(dataDirectory);
      var parent = state.toAbsolutePath().getParent();
      if (parent != null) {
        force(parent);
      }
      return target;
    } catch (IOException failed) {
      throw new BackendException("cannot set " + state + " aside", failed);
    }
  }

  private static void force(Path directory) throws IOException {
    try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
