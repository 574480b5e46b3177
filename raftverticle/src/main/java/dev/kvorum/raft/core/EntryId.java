package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.Entry;

/**
 * The identity of one entry of the replicated log: no two entries that differ share both numbers.
 * The natural order is the paper's "more up to date" (Raft paper 5.4.1): the later term wins,
 * within a term the longer log.
 *
 * @param term the term of the leader that appended the entry
 * @param index the position in the log
 */
public record EntryId(long term, long index) implements Comparable<EntryId> {
  /** The position before the first entry of an empty log. */
  public static final EntryId ZERO = new EntryId(0, 0);

  public EntryId {
    if (term < 0 || index < 0) {
      throw new IllegalArgumentException("entry " + term + "/" + index);
    }
  }

  /** The identity of the entry. */
  public static EntryId of(Entry entry) {
    return new EntryId(entry.term(), entry.index());
  }

  @Override
  public int compareTo(EntryId other) {
    var byTerm = Long.compare(term, other.term);
    return byTerm != 0 ? byTerm : Long.compare(index, other.index);
  }

  @Override
  public String toString() {
    return term + "/" + index;
  }
}
