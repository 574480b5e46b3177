package dev.kvorum.raft.core;

import java.util.Arrays;

/** A queue of numbers with both ends open, without an object for each. */
final class LongQueue {
  private long[] ring = new long[8];
  private int head;
  private int size;

  boolean isEmpty() {
    return size == 0;
  }

  int size() {
    return size;
  }

  void addLast(long value) {
    if (size == ring.length) {
      var larger = new long[2 * size];
      for (var i = 0; i < size; i++) {
        larger[i] = get(i);
      }
      ring = larger;
      head = 0;
    }
    ring[(head + size) & (ring.length - 1)] = value;
    size++;
  }

  /** The value at the place, counted from the first. */
  long get(int place) {
    return ring[(head + place) & (ring.length - 1)];
  }

  long first() {
    return get(0);
  }

  long last() {
    return get(size - 1);
  }

  long removeFirst() {
    var value = ring[head];
    head = (head + 1) & (ring.length - 1);
    size--;
    return value;
  }

  void removeLast() {
    size--;
  }

  void clear() {
    head = 0;
    size = 0;
  }

  @Override
  public String toString() {
    var values = new long[size];
    for (var i = 0; i < size; i++) {
      values[i] = get(i);
    }
    return Arrays.toString(values);
  }
}
