package dev.kvorum.foreign.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.loadtest.server.Scratch;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** What may happen to the state store, which the journal and snapshots can replace. */
enum StateDamage {
  /** The whole directory is gone. */
  DELETED,
  /** One of its files is gone. */
  FILE_DELETED,
  /** One of its files ends early. */
  FILE_CUT,
  /** Some bytes in the middle of a file are others. */
  BYTES_CHANGED;

  private static final int CHANGED_BYTES = 64;

  /** Damages the state store of a server that does not run. */
  void applyTo(Path dataDirectory, SplittableRandom random) throws IOException {
    Path state = stateDirectory(dataDirectory);
    if (this == DELETED) {
      Scratch.delete(state);
      return;
    }
    List<Path> files = files(state);
    assertThat(files).as("files in " + state).isNotEmpty();
    Path file = files.get(random.nextInt(files.size()));
    long size = Files.size(file);
    switch (this) {
      case DELETED -> throw new IllegalStateException();
      case FILE_DELETED -> Files.delete(file);
      case FILE_CUT -> {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
          bytes.setLength(size / 2);
        }
      }
      case BYTES_CHANGED -> {
        byte[] noise = new byte[CHANGED_BYTES];
        random.nextBytes(noise);
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
          bytes.seek(size / 2);
          bytes.write(noise);
        }
      }
    }
  }

  private static Path stateDirectory(Path dataDirectory) throws IOException {
    try (Stream<Path> paths = Files.walk(dataDirectory, 3)) {
      return paths
          .filter(path -> path.endsWith("state") && Files.isDirectory(path))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no state directory in " + dataDirectory));
    }
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> paths = Files.walk(directory)) {
      return paths
          .filter(Files::isRegularFile)
          .filter(path -> !path.toString().endsWith(".lock") && !path.toString().endsWith(".lck"))
          .sorted()
          .toList();
    }
  }
}
