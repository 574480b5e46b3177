package dev.kvorum.storage.lease;

/**
 * A time of whole seconds for every slot, 0 until one is set. Four bytes hold 136 years; the rest
 * of a longer time, which nobody needs and the contract allows (S10.1), stands in a second column
 * that has no page until then.
 */
final class SecondsColumn {
  private final IntColumn low = new IntColumn();
  private final IntColumn high = new IntColumn();

  long get(int slot) {
    return ((long) high.get(slot) << Integer.SIZE) | Integer.toUnsignedLong(low.get(slot));
  }

  /** Sets a time that is not negative. */
  void set(int slot, long seconds) {
    low.set(slot, (int) seconds);
    high.set(slot, (int) (seconds >>> Integer.SIZE));
  }

  long sizeBytes() {
    return low.sizeBytes() + high.sizeBytes();
  }
}
