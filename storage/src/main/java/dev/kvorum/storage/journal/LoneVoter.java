package dev.kvorum.storage.journal;

import java.util.ArrayList;

/** The start policy of a member that no other member can help (P19). */
public final class LoneVoter {
  private LoneVoter() {}

  /**
   * Decides whether the only voter of a cluster may start.
   *
   * <p>A torn end was never acknowledged and is dropped. Damage that loses entries which the state
   * store, or a snapshot, holds anyway does no harm. Anything else would silently take back what a
   * client was promised, and only a person may do that.
   *
   * @param covered the last entry that the opened state store, or a verified snapshot, holds
   * @param directory the data directory as the operator named it, for the message
   */
  public static StartDecision decide(JournalScan scan, EntryId covered, String directory) {
    var contradiction = scan.contradiction();
    if (contradiction != null) {
      return new StartDecision.Refuse(
          "the journal of %s cannot be what this release wrote: %s; nothing was changed"
              .formatted(directory, contradiction));
    }
    var notes = new ArrayList<String>();
    for (var damage : scan.damages()) {
      if (damage.losesEntries() && damage.toIndex() > covered.index()) {
        return new StartDecision.Refuse(refusal(scan, damage, covered, directory));
      }
      notes.add(
          "the journal is damaged in %s at sector %d (%s), but %s are covered by the state up to index %d"
              .formatted(
                  damage.segment(),
                  damage.sector(),
                  damage.kind(),
                  damage.range(),
                  covered.index()));
    }
    if (scan.base().index() > covered.index()) {
      return new StartDecision.Refuse(
          """
          the journal of %s begins behind index %d, but the state ends at index %d: entries %d to \
          %d are missing; restore a backup; nothing was changed\
          """
              .formatted(
                  directory,
                  scan.base().index(),
                  covered.index(),
                  covered.index() + 1,
                  scan.base().index()));
    }
    return new StartDecision.Start(
        scan.damages().isEmpty() ? new Keep.Everything() : new Keep.BehindDamage(covered), notes);
  }

  /**
   * The last entry that is there for certain, in the journal or in the state: what an operator
   * keeps who gives the rest up.
   */
  public static EntryId kept(JournalScan scan, EntryId covered) {
    var last = scan.lastBeforeDamage();
    return last.index() > covered.index() ? last : covered;
  }

  private static String refusal(
      JournalScan scan, Damage damage, EntryId covered, String directory) {
    return """
    the journal of %s is damaged: %s are lost (%s, %s, sector %d), and the state ends at index \
    %d; this is the only voter, so nobody else has them. Restore a backup into a new data \
    directory; or, to give up everything behind index %d for good, run kvorum repair with \
    --discard-from %d. Nothing was changed.\
    """
        .formatted(
            directory,
            damage.range(),
            damage.kind(),
            damage.segment(),
            damage.sector(),
            covered.index(),
            kept(scan, covered).index(),
            kept(scan, covered).index() + 1);
  }
}
