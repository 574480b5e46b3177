package dev.kvorum.simulator.world;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.storage.journal.EntryId;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * What a quorum holds, of the configuration in force or of one of the two before it: a change takes
 * force when it is applied, and what was committed by the voters of before stays committed, because
 * a majority of one configuration and a majority of the next have a member in common.
 */
public final class Quorums {
  private static final int LAST = 3;

  private final World world;

  /** The configurations that some member used, in the order of their first use. */
  private final List<Membership> configurations = new ArrayList<>();

  Quorums(World world) {
    this.world = world;
    configurations.add(world.founders());
  }

  /** A member uses this configuration from now on. */
  void configured(Membership membership) {
    // A member that is behind comes by configurations that were in force long ago.
    if (!configurations.contains(membership)) {
      configurations.add(membership);
    }
  }

  /** Whether the entry is durable on a quorum. */
  public boolean isOnQuorum(EntryId entry) {
    return isQuorum(member -> holdsDurably(member, entry));
  }

  /** The same, or on a quorum of the configuration that the member has come to just now. */
  public boolean isOnQuorum(int member, EntryId entry) {
    return isQuorum(member, each -> holdsDurably(each, entry));
  }

  /**
   * Whether that very entry is durable at the member, also while it is down: its journal says so,
   * and the medium has it. The disk of a victim of the fault atlas may lie, and is believed: the
   * atlas leaves a quorum without it. A victim that had the entry and lost it stands in for it with
   * its claim (P5): nobody is elected by its vote who lacks the entry.
   */
  private boolean holdsDurably(int member, EntryId entry) {
    var one = world.member(member);
    var journal = one.journal();
    if (journal == null) {
      return false;
    }
    if (world.plan().isVictim(member)) {
      var before = new EntryId(entry.term(), entry.index() - 1);
      return journal.holds(entry) || journal.vote().claim().isBeyond(before);
    }
    return journal.holds(entry)
        && (entry.index() <= journal.base().index() || one.isOnMedium(entry.index()));
  }

  /**
   * Whether a quorum would find the entry after a power cut of all members now. Each of them boots
   * from what its disk would hold, which costs as much as that many starts.
   */
  public boolean survivesPowerCut(EntryId entry) {
    return isQuorum(
        member ->
            world.plan().isVictim(member)
                ? holdsDurably(member, entry)
                : world.member(member).journal() != null && world.member(member).wouldFind(entry));
  }

  /** Whether something holds for a quorum, or for one of what the member uses just now. */
  boolean isQuorum(int member, IntPredicate holds) {
    var now = world.cluster().membership(member);
    return isQuorum(holds) || (now != null && isQuorumOf(now, holds));
  }

  private boolean isQuorum(IntPredicate holds) {
    for (var back = 1; back <= LAST && back <= configurations.size(); back++) {
      if (isQuorumOf(configurations.get(configurations.size() - back), holds)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isQuorumOf(Membership membership, IntPredicate holds) {
    return isQuorumOf(membership.voters(), holds)
        && (!membership.isJoint() || isQuorumOf(membership.votersOutgoing(), holds));
  }

  private static boolean isQuorumOf(List<Long> voters, IntPredicate holds) {
    var count = 0;
    for (var voter : voters) {
      count += holds.test((int) (voter - 1)) ? 1 : 0;
    }
    return count > voters.size() / 2;
  }

  /** What every member's journal holds durably, and the configurations so far, for evidence. */
  public String describeDurable() {
    var text = new StringBuilder();
    for (var member : world.members()) {
      var journal = member.journal();
      text.append(member.id()).append(": ");
      text.append(journal == null ? "nothing" : journal.lastDurable()).append(", ");
    }
    return text.append(configurations).toString();
  }
}
