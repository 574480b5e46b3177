package dev.kvorum.storage.journal;

/**
 * A position in the replicated log: no two logs disagree about an entry with the same term and
 * index (Raft paper, log matching property). The natural order is the paper's "more up to date"
 * (section 5.4.1): the later term wins, within a term the longer log.
 *
 * @param term the term of the leader that appended the entry, 0 only before the first entry
 * @param index the index of the entry, 0 only before the first entry
 */
public record EntryId(long term, long index) implements Comparable<EntryId> {
  /** Before the first entry of all. */
  public static final EntryId ORIGIN = new EntryId(0, 0);

  public EntryId {
    if (term < 0 || index < 0) {
      throw new IllegalArgumentException("entry " + term + "/" + index);
    }
  }

  /** The position of the entry. */
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
