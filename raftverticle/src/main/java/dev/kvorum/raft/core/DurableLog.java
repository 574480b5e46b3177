package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import java.util.ArrayList;
import java.util.List;

/**
 * The log as a member finds it on its own disk at boot. The whole log has every term known, but not
 * every entry in memory.
 *
 * @param base the position just before the first entry of the log: where the snapshot ends, or
 *     {@link EntryId#ORIGIN}
 * @param lastIndex the last entry's index; {@code base.index()} when there is none
 * @param termStarts the first entry of each term in the log, in order
 * @param membershipIndexes where membership entries stand in the log, in ascending order
 * @param tail the last entries of the log, any number of them, up to {@code lastIndex}
 */
public record DurableLog(
    EntryId base,
    long lastIndex,
    List<EntryId> termStarts,
    List<Long> membershipIndexes,
    List<Entry> tail) {
  public DurableLog {
    termStarts = List.copyOf(termStarts);
    membershipIndexes = List.copyOf(membershipIndexes);
    tail = List.copyOf(tail);
    if (lastIndex < base.index()) {
      throw new IllegalArgumentException("the log ends before its base");
    }
    if (!tail.isEmpty() && tail.getLast().index() != lastIndex) {
      throw new IllegalArgumentException("the tail does not reach the end of the log");
    }
  }

  /** A log whose entries, all those after {@code base}, are all in memory. */
  public static DurableLog of(EntryId base, List<Entry> entries) {
    var termStarts = new ArrayList<EntryId>();
    var membershipIndexes = new ArrayList<Long>();
    var term = base.term();
    for (var entry : entries) {
      if (entry.term() != term) {
        term = entry.term();
        termStarts.add(EntryId.of(entry));
      }
      if (entry.type() == Entry.Type.MEMBERSHIP) {
        membershipIndexes.add(entry.index());
      }
    }
    return new DurableLog(
        base, base.index() + entries.size(), termStarts, membershipIndexes, entries);
  }

  /** The term of the last entry, or of the base. */
  public long lastTerm() {
    return termStarts.isEmpty() ? base.term() : termStarts.getLast().term();
  }
}
