package dev.kvorum.simulator.client;

import dev.kvorum.storage.model.Bytes;

/**
 * The keys of one run. They are few, so that operations keep meeting each other, and lie in
 * directories, so that there are intervals to list and to delete.
 */
final class KeySpace {
  private static final int KEYS_IN_DIRECTORY = 8;

  private final Bytes[] keys;

  KeySpace(int count) {
    keys = new Bytes[count];
    for (var number = 0; number < count; number++) {
      keys[number] =
          Bytes.utf8("/d%d/k%d".formatted(number / KEYS_IN_DIRECTORY, number % KEYS_IN_DIRECTORY));
    }
  }

  int count() {
    return keys.length;
  }

  Bytes key(int number) {
    return keys[number];
  }

  /** The number of a key that an answer named, or -1 for a stranger. */
  int number(Bytes key) {
    for (var number = 0; number < keys.length; number++) {
      if (keys[number].equals(key)) {
        return number;
      }
    }
    return -1;
  }

  /** The start of the directory that the key lies in. */
  Bytes directory(int number) {
    return Bytes.utf8("/d%d/".formatted(number / KEYS_IN_DIRECTORY));
  }

  /** The first key behind that directory. */
  Bytes directoryEnd(int number) {
    return Bytes.utf8("/d%d0".formatted(number / KEYS_IN_DIRECTORY));
  }
}
