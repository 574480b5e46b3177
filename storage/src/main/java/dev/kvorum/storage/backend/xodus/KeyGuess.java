package dev.kvorum.storage.backend.xodus;

import dev.kvorum.storage.model.Bytes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Guesses where a key stands between two others, if keys begin and end with a number of eight bytes
 * as those of records do: exactly, where the numbers have no gaps. For all other keys it guesses
 * something.
 */
final class KeyGuess {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private KeyGuess() {}

  /**
   * Guesses the place of the key.
   *
   * @param below the place of a key that is not above
   * @param above the place of a key that is above, whatever it is if that is not known
   * @return any number
   */
  static int slot(Bytes key, int below, Bytes belowKey, int above, @Nullable Bytes aboveKey) {
    if (isShort(key) || isShort(belowKey) || (aboveKey != null && isShort(aboveKey))) {
      return (below + above) >>> 1;
    }
    var fromBelow = first(key) - first(belowKey);
    if (fromBelow == 0) {
      return narrow(below + last(key) - last(belowKey));
    }
    if (aboveKey == null) {
      return narrow(below + fromBelow);
    }
    var toAbove = first(aboveKey) - first(key);
    if (toAbove == 0) {
      return narrow(above - (last(aboveKey) - last(key)));
    }
    return below + (int) ((double) fromBelow / (fromBelow + toAbove) * (above - below));
  }

  private static boolean isShort(Bytes key) {
    return key.size() < Long.BYTES;
  }

  /** The number that a key of eight bytes or more begins with. */
  static long first(Bytes key) {
    return (long) LONG.get(key.sharedArray(), key.offset());
  }

  private static long last(Bytes key) {
    return (long) LONG.get(key.sharedArray(), key.offset() + key.size() - Long.BYTES);
  }

  private static int narrow(long place) {
    return Math.clamp(place, Integer.MIN_VALUE, Integer.MAX_VALUE);
  }
}
