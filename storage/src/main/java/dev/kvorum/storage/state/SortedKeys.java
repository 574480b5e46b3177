package dev.kvorum.storage.state;

import dev.kvorum.storage.model.Bytes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.PriorityQueue;

/**
 * Keys in ascending order, sorted in slices: first runs of bounded length, each sorted by itself,
 * then merged as they are asked for.
 */
final class SortedKeys implements Iterator<Bytes> {
  /** A sorted part, and how far it is used up; never empty while it waits in the queue. */
  private static final class Run {
    private final List<Bytes> keys;
    private int next;

    Run(List<Bytes> keys) {
      this.keys = keys;
    }

    Bytes head() {
      return keys.get(next);
    }
  }

  private final Iterator<Bytes> unsorted;
  private final PriorityQueue<Run> runs = new PriorityQueue<>(Comparator.comparing(Run::head));

  /**
   * @param unsorted keys without a duplicate; what they are taken from must not change before
   *     {@link #gather} has returned true
   */
  SortedKeys(Iterator<Bytes> unsorted) {
    this.unsorted = unsorted;
  }

  /** Takes at most so many keys more; returns whether those were the last. */
  boolean gather(int maxKeys) {
    var keys = new ArrayList<Bytes>();
    while (keys.size() < maxKeys && unsorted.hasNext()) {
      keys.add(unsorted.next());
    }
    if (!keys.isEmpty()) {
      keys.sort(null);
      runs.add(new Run(keys));
    }
    return !unsorted.hasNext();
  }

  @Override
  public boolean hasNext() {
    return !runs.isEmpty();
  }

  @Override
  public Bytes next() {
    var run = runs.poll();
    if (run == null) {
      throw new NoSuchElementException();
    }
    var key = run.head();
    run.next++;
    if (run.next < run.keys.size()) {
      runs.add(run);
    }
    return key;
  }
}
