package dev.kvorum.storage.journal;

/**
 * A position in the replicated log: no two logs disagree about an entry with the same term and
 * index (Raft paper, log matching property).
 *
 * @param term the term of the entry, 0 only before the first entry
 * @param index the index of the entry, 0 only before the first entry
 */
public record EntryId(long term, long index) implements Comparable<EntryId> {
  /** Before the first entry of all. */
  public static final EntryId ORIGIN = new EntryId(0, 0);

  public EntryId {
    if (term < 0 || index < 0) {
      throw new IllegalArgumentException("term " + term + ", index " + index);
    }
  }

  /** Which log is more up to date (Raft paper, section 5.4.1): by term first, then by index. */
  @Override
  public int compareTo(EntryId other) {
    var byTerm = Long.compare(term, other.term);
    return byTerm != 0 ? byTerm : Long.compare(index, other.index);
  }
}
