package dev.kvorum.storage.journal;

import org.jspecify.annotations.Nullable;

/**
 * Whether a state store, or a snapshot file, and a journal belong together (P13). The journal is
 * believed, unless it is damaged: then the state may be all that is left of what it lost, and
 * whether the entries between the two are lost is not a question about the state. {@link LoneVoter}
 * and {@link SharedVoter} decide that.
 */
public final class StateFit {
  private StateFit() {}

  /**
   * Why the state store cannot be continued by that journal, or null.
   *
   * @param position the last entry that the store holds
   */
  public static @Nullable String misfit(EntryId position, JournalScan journal) {
    if (journal.isSound() && position.index() > journal.last().index()) {
      return "it is ahead of the journal: index %d, the journal ends at %d"
          .formatted(position.index(), journal.last().index());
    }
    if (position.index() < journal.stateSynced().index()) {
      return "it lost synced changes: index %d, synced up to %d"
          .formatted(position.index(), journal.stateSynced().index());
    }
    return journal.isSound() && position.index() < journal.base().index()
        ? "it is behind the journal: index %d, the journal begins after %d"
            .formatted(position.index(), journal.base().index())
        : null;
  }

  /**
   * Whether a whole snapshot file at the position can take the place of the store. One that lies
   * ahead of a sound journal was received from a leader and never installed.
   */
  public static boolean isFit(EntryId position, JournalScan journal) {
    return !journal.isSound()
        || (position.index() <= journal.last().index()
            && position.index() >= journal.base().index());
  }
}
