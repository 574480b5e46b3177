package dev.kvorum.storage.journal;

/**
 * A fact about the log that is kept in the log. The journal writes the newest mark of each kind
 * again at the head of every segment, so that releasing old segments forgets none.
 */
public sealed interface Mark {
  EntryId position();

  /**
   * The state store was synced, and holds everything up to and including the position (P12, P13).
   * Entries at or below it are needed only to rebuild a lost state store.
   */
  record StateSynced(EntryId position) implements Mark {}

  /** The snapshot file of this position is in place, synced, and was read back whole (P11). */
  record SnapshotTaken(EntryId position) implements Mark {}

  /**
   * The log begins anew behind this position: a snapshot from the leader replaced everything that
   * was here. Every older entry is forgotten, also those with a higher index.
   */
  record LogReset(EntryId position) implements Mark {}
}
