package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.index.KeyIndex;

/**
 * An index as it once was, to be brought up to date from the records that came after it.
 *
 * @param meta the store when the index began to be copied, with no compaction under way: all older
 *     records are in it
 * @param complete the store when all was copied: no newer record is in it
 */
public record KeptIndex(StoreMeta meta, StoreMeta complete, KeyIndex index) {
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
    if (kept.appliedIndex() > complete.appliedIndex()
        || kept.revision() > complete.revision()
        || index.newest() > complete.revision()) {
      throw new IndexMisfitException("it was complete before it was begun");
    }
    if (complete.appliedIndex() > present.appliedIndex()
        || complete.appliedTerm() > present.appliedTerm()
        || complete.revision() > present.revision()
        || kept.finishedCompactRevision() > present.finishedCompactRevision()) {
      throw new IndexMisfitException(
          "it is newer than the state store: index %d to %d at revision %d, the store's are %d and %d"
              .formatted(
                  kept.appliedIndex(),
                  complete.appliedIndex(),
                  complete.revision(),
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
