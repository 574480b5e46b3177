package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.index.KeyIndex;

/**
 * An index as it once was, to be brought up to date from the records that came after it.
 *
 * @param meta the store at that moment, with no compaction under way
 * @param completeIndex the applied index that a store has reached for which this may be used; not
 *     below that of {@code meta}
 */
public record KeptIndex(StoreMeta meta, long completeIndex, KeyIndex index) {
  /**
   * Looks whether the index can have been that of an earlier moment of the store, as far as that
   * shows without the records.
   *
   * <p>A compaction to a revision above the index's own may have removed a put and the delete after
   * it. The index has the one and never hears of the other, so it cannot be used any more.
   *
   * @throws IndexMisfitException if not
   */
  void checkAgainst(StoreMeta present) throws IndexMisfitException {
    var kept = meta;
    if (kept.compactRevision() != kept.finishedCompactRevision()) {
      throw new IndexMisfitException("it was written in the middle of a compaction");
    }
    if (completeIndex > present.appliedIndex()
        || kept.appliedIndex() > completeIndex
        || kept.appliedTerm() > present.appliedTerm()
        || kept.revision() > present.revision()
        || kept.finishedCompactRevision() > present.finishedCompactRevision()) {
      throw new IndexMisfitException(
          "it is newer than the state store: index %d to %d at revision %d, the store's are %d and %d"
              .formatted(
                  kept.appliedIndex(),
                  completeIndex,
                  kept.revision(),
                  present.appliedIndex(),
                  present.revision()));
    }
    if (present.compactRevision() > kept.revision()) {
      throw new IndexMisfitException(
          "history was compacted to revision %d since, and it is of revision %d"
              .formatted(present.compactRevision(), kept.revision()));
    }
  }
}
