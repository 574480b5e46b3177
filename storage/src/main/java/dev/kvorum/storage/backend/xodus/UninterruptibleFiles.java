package dev.kvorum.storage.backend.xodus;

import dev.kvorum.storage.backend.BackendException;
import jetbrains.exodus.io.FileDataWriter;

/**
 * Xodus reaches into the JDK to make its file channels survive a thread's interrupt. Where the JDK
 * does not let it, it silently uses ordinary channels: the next interrupt closes the data file, and
 * Xodus takes a sync of a closed file for a success. So we refuse to start without the access.
 */
final class UninterruptibleFiles {
  private static final String PACKAGE = "sun.nio.ch";

  private UninterruptibleFiles() {}

  static void require() {
    if (!Object.class.getModule().isExported(PACKAGE, FileDataWriter.class.getModule())) {
      throw new BackendException(
          "the JVM must be started with --add-exports java.base/sun.nio.ch=ALL-UNNAMED:"
              + " without it the state store's files are closed by a thread's interrupt");
    }
  }
}
