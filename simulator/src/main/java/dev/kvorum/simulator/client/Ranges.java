package dev.kvorum.simulator.client;

import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;

/** Ranges of all kinds. */
final class Ranges {
  private static final Bytes ZERO = Bytes.hex("00");

  private Ranges() {}

  static Command.Range get(Bytes key, boolean serializable) {
    return plain(key, Bytes.EMPTY, 0, 0, serializable);
  }

  static Command.Range list(Bytes from, Bytes to, boolean serializable) {
    return plain(from, to, 0, 0, serializable);
  }

  static Command.Range page(Bytes from, Bytes to, long limit, long revision) {
    return plain(from, to, limit, revision, false);
  }

  static Command.Range everything() {
    return plain(ZERO, ZERO, 0, 0, false);
  }

  private static Command.Range plain(
      Bytes key, Bytes rangeEnd, long limit, long revision, boolean serializable) {
    return new Command.Range(
        key, rangeEnd, limit, revision, 0, 0, serializable, false, false, 0, 0, 0, 0);
  }

  static Command.Range count(Bytes from, Bytes to, boolean serializable) {
    return new Command.Range(from, to, 0, 0, 0, 0, serializable, false, true, 0, 0, 0, 0);
  }

  /**
   * A range with a random choice of all options.
   *
   * @param present about the present revision
   */
  static Command.Range odd(SimRandom random, KeySpace keys, long present) {
    return new Command.Range(
        from(random, keys),
        to(random, keys),
        random.below(3) == 0 ? random.below(6) : 0,
        random.below(4) == 0 ? past(random, present) : 0,
        random.below(2) == 0 ? random.below(3) : 0,
        random.below(2) == 0 ? random.below(5) : 0,
        random.below(3) == 0,
        random.below(6) == 0,
        random.below(10) == 0,
        bound(random, present),
        bound(random, present),
        bound(random, present),
        bound(random, present));
  }

  static Bytes from(SimRandom random, KeySpace keys) {
    return keys.key(random.below(keys.count()));
  }

  static Bytes to(SimRandom random, KeySpace keys) {
    return switch (random.below(5)) {
      case 0 -> Bytes.EMPTY;
      case 1 -> ZERO;
      case 2 -> keys.directoryEnd(random.below(keys.count()));
      default -> keys.key(random.below(keys.count()));
    };
  }

  /** Mostly shortly before the present; sometimes long ago, and sometimes not reached yet. */
  static long past(SimRandom random, long present) {
    return switch (random.below(12)) {
      case 0 -> present + random.below(3);
      case 1 -> 1 + random.below(present);
      case 2 -> -random.below(3L);
      default -> Math.max(1, present - random.below(30));
    };
  }

  private static long bound(SimRandom random, long present) {
    return random.below(6) == 0 ? random.below(present + 1) : 0;
  }
}
