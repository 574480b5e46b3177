package dev.kvorum.storage.journal;

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

  /** Numbers have at least as many digits, so that names sort like numbers. */
  private static final String TEN_ZEROS = "0000000000";

  String path() {
    return path(number);
  }

  static String path(long number) {
    return DIRECTORY + "/" + name(number);
  }

  static String name(long number) {
    var digits = Long.toString(number);
    var missing = Math.max(0, TEN_ZEROS.length() - digits.length());
    return TEN_ZEROS.substring(0, missing) + digits + SUFFIX;
  }

  long bytes() {
    return (long) sectorCount * Sector.BYTES;
  }

  /** The number in a file's name, or null if it is no segment. */
  static @Nullable Long number(String name) {
    if (!name.matches("\\d{10}\\.seg")) {
      return null;
    }
    return Long.parseLong(name.substring(0, TEN_ZEROS.length()));
  }
}
