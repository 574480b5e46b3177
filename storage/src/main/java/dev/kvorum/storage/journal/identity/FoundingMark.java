package dev.kvorum.storage.journal.identity;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;

/**
 * The empty file {@code founding}: it stands in a data directory from before the first byte of a
 * new member until after its identity is durable.
 *
 * <p>So a directory with the mark and without an identity was never finished, has never served
 * anybody, and is cleared and founded anew; a directory with neither, but with data, is one whose
 * log lies elsewhere, and is refused.
 */
final class FoundingMark {
  static final String NAME = "founding";

  /** What a founding makes, in the data directory or where the log is. */
  private static final List<String> UNFINISHED =
      List.of("vote.a", "vote.b", "journal", "identity.tmp", "snapshots", "state");

  private FoundingMark() {}

  static boolean isIn(Path data) {
    return Files.exists(data.resolve(NAME));
  }

  /** Sets the mark, durably. */
  static void set(Path data) throws IOException {
    Files.deleteIfExists(data.resolve(NAME));
    Files.createFile(data.resolve(NAME));
    force(data);
  }

  /** Takes the mark away: the identity is durable. */
  static void remove(Path data) throws IOException {
    if (Files.deleteIfExists(data.resolve(NAME))) {
      force(data);
    }
  }

  /** Deletes what a founding that was cut short has left behind. The mark stays. */
  static void clear(Path data, Path log) throws IOException {
    for (var name : UNFINISHED) {
      delete(data.resolve(name));
      delete(log.resolve(name));
    }
    force(data);
    force(log);
  }

  /** Deletes a file, or a directory with all that is in it. */
  static void delete(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    List<Path> paths;
    try (var found = Files.walk(root)) {
      paths = found.sorted(Comparator.reverseOrder()).toList();
    }
    for (var path : paths) {
      Files.delete(path);
    }
  }

  static void force(Path directory) throws IOException {
    try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
