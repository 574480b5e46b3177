package dev.kvorum.raft.core;

import java.util.Arrays;

/**
 * The arithmetic of majorities. A quorum of n voters is n/2 + 1. A set without voters agrees to
 * everything: so the absent outgoing half of a plain configuration decides nothing.
 */
final class Quorum {
  private Quorum() {}

  /** How many of so many voters are a quorum. */
  static int size(int voters) {
    return voters / 2 + 1;
  }

  /**
   * The largest value that a quorum has reached, or {@link Long#MAX_VALUE} without voters. The
   * first {@code count} values are reordered.
   */
  static long reached(long[] values, int count) {
    if (count == 0) {
      return Long.MAX_VALUE;
    }
    if (count == 1) {
      return values[0];
    }
    // Ascending: the value at this place is reached by itself and all those after it.
    Arrays.sort(values, 0, count);
    return values[count - size(count)];
  }

  /** How the vote of so many voters stands. */
  static Tally tally(int voters, int granted, int refused) {
    if (voters == 0 || granted >= size(voters)) {
      return Tally.WON;
    }
    return voters - refused >= size(voters) ? Tally.PENDING : Tally.LOST;
  }

  /** A joint vote is won when both halves are, and lost when one is. */
  static Tally joint(Tally one, Tally other) {
    if (one == Tally.LOST || other == Tally.LOST) {
      return Tally.LOST;
    }
    return one == Tally.WON && other == Tally.WON ? Tally.WON : Tally.PENDING;
  }
}
