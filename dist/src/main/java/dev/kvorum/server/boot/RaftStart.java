package dev.kvorum.server.boot;

import dev.kvorum.raft.core.Damage;
import dev.kvorum.raft.core.DurableLog;
import dev.kvorum.raft.core.HardState;
import dev.kvorum.raft.core.Membership;
import dev.kvorum.raft.core.RaftBoot;
import dev.kvorum.raft.core.RaftConfig;
import dev.kvorum.raft.core.RaftCore;
import dev.kvorum.raft.stage.RaftStage;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.Journal;
import java.util.ArrayList;
import java.util.List;

/** Makes the Raft stage that continues a member's opened journal. */
public final class RaftStart {
  /** What stays in memory of entries that are durable; a lone voter sends them to nobody. */
  private static final long TAIL_BYTES = 4L << 20;

  private static final long UNCOMMITTED_BYTES = 64L << 20;
  private static final long APPLYING_BYTES = 16L << 20;

  /** The journal may grow to this before a full snapshot is written, if the data is smaller. */
  private static final long SNAPSHOT_AFTER_BYTES = 256L << 20;

  private RaftStart() {}

  /**
   * The stage, ready to start.
   *
   * @param electionTicks the election timeout in heartbeats
   * @param snapshotCount applied entries between two shortenings of the log (contract S30.3)
   */
  public static RaftStage stage(OpenedMember member, int electionTicks, long snapshotCount) {
    var memberId = member.identity().memberId();
    var journal = member.journal();
    // Another life draws other election timeouts, and the same life always the same ones.
    var seed = memberId * 31 + member.identity().incarnation();
    var config =
        RaftConfig.defaults(memberId, seed)
            .withTimeouts(electionTicks, 1)
            .withBudgets(UNCOMMITTED_BYTES, TAIL_BYTES, APPLYING_BYTES);
    var log =
        new DurableLog(
            journal.base(),
            journal.last().index(),
            termStarts(journal),
            List.of(),
            List.of());
    // The term at boot is the larger one; a vote of an earlier term is none.
    var vote = member.vote();
    var term = Math.max(vote.term(), journal.last().term());
    var votedFor = vote.term() == term ? vote.votedFor() : 0;
    var boot =
        new RaftBoot(
            member.identity().incarnation(),
            new HardState(term, votedFor, journal.commit()),
            log,
            Membership.ofVoters(List.of(memberId)),
            member.state().meta().appliedIndex(),
            new Damage.None());
    return new RaftStage(
        memberId,
        new RaftCore(config, boot),
        journal,
        vote.claim(),
        snapshotCount,
        SNAPSHOT_AFTER_BYTES);
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
