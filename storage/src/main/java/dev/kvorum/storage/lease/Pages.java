package dev.kvorum.storage.lease;

import java.util.Arrays;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The pages of a column.
 *
 * @param <P> an array of {@link #SLOTS} elements
 */
final class Pages<P> {
  private static final int SHIFT = 10;

  /** Slots of a page. */
  static final int SLOTS = 1 << SHIFT;

  /** What the JVM puts before the elements of an array, at most. */
  private static final int ARRAY_HEADER_BYTES = 16;

  private static final int REFERENCE_BYTES = 4;

  private @Nullable P[] pages;
  private int count;

  Pages(IntFunction<@Nullable P[]> array) {
    pages = array.apply(1);
  }

  static int within(int slot) {
    return slot & (SLOTS - 1);
  }

  @Nullable P at(int slot) {
    var page = slot >>> SHIFT;
    return page < pages.length ? pages[page] : null;
  }

  /** Takes a page where there is none yet. */
  P put(int slot, P page) {
    var at = slot >>> SHIFT;
    if (at >= pages.length) {
      pages = Arrays.copyOf(pages, Math.max(at + 1, 2 * pages.length));
    }
    pages[at] = page;
    count++;
    return page;
  }

  /** What the pages occupy, with the list of them. */
  long sizeBytes(int elementBytes) {
    return ARRAY_HEADER_BYTES
        + (long) pages.length * REFERENCE_BYTES
        + (long) count * (ARRAY_HEADER_BYTES + SLOTS * elementBytes);
  }
}
