package dev.kvorum.storage.journal;

/** The start policy of a member that no other member can help (P19). */
public final class LoneVoter {
  private LoneVoter() {}

  /**
   * Decides whether the only voter of a cluster may start.
   *
   * @param covered the last entry that the opened state store, or a verified snapshot, holds
   * @param directory the data directory as the operator named it, for the message
   */
  public static StartDecision decide(JournalScan scan, EntryId covered, String directory) {
    throw new UnsupportedOperationException(scan + " " + covered + directory);
  }
}
