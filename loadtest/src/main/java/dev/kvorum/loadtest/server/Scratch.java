package dev.kvorum.loadtest.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A directory of our own for data and logs, gone at {@link #close()}. */
public final class Scratch implements AutoCloseable {
  private final Path root;
  private int count;

  private Scratch(Path root) {
    this.root = root;
  }

  /** A new directory below {@code parent}, which is made if it is missing. */
  public static Scratch in(Path parent) {
    try {
      return new Scratch(Files.createTempDirectory(Files.createDirectories(parent), "run-"));
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** The name of a file or directory that nobody has used before. */
  public synchronized Path fresh(String label) {
    return root.resolve(label + "-" + count++);
  }

  public Path root() {
    return root;
  }

  /** Deletes a file, or a directory with all that is in it; a missing one is fine. */
  public static void delete(Path path) {
    if (!Files.exists(path)) {
      return;
    }
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  @Override
  public void close() {
    delete(root);
  }
}
