package dev.kvorum.storage.backend.xodus;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * What readers of the engine's trees share: memory to read into, and pages that all of them pass.
 *
 * <p>Pages are known by their log addresses; those that were not used for the longest time go
 * first. An address is never used twice in one opening of the engine. Any thread may call.
 */
final class TreePages {
  /**
   * Pages of less than a kibibyte each, but for one in a hundred with four; for four million
   * entries. With fewer than a list over everything passes, each record costs a page as well.
   */
  private static final int MOST = 32_768;

  private static final int FEWEST = 2_048;

  /** A page for each of them: some hundredths of the heap. */
  private static final int HEAP_BYTES_A_PAGE = 32 << 10;

  private final int most;

  private final Map<Long, TreePage> pages =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, TreePage> eldest) {
          return size() > most;
        }
      };

  /** Memory of readers that are done; never more than there were readers at a time. */
  private final Queue<byte[]> spare = new ConcurrentLinkedQueue<>();

  /**
   * Makes room for pages.
   *
   * @param heapBytes how large the heap may become
   */
  TreePages(long heapBytes) {
    most = Math.clamp(heapBytes / HEAP_BYTES_A_PAGE, FEWEST, MOST);
  }

  /** Memory for a window, until it is given back. */
  byte[] takeMemory() {
    var taken = spare.poll();
    return taken == null ? new byte[LogWindow.LONGEST_BYTES] : taken;
  }

  void giveBack(byte[] memory) {
    spare.add(memory);
  }

  synchronized @Nullable TreePage get(long address) {
    return pages.get(address);
  }

  synchronized void put(long address, TreePage page) {
    pages.put(address, page);
  }
}
