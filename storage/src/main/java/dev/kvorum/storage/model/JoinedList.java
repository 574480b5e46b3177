package dev.kvorum.storage.model;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * Lists one behind the other, seen as one list without copying their elements. It grows at its end;
 * what was added must not change any more.
 *
 * <p>For what a long job makes part by part: the parts may be packed lists that make an element
 * when it is asked for, and stay packed here. To be walked by its iterator; {@link #get} searches
 * for the part.
 */
public final class JoinedList<T> extends AbstractList<T> {
  private final List<List<T>> parts = new ArrayList<>();

  /** Where each part ends, counted over all of them. */
  private int[] ends = new int[4];

  private int size;

  /** Adds a part at the end. */
  public void join(List<T> part) {
    if (part.isEmpty()) {
      return;
    }
    if (parts.size() == ends.length) {
      ends = Arrays.copyOf(ends, 2 * ends.length);
    }
    size = Math.addExact(size, part.size());
    ends[parts.size()] = size;
    parts.add(part);
    modCount++;
  }

  /** What was joined, in order. */
  public List<List<T>> parts() {
    return Collections.unmodifiableList(parts);
  }

  @Override
  public T get(int index) {
    if (index < 0 || index >= size) {
      throw new IndexOutOfBoundsException(index);
    }
    var found = Arrays.binarySearch(ends, 0, parts.size(), index + 1);
    var part = found >= 0 ? found : -found - 1;
    return parts.get(part).get(index - (part == 0 ? 0 : ends[part - 1]));
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public Iterator<T> iterator() {
    return new Iterator<>() {
      private int nextPart;
      private Iterator<T> inPart = List.<T>of().iterator();

      @Override
      public boolean hasNext() {
        // No part is empty.
        return inPart.hasNext() || nextPart < parts.size();
      }

      @Override
      public T next() {
        if (!inPart.hasNext()) {
          if (nextPart == parts.size()) {
            throw new NoSuchElementException();
          }
          inPart = parts.get(nextPart++).iterator();
        }
        return inPart.next();
      }
    };
  }
}
