package dev.kvorum.raft.stage;

import dev.kvorum.raft.core.DurableLog;
import dev.kvorum.raft.core.HardState;
import dev.kvorum.raft.core.Membership;
import dev.kvorum.raft.core.RaftBoot;
import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.Journal;
import java.util.ArrayList;
import java.util.List;

/** What the Raft core knows at its start, read off an opened journal. */
public final class BootFromJournal {
  private BootFromJournal() {}

  /**
   * The boot record.
   *
   * @param incarnation of this start, higher than of all before
   * @param journal opened; its vote files hold what was found to be lost (P5)
   * @param commitHint the highest commit position that was found in the journal, also if the log
   *     does not reach it any more: then this member has forgotten something (P6)
   * @param membership as the state store has it
   * @param applied the last entry that the state store holds
   * @param unapplied the entries behind {@code applied} up to the end of the log
   */
  public static RaftBoot of(
      long incarnation,
      Journal journal,
      long commitHint,
      Membership membership,
      long applied,
      List<Entry> unapplied) {
    var vote = journal.voteAtBoot();
    var membershipIndexes = new ArrayList<Long>();
    for (var entry : unapplied) {
      if (entry.type() == Entry.Type.MEMBERSHIP) {
        membershipIndexes.add(entry.index());
      }
    }
    var log =
        new DurableLog(
            journal.base(),
            journal.last().index(),
            termStarts(journal),
            membershipIndexes,
            unapplied);
    return new RaftBoot(
        incarnation,
        new HardState(vote.term(), vote.votedFor(), commitHint),
        log,
        membership,
        applied,
        vote.claim());
  }

  /** The first entry of each term; terms only grow, so each end is found by halving. */
  private static List<EntryId> termStarts(Journal journal) {
    var starts = new ArrayList<EntryId>();
    var last = journal.last().index();
    var index = journal.firstIndex();
    while (index <= last) {
      var term = journal.termAt(index);
      starts.add(new EntryId(term, index));
      var low = index;
      var high = last;
      while (low < high) {
        var middle = (low + high + 1) >>> 1;
        if (journal.termAt(middle) == term) {
          low = middle;
        } else {
          high = middle - 1;
        }
      }
      index = low + 1;
    }
    return starts;
  }
}
