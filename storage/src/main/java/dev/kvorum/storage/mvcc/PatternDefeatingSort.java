package dev.kvorum.storage.mvcc;

import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/**
 * Sorts as a real server sorts, also where the contract leaves the order open.
 *
 * <p>The order of equal targets is unspecified (contract S2.6), yet clients see it: of a hundred
 * keys with the same version, {@code limit=2} shows two, and which ones is up to the sort. A
 * recorded server answers with the order of an unstable sort, so to answer the same bytes we take
 * the same algorithm: pattern-defeating quicksort (O. Peters, 2021) with its constants for short
 * runs, sampling and randomising. Up to {@value #SHORT} items that is insertion sort, which is
 * stable. A sort of n items takes O(n log n) steps whatever they are, because a run of bad pivots
 * ends in heapsort.
 *
 * <p>Ranges are {@code [from, to)}.
 */
final class PatternDefeatingSort<T> {
  /** Up to here insertion sort is the fastest. */
  private static final int SHORT = 12;

  /** Below this size nothing is moved to repair an almost sorted range. */
  private static final int WORTH_REPAIRING = 50;

  /** How many neighbours in wrong order a repair puts up with. */
  private static final int REPAIRS = 5;

  /** From here on the pivot is a median of three medians. */
  private static final int WORTH_NINE_SAMPLES = 50;

  /** Every comparison of nine samples found the wrong order: the range probably descends. */
  private static final int ALL_SAMPLES_DESCEND = 12;

  private final List<T> items;
  private final Comparator<? super T> order;

  /** Samples of the last pivot that were in wrong order. */
  private int sampleInversions;

  private PatternDefeatingSort(List<T> items, Comparator<? super T> order) {
    this.items = items;
    this.order = order;
  }

  /** Sorts a list with fast access by position. */
  static <T> void sort(List<T> items, Comparator<? super T> order) {
    var badPivots = Integer.SIZE - Integer.numberOfLeadingZeros(items.size());
    new PatternDefeatingSort<>(items, order).sort(0, items.size(), badPivots);
  }

  private void sort(int first, int end, int badPivotsAllowed) {
    var from = first;
    var to = end;
    var badPivots = badPivotsAllowed;
    var wasBalanced = true;
    var wasPartitioned = true;
    while (to - from > SHORT) {
      if (badPivots == 0) {
        heapSort(from, to);
        return;
      }
      if (!wasBalanced) {
        scatter(from, to);
        badPivots--;
      }
      var pivot = choosePivot(from, to);
      var looksSorted = sampleInversions == 0;
      if (sampleInversions == ALL_SAMPLES_DESCEND) {
        Collections.reverse(items.subList(from, to));
        pivot = to - 1 - (pivot - from);
        looksSorted = true;
      }
      if (wasBalanced && wasPartitioned && looksSorted && repair(from, to)) {
        return;
      }
      // What stands before the range is the pivot of an earlier round and not above anything here.
      if (from > 0 && !isLess(from - 1, pivot)) {
        from = partitionEqual(from, to, pivot);
        continue;
      }
      var middle = partition(from, to, pivot);
      wasPartitioned = middle < 0;
      middle = wasPartitioned ? -middle - 1 : middle;
      var left = middle - from;
      var right = to - middle;
      wasBalanced = Math.min(left, right) >= (to - from) / 8;
      if (left < right) {
        sort(from, middle, badPivots);
        from = middle + 1;
      } else {
        sort(middle + 1, to, badPivots);
        to = middle;
      }
    }
    insertionSort(from, to);
  }

  private void insertionSort(int from, int to) {
    for (var i = from + 1; i < to; i++) {
      sink(i, from);
    }
  }

  /** Moves the item down to its place among the sorted ones in {@code [floor, at)}. */
  private void sink(int at, int floor) {
    for (var i = at; i > floor && isLess(i, i - 1); i--) {
      swap(i, i - 1);
    }
  }

