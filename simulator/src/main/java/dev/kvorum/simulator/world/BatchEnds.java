package dev.kvorum.simulator.world;

import dev.kvorum.storage.journal.EntryId;
import java.util.TreeMap;

/** Where a member's log ended after each batch of its journal that became durable. */
final class BatchEnds {
  private final TreeMap<Long, EntryId> ends = new TreeMap<>();

  /** The batch is durable. A later life may use the number of one that was lost again. */
  void durable(long batch, EntryId last) {
    ends.tailMap(batch, true).clear();
    ends.put(batch, last);
  }

  /**
   * The batch that holds the first entry behind this one: those of later batches are behind it,
   * too. {@link Long#MAX_VALUE} if there is none.
   */
  long firstBehind(EntryId entry) {
    var first = Long.MAX_VALUE;
    for (var end : ends.descendingMap().entrySet()) {
      if (end.getValue().compareTo(entry) <= 0) {
        break;
      }
      first = end.getKey();
    }
    return first;
  }
}
