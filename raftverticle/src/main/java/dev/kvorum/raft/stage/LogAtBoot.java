package dev.kvorum.raft.stage;

import dev.kvorum.raft.core.DurableLog;
import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.Journal;
import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import java.util.ArrayList;
import java.util.List;

/** Tells the Raft core at its birth what an opened journal holds. */
public final class LogAtBoot {
  private static final long CHUNK_BYTES = 4L << 20;

  private LogAtBoot() {}

  /** The log of a member whose cluster has never had another: nothing in it changes members. */
  public static DurableLog ofLoneVoter(Journal journal) {
    return log(journal, List.of());
  }

  /**
   * The journal's log. The entries that the state store does not hold yet are looked through on the
   * disk, because membership entries among them count before they are applied. Blocks.
   *
   * @param applied the last entry that the state store holds
   */
  public static DurableLog read(Journal journal, Disk disk, long applied)
      throws DiskFaultException {
    var membershipIndexes = new ArrayList<Long>();
    var end = journal.last().index() + 1;
    var next = applied + 1;
    while (next < end) {
      var entries = journal.range(next, end).read(disk, CHUNK_BYTES);
      for (var entry : entries) {
        if (entry.type() == Entry.Type.MEMBERSHIP) {
          membershipIndexes.add(entry.index());
        }
      }
      next += entries.size();
    }
    return log(journal, membershipIndexes);
  }

  private static DurableLog log(Journal journal, List<Long> membershipIndexes) {
    return new DurableLog(
        journal.base(),
        journal.last().index(),
        termStarts(journal),
        membershipIndexes,
        List.of());
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