  /**
   * Puts the pivot between what is less and what is not. Returns its place, or minus its place
   * minus one when nothing had to move but the pivot.
   */
  private int partition(int from, int to, int pivot) {
    swap(from, pivot);
    var low = from + 1;
    var high = to - 1;
    var moved = false;
    while (true) {
      while (low <= high && isLess(low, from)) {
        low++;
      }
      while (low <= high && !isLess(high, from)) {
        high--;
      }
      if (low > high) {
        swap(high, from);
        return moved ? high : -high - 1;
      }
      swap(low++, high--);
      moved = true;
    }
  }

  /**
   * Brings what equals the pivot to the front of a range without anything less; returns its end.
   */
  private int partitionEqual(int from, int to, int pivot) {
    swap(from, pivot);
    var low = from + 1;
    var high = to - 1;
    while (true) {
      while (low <= high && !isLess(from, low)) {
        low++;
      }
      while (low <= high && isLess(from, high)) {
        high--;
      }
      if (low > high) {
        return low;
      }
      swap(low++, high--);
    }
  }

  /** Finishes a range that is sorted or nearly so; returns whether it is sorted now. */
  private boolean repair(int from, int to) {
    var i = from + 1;
    for (var repairs = 0; repairs < REPAIRS; repairs++) {
      while (i < to && !isLess(i, i - 1)) {
        i++;
      }
      if (i == to) {
        return true;
      }
      if (to - from < WORTH_REPAIRING) {
        return false;
      }
      swap(i, i - 1);
      if (i - from >= 2) {
        sink(i - 1, 0);
      }
      for (var j = i + 1; j < to && isLess(j, j - 1); j++) {
        swap(j, j - 1);
      }
    }
    return false;
  }

  /** Breaks up a pattern that led to a bad pivot by three swaps with places that look random. */
  private void scatter(int from, int to) {
    var size = to - from;
    var mask = (Integer.highestOneBit(size) << 1) - 1;
    var middle = from + size / 4 * 2;
    var random = (long) size;
    for (var i = middle - 1; i <= middle + 1; i++) {
      random ^= random << 13;
      random ^= random >>> 7;
      random ^= random << 17;
      var other = (int) (random & mask);
      swap(i, from + (other >= size ? other - size : other));
    }
  }

  private int choosePivot(int from, int to) {
    sampleInversions = 0;
    var quarter = (to - from) / 4;
    var low = from + quarter;
    var middle = from + 2 * quarter;
    var high = from + 3 * quarter;
    return to - from < WORTH_NINE_SAMPLES
        ? median(low, middle, high)
        : median(medianAround(low), medianAround(middle), medianAround(high));
  }

  private int medianAround(int at) {
    return median(at - 1, at, at + 1);
  }

  private int median(int a, int b, int c) {
    var low = a;
    var middle = b;
    var high = c;
    if (isInverted(low, middle)) {
      low = b;
      middle = a;
    }
    if (isInverted(middle, high)) {
      high = middle;
      middle = c;
    }
    return isInverted(low, middle) ? low : middle;
  }

  private boolean isInverted(int low, int high) {
    var isInverted = isLess(high, low);
    sampleInversions += isInverted ? 1 : 0;
    return isInverted;
  }

  private void heapSort(int from, int to) {
    var size = to - from;
    for (var root = (size - 1) / 2; root >= 0; root--) {
      siftDown(from, root, size);
    }
    for (var last = size - 1; last >= 0; last--) {
      swap(from, from + last);
      siftDown(from, 0, last);
    }
  }

  private void siftDown(int from, int top, int size) {
    var root = top;
    for (var child = 2 * root + 1; child < size; child = 2 * root + 1) {
      if (child + 1 < size && isLess(from + child, from + child + 1)) {
        child++;
      }
      if (!isLess(from + root, from + child)) {
        return;
      }
      swap(from + root, from + child);
      root = child;
    }
  }

  private boolean isLess(int left, int right) {
    return order.compare(items.get(left), items.get(right)) < 0;
  }

  private void swap(int left, int right) {
    items.set(right, items.set(left, items.get(right)));
  }
}
