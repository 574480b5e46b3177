package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.vote.Claim;
import java.util.List;

/**
 * What a member knows when it starts, all of it durable.
 *
 * @param incarnation counts this member's starts; each start has a higher one than all before
 * @param hardState from the vote file; the term at boot is the larger of it and the log's last
 * @param log from the journal
 * @param membership as of the entry {@code applied}
 * @param applied the last entry that the state machine has executed; in {@code [base, last]} of the
 *     log. A state machine that is ahead of the log must not be used
 * @param claim what the journal found out at boot, and what an earlier life had found out
 */
public record RaftBoot(
    long incarnation,
    HardState hardState,
    DurableLog log,
    Membership membership,
    long applied,
    Claim claim) {
  /**
   * Where the log of every first voter begins. The initial configuration stands for a snapshot at
   * this position, so that a member who joins later, with an empty log, can only be brought in by a
   * snapshot that tells it the configuration. (etcd writes the configuration as entries of term 1.)
   */
  public static final EntryId BIRTH = new EntryId(1, 1);

  public RaftBoot {
    if (applied < log.base().index() || applied > log.lastIndex()) {
      throw new IllegalArgumentException(
          "applied %d lies outside the log [%d, %d]"
              .formatted(applied, log.base().index(), log.lastIndex()));
    }
  }

  /** The first start of a founding member. All founders must be given the same voters. */
  public static RaftBoot founder(List<Long> voters) {
    return new RaftBoot(
        1,
        new HardState(BIRTH.term(), 0, BIRTH.index()),
        DurableLog.of(BIRTH, List.of()),
        Membership.ofVoters(voters),
        BIRTH.index(),
        new Claim.Sound());
  }

  /** The first start of a member that joins a running cluster and learns all from its leader. */
  public static RaftBoot joiner() {
    return new RaftBoot(
        1,
        HardState.NONE,
        DurableLog.of(EntryId.ORIGIN, List.of()),
        Membership.NOBODY,
        0,
        new Claim.Sound());
  }
}
