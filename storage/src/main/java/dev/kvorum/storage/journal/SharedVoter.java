package dev.kvorum.storage.journal;

import dev.kvorum.storage.journal.vote.Claim;
import dev.kvorum.storage.journal.vote.Vote;
import java.util.ArrayList;
import java.util.List;

/** The start policy of a member whose cluster has other voters, which hold what it lost (P5). */
public final class SharedVoter {
  /** What to start with. */
  public sealed interface Decision {
    /**
     * Open the journal with this part of it.
     *
     * @param vote to be made durable in the vote files before the journal is opened, if it is not
     *     the one that they hold: it claims what was lost
     * @param notes lines for the log, beside those of the findings (P21)
     */
    record Start(Keep keep, Vote vote, List<String> notes) implements Decision {
      public Start {
        notes = List.copyOf(notes);
      }
    }

    /** Do not start, change nothing, and show the operator this. */
    record Refuse(String message) implements Decision {}
  }

  private SharedVoter() {}

  /**
   * Decides with what a member starts.
   *
   * <p>What lies before the damage is kept, and the leader sends the rest again. Until that is
   * here, the member claims to have held it: it votes only for those who have as much. Nothing is
   * claimed for what the state holds anyway.
   *
   * @param covered the last entry that the opened state store, or a verified snapshot, holds
   * @param vote what the vote files hold
   */
  public static Decision decide(JournalScan scan, EntryId covered, Vote vote) {
    var contradiction = scan.contradiction();
    if (contradiction != null) {
      return new Decision.Refuse(
          "the journal cannot be what this release wrote: %s; nothing was changed"
              .formatted(contradiction));
    }
    if (scan.damages().isEmpty()) {
      return new Decision.Start(new Keep.Everything(), vote, List.of());
    }
    var notes = new ArrayList<String>();
    var losing = scan.damages().stream().filter(damage -> damage.toIndex() > covered.index());
    if (losing.noneMatch(Damage::losesEntries) && scan.base().index() <= covered.index()) {
      notes.add("what is damaged is covered by the state up to index " + covered.index());
      return new Decision.Start(new Keep.BehindDamage(covered), vote, notes);
    }
    // Entries that are whole and do not continue the state are given up with the lost ones.
    var claim = vote.claim().and(scan.claim()).and(new Claim.Reached(scan.last()));
    notes.add(
        "entries are lost and wanted from the leader; until then this member is no full voter");
    var continues = scan.baseBeforeDamage().index() <= covered.index();
    var kept = continues ? LoneVoter.kept(scan, covered) : covered;
    return new Decision.Start(
        new Keep.UpTo(kept), new Vote(vote.term(), vote.votedFor(), claim), notes);
  }
}
