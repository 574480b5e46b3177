package dev.kvorum.storage.lease;

/**
 * A number that is not negative for every slot, 0 until one is set: a time of whole seconds, or an
 * index of the log. Four bytes hold 136 years or four thousand million entries; the rest of a
 * longer time, which nobody needs and the contract allows (S10.1), or of an index in a very old log
 * stands in a second column that has no page until then.
 */
final class NumberColumn {
  private final IntColumn low = new IntColumn();
  private final IntColumn high = new IntColumn();

  long get(int slot) {
    return ((long) high.get(slot) << Integer.SIZE) | Integer.toUnsignedLong(low.get(slot));
  }

  /** Sets a number that is not negative. */
  void set(int slot, long number) {
    low.set(slot, (int) number);
    high.set(slot, (int) (number >>> Integer.SIZE));
  }

  long sizeBytes() {
    return low.sizeBytes() + high.sizeBytes();
  }
}
