package dev.kvorum.storage.model;

import org.jspecify.annotations.Nullable;

/**
 * The keys that a request selects, normalised once to one half-open interval (contract S2.1).
 *
 * @param from the first key, inclusive; empty stands for the lowest key
 * @param to the first key that is outside, or null when the interval has no upper end
 */
public record KeyRange(Bytes from, @Nullable Bytes to) {
  private static final Bytes ZERO = Bytes.wrap(new byte[1]);

  /**
   * The interval that a request's {@code key} and {@code range_end} mean: no range end selects the
   * single key, one zero byte everything from the key on, and anything else the interval between
   * them, which is empty when it runs backwards.
   */
  public static KeyRange of(Bytes key, Bytes rangeEnd) {
    if (rangeEnd.isEmpty()) {
      return single(key);
    }
    return rangeEnd.equals(ZERO) ? new KeyRange(key, null) : new KeyRange(key, rangeEnd);
  }

  /** The interval that holds {@code key} alone. */
  public static KeyRange single(Bytes key) {
    return new KeyRange(key, successor(key));
  }

  /** What is left of this interval behind the key. */
  public KeyRange behind(Bytes key) {
    return new KeyRange(successor(key), to);
  }

  private static Bytes successor(Bytes key) {
    var successor = new byte[key.size() + 1];
    key.copyTo(successor, 0);
    return Bytes.wrap(successor);
  }

  public boolean contains(Bytes key) {
    return key.compareTo(from) >= 0 && (to == null || key.compareTo(to) < 0);
  }

  /** Whether some key may be in both. */
  public boolean overlaps(KeyRange other) {
    return !isEmpty()
        && !other.isEmpty()
        && (to == null || other.from.compareTo(to) < 0)
        && (other.to == null || from.compareTo(other.to) < 0);
  }

  public boolean isEmpty() {
    return to != null && from.compareTo(to) >= 0;
  }
}
