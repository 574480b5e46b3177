package dev.kvorum.storage.journal;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A segment of the journal.
 *
 * @param number from 1; a file that is used again gets a new number, so sectors left over from its
 *     earlier life are told apart
 */
record SegmentFile(long number, int sectorCount) {
  static final String DIRECTORY = "journal";
  private static final String SUFFIX = ".seg";

  String path() {
    return path(number);
  }

  static String path(long number) {
    return DIRECTORY + "/" + name(number);
  }

  static String name(long number) {
    return String.format(Locale.ROOT, "%010d", number) + SUFFIX;
  }

  long bytes() {
    return (long) sectorCount * Sector.BYTES;
  }

  /** The number in a file's name, or null if it is no segment. */
  static @Nullable Long number(String name) {
    if (!name.matches("\\d{10}\\.seg")) {
      return null;
    }
    return Long.parseLong(name.substring(0, 10));
  }
}
